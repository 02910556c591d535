# The app. Built in one stage, run in another without the tools of building, and not as root.
FROM python:3.12-slim AS build
WORKDIR /zhitu
RUN python -m venv /venv
COPY requirements.lock .
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY . .
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps -e .

FROM python:3.12-slim
RUN useradd --create-home zhitu && install -d -o zhitu /state
COPY --from=build /venv /venv
COPY --from=build --chown=zhitu /zhitu /zhitu
USER zhitu
WORKDIR /zhitu
ENV PATH=/venv/bin:$PATH
EXPOSE 8501
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
# Inside the container the app must listen beyond loopback; the compose file publishes it on the host's loopback alone.
CMD ["zhitu", "serve", "--address", "0.0.0.0", "--expose", "--no-browser"]
