"""The compose file: pinned, on loopback, without a password that works by default; and valid, where Docker is there."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]


def test_ports_are_on_the_loopback_address_alone():
    assert all(port.startswith("127.0.0.1:") for service in SERVICES.values() for port in service["ports"])


def test_neo4j_is_pinned_to_the_long_term_release():
    assert SERVICES["neo4j"]["image"].startswith("neo4j:5.26.")


def test_there_is_no_password_by_default():
    auth = SERVICES["neo4j"]["environment"]["NEO4J_AUTH"]
    assert auth.startswith("neo4j/${NEO4J_PASSWORD:?")
    assert SERVICES["app"]["environment"]["NEO4J_PASSWORD"].startswith("${NEO4J_PASSWORD:?")


def test_the_app_waits_for_a_healthy_neo4j_and_all_data_is_in_named_volumes():
    assert SERVICES["app"]["depends_on"]["neo4j"]["condition"] == "service_healthy"
    assert "healthcheck" in SERVICES["neo4j"]
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service["volumes"]}
    assert used == set(COMPOSE["volumes"])


def test_the_image_does_not_run_as_root():
    last_stage = (ROOT / "Dockerfile").read_text(encoding="utf-8").rpartition("FROM ")[2]
    assert "\nUSER zhitu\n" in last_stage


def _compose():
    """Return the command of Docker's compose, the plugin or the program; None where there is neither."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]):
            asked = subprocess.run([*command, "version"], capture_output=True, check=False)
            if asked.returncode == 0:
                return command
    return None


@pytest.mark.skipif(
    not _compose() and not os.environ.get("ZHITU_REQUIRE_ALL"),
    reason="needs docker compose: the client's plugin, or the package docker-compose",
)
@pytest.mark.parametrize(("password", "code"), [("long-enough", 0), ("", 1)])
def test_docker_finds_the_file_valid_and_asks_for_the_password(password, code):
    environment = {**os.environ, "NEO4J_PASSWORD": password}
    result = subprocess.run(
        [*_compose(), "-f", ROOT / "docker-compose.yml", "config", "--quiet"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode != 0) == bool(code), result.stderr
