# What a person runs. Needs git, make and Python 3.11 or newer; everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format reference bench out clean test-rig

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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
	@$(BIN)/python -m pytest -n 2 -m "not rig"

test-rig: $(STAMP) ## the tests against the real helmfile (its binary and helm on PATH)
	@$(BIN)/python -m pytest -m rig

check: $(STAMP) ## format, lint and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: $(STAMP) ## rewrite to the project's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

out: $(STAMP) ## convert the sample estate anew into out/
	@$(BIN)/migrate convert helmfiles

reference: $(STAMP) ## write docs/reference/ from the program
	@$(BIN)/migrate reference > docs/reference/commands.md

bench: $(STAMP) ## seconds of each stage and peak memory on the sample estate
	@$(BIN)/python benchmarks/demo.py

clean: ## remove what make made
	rm -rf $(VENV) .mypy_cache .ruff_cache .migrate build
