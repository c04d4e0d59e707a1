# Customs Monitor. `make run` and `make test` need Python 3.11, make and the package registries, nothing else.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# With compiled modules: each process that a run starts would else compile what it imports anew, where the environment
# forbids to keep them (images often set PYTHONDONTWRITEBYTECODE). That doubles the time of an import.
UV = UV_PROJECT_ENVIRONMENT=$(VENV) UV_COMPILE_BYTECODE=1 $(BIN)/uv
FRONTEND := plugins/customs_monitor/release/site
# Proof that the site's styles are there. Without them the site has a plain style of its own.
STYLES := $(VENV)/share/customs-monitor/frontend/node_modules/@ecl/preset-ec/package.json

PROVIDER := tests/support/provider
# Proof that the OpenID provider of the tests is there. Without it the tests that sign in there are skipped.
PROVIDED := $(VENV)/share/customs-monitor/provider/node_modules/oidc-provider/package.json

export DO_NOT_TRACK := 1
# Empty, it counts as not set: modules that have changed since the set-up are compiled once.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help install run test test-rigs lint format bench docs serve up down clean

help: ## Show what can be made
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) $(STYLES) $(PROVIDED) ## Set up .venv with everything in uv.lock

# Reinstalled only when the lock changes; the interpreter is looked for under both of its usual names. What an
# interrupted make has left half-built is made again.
$(STAMP): uv.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || python3 -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
	  || { echo "Python 3.11 is needed: install it, or name it with make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 \
	  || $$(command -v $(PYTHON) || command -v python3) -m venv --clear $(VENV)
	@$(BIN)/uv --version >/dev/null 2>&1 || { echo "installing uv ..."; $(BIN)/pip install --quiet --disable-pip-version-check uv==0.13.9; }
	@echo "installing the locked dependencies ..."
	@$(UV) sync --quiet --frozen --all-groups $(if $(shell command -v npm),--no-group node) --all-extras --inexact
	@$(BIN)/python -m compileall -q plugins storage
	@touch $@

# Never fails: where the npm registry is away it says so, and the next make tries again.
$(STYLES): $(FRONTEND)/frontend/package.json $(FRONTEND)/frontend/package-lock.json | $(STAMP)
	@$(BIN)/python $(FRONTEND)/frontend.py && if [ -e $@ ]; then touch $@; fi

$(PROVIDED): $(PROVIDER)/package.json $(PROVIDER)/package-lock.json | $(STAMP)
	@$(BIN)/python $(PROVIDER)/packages.py && if [ -e $@ ]; then touch $@; fi

run: $(STAMP) $(STYLES) ## Run the main job under Airflow on the samples (and INBOX=dir), then print a summary
	@$(BIN)/python -m customs_monitor.airflow.embedded $(if $(INBOX),--inbox "$(INBOX)")

test: $(STAMP) $(STYLES) $(PROVIDED) ## Run the test suite
	@$(BIN)/pytest -n 2 --dist worksteal

test-rigs: $(STAMP) ## Run the tests that need a real S3 server and PostgreSQL (Debian, root), and the longest others
	@$(BIN)/pytest -n 2 --dist loadfile -m rig tests

lint: $(STAMP) ## Check style, types, import layers and SQL
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests

format: $(STAMP) ## Format Python and SQL
	@$(BIN)/ruff check --fix-only . ; $(BIN)/ruff format .

bench: $(STAMP) ## Measure: landing against a bare copy and pandas, indicators on 100 million controls, the portal under load
	@$(BIN)/customs-monitor bench

docs: $(STAMP) ## Describe models, columns and lineage down to what is published: one page, build/docs/index.html
	@$(BIN)/python -m customs_monitor.release.dbt_docs

serve: $(STAMP) $(STYLES) ## Serve the portal and the published site on http://localhost:8080
	@$(BIN)/customs-monitor serve

up: ## Start the platform on servers' services with docker compose (see docker-compose.yml for what it needs)
	@docker compose up --build --detach --wait

down: ## Stop what make up started; data stay
	@docker compose down

clean: ## Remove the environment and everything made at run time, but not the store in data/
	@rm -rf $(VENV) .airflow build .pytest_cache .ruff_cache .mypy_cache .hypothesis
