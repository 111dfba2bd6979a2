# What a person runs. Needs git, make and Python 3.11 or newer; everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format reference docs bench out clean lock test-rig e2e test-browser screenshots

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## install the locked dependencies into .venv

$(STAMP): requirements.lock pyproject.toml
	@echo "setting up $(VENV) (the first time takes about half a minute) …"
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; say which with: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## the main job on the sample estate: plan, convert, verify
	@echo; echo '$$ migrate plan helmfiles';    $(BIN)/migrate plan helmfiles
	@echo; echo '$$ migrate convert helmfiles'; $(BIN)/migrate convert helmfiles
	@echo; echo '$$ migrate verify helmfiles';  $(BIN)/migrate verify helmfiles

test: $(STAMP) ## all tests that need nothing but this checkout
	@echo "running the tests on two workers …"
	@$(BIN)/python -m pytest -n 2 -m "not rig and not browser"

test-rig: $(STAMP) ## the tests against the real helmfile (its binary and helm on PATH)
	@$(BIN)/python -m pytest -m rig

test-browser: $(STAMP) ## the report in Chromium: keyboard, phone, dark, axe-core (installs what it needs where it can)
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || apt-get install --yes --quiet --no-install-recommends chromium || echo "Chromium is not there and apt cannot bring it: the tests are skipped"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-browser.lock
	@$(BIN)/python -m pytest -m browser -rs tests/browser

screenshots: $(STAMP) ## docs/images/ anew (after make test-browser)
	@$(BIN)/python -m tests.browser.screenshots

e2e: $(STAMP) ## a rollout on a cluster with Argo CD, and back: KUBECONFIG=… [ENVIRONMENT=staging] [REPO_URL=…] [OPTIONS=…]
	@test "$(origin KUBECONFIG)" = "command line" || { echo "name the cluster on purpose: make e2e KUBECONFIG=…" >&2; exit 2; }
	@$(BIN)/python -m tests.e2e --kubeconfig "$(KUBECONFIG)" --environment "$(or $(ENVIRONMENT),staging)" --repo-url "$(REPO_URL)" $(OPTIONS)

check: $(STAMP) ## format, lint and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: $(STAMP) ## rewrite to the project's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

out: $(STAMP) ## convert the sample estate anew into out/
	@$(BIN)/migrate convert helmfiles

LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header
lock: ## write the lock files anew from pyproject.toml (needs uv)
	@$(LOCK) --extra dev --extra docs -o requirements.lock pyproject.toml
	@$(LOCK) --extra browser --constraint requirements.lock -o requirements-browser.lock pyproject.toml

reference: $(STAMP) ## write docs/reference/ from the program
	@$(BIN)/migrate reference > docs/reference/commands.md
	@$(BIN)/migrate reference lint > docs/reference/lint.md
	@$(BIN)/migrate reference findings > docs/reference/findings.md
	@$(BIN)/migrate reference schema > docs/reference/migration.schema.json
	@$(BIN)/migrate reference component > docs/reference/component.schema.json
	@$(BIN)/migrate reference schema-keys > docs/reference/migration.md
	@$(BIN)/migrate reference component-keys > docs/reference/component.md

docs: $(STAMP) ## the site of docs/ in build/site, strictly: no dead link, no page left out
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet && echo "build/site/index.html"

bench: $(STAMP) ## seconds and peak memory, beside helmfile and helm where these are on PATH; some ten minutes
	@$(BIN)/python benchmarks/demo.py
	@$(BIN)/python benchmarks/planning.py
	@$(BIN)/python benchmarks/reading.py
	@$(BIN)/python benchmarks/verifying.py
	@$(BIN)/python benchmarks/linting.py
	@$(BIN)/python benchmarks/handover.py
	@$(BIN)/python benchmarks/reporting.py

clean: ## remove what make made
	rm -rf $(VENV) .mypy_cache .ruff_cache .migrate build
