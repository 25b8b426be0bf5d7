# `make run` and `make test` are all that a newcomer needs; the rest is for those who work on the project.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# make run PROFILE=tianchi LANDING=path
ifdef PROFILE
export GOVBIZ_PROFILE := $(PROFILE)
endif
ifdef LANDING
export GOVBIZ_LANDING := $(abspath $(LANDING))
endif

.PHONY: help run test ui lint dictionary bench clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /\1\t/' | expand -t 12

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

run: $(INSTALLED) ## Simulate a sample province where no files are delivered, and make every layer of every month
	@$(BIN)/govbiz run --sample

test: $(INSTALLED) ## Run the tests
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder

ui: $(INSTALLED) ## Open the Dagster UI on 127.0.0.1
	@$(BIN)/govbiz ui

lint: $(INSTALLED) ## Lint, format and type checks, and whether the generated pages are fresh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/govbiz dictionary --check

dictionary: $(INSTALLED) ## Write the generated pages of docs/ from contracts and models
	@$(BIN)/govbiz dictionary

bench: $(INSTALLED) ## Measure against a hand-written script and Spark; see benchmarks/README.md
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,spark]'
	@$(BIN)/python -m benchmarks

clean: ## Remove the environment; the data folder stays
	rm -rf $(VENV)
