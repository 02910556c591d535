# Zhitu. `make help` explains each target.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
endif
PORT ?= 8501

.DEFAULT_GOAL := help
.PHONY: help setup run test check fix bench bench-ui quality soak audit neo4j lock

help: ## Explain the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.runtime ## Make the virtual environment with what the app needs

run: $(VENV)/.runtime ## Open the app on the embedded store; ingests the sample notes when there is no graph yet
	$(BIN)/zhitu ingest data/notes --if-empty
	$(BIN)/zhitu serve --port $(PORT)

test: check ## Everything: checks, then unit, property, contract and browser tests
	$(BIN)/pytest -n 2 --dist loadgroup

check: $(VENV)/.dev ## Lint, types, architecture, licences
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/python tests/licences.py

fix: $(VENV)/.dev ## Format, and mend what the linter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

quality: $(VENV)/.dev ## Measure extraction against ../shared/gold; writes docs/quality.md
	$(BIN)/python bench/quality.py

bench: $(VENV)/.dev ## Measure quality, speed and loading, each against a reference in the same run
	$(BIN)/python bench/quality.py
	$(BIN)/python bench/run.py
	$(BIN)/python bench/neo4j_load.py --output docs/loading.md
	$(BIN)/python bench/paths.py --output docs/paths.md

bench-ui: $(VENV)/.dev ## Measure the graph view in a browser beside other components; writes docs/view.md (15 minutes)
	-$(BIN)/uv venv --quiet --allow-existing $(VENV)/peers && $(BIN)/uv pip install --quiet --python $(VENV)/peers --group bench
	$(BIN)/python bench/ui_view.py --peers $(VENV)/peers/bin/python --output docs/view.md

soak: $(VENV)/.dev ## The long forms of the fault tests, with their figures (half an hour; docs/reliability.md)
	ZHITU_SOAK=1 $(BIN)/pytest tests/faults -q -s -m "soak or not soak" --timeout 7200

audit: $(VENV)/.dev ## Look for known weaknesses in the locked packages, where a database of them can be reached
	PATH="$(BIN):$$PATH" $(BIN)/python tests/audit.py

neo4j: $(VENV)/.dev ## Start a local Neo4j for trying and testing (needs Java 17 and Maven, not Docker)
	$(BIN)/python -m tests.neo4j_server

lock: $(VENV)/.dev ## Resolve the dependencies anew into requirements*.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
	  --python-version 3.11 pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
	  --python-version 3.11 pyproject.toml --group dev --extra dask --extra login --output-file requirements-dev.lock

$(VENV)/bin/python $(VENV)/Scripts/python.exe:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Zhitu needs Python 3.11 or newer; name it: make PYTHON=python3.12 …" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
