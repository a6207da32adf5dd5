# Familiebro: everything a person does here, one word each. `make help` lists them.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench chaos client mutants lock format docs clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(STAMP) ## install everything, hash-pinned, into .venv

$(STAMP): requirements/dev.txt requirements/bootstrap.txt pyproject.toml client/pyproject.toml
	@echo "Installing into $(VENV) (hash-pinned) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@$(BIN)/uv pip sync --quiet --system-certs --python $(BIN)/python --require-hashes requirements/dev.txt
	@$(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python --no-deps --no-build-isolation --editable . --editable ./client
	@touch $@

demo: $(STAMP) ## start the whole system, play four families' stories, keep serving (DEMO_EXIT=1: end after the play)
	@exec $(BIN)/familiebro demo

test: $(STAMP) ## run every test, on two cores
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

check: $(STAMP) ## every static check; changes nothing (use make -k check to see all failures)
	@$(MAKE) --no-print-directory -k lint-style lint-format lint-types lint-imports lint-docs lint-deploy lint-personal

.PHONY: lint-style lint-format lint-types lint-imports lint-docs lint-deploy lint-personal
lint-style: $(STAMP)
	@$(BIN)/ruff check .
lint-format: $(STAMP)
	@$(BIN)/ruff format --check .
lint-types: $(STAMP)
	@$(BIN)/mypy
lint-imports: $(STAMP)
	@$(BIN)/lint-imports
lint-docs: $(STAMP)
	@$(BIN)/familiebro docs --check
lint-deploy: $(STAMP)
	@$(BIN)/familiebro check-deploy
lint-personal: $(STAMP)
	@$(BIN)/familiebro check-personal

bench: $(STAMP) ## the benchmarks: one table, and build/bench.json
	@exec $(BIN)/familiebro bench

chaos: $(STAMP) ## kill every process 200 times while people work; nothing acknowledged may be lost or doubled
	@exec $(BIN)/familiebro chaos

client: $(STAMP) ## build the Python client for regional systems: wheel and sdist in build/client
	@$(BIN)/uv build --quiet --offline --no-build-isolation --python $(BIN)/python --out-dir build/client client

mutants: $(STAMP) ## break the rules of consent piece by piece; a test must notice each (MODULES="giving people": just these)
	@exec $(BIN)/familiebro mutants $(MODULES)

lock: ## resolve anew and write the hash-pinned requirements
	@sh deploy/lock.sh

format: $(STAMP) ## format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix --quiet . || true

docs: $(STAMP) ## regenerate the generated pages
	@$(BIN)/familiebro docs

clean: ## remove what the demo and the builds left
	@rm -rf .demo build
