# `make` alone lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?= task=fashion_lenet optimizer=adam
PYTEST_ARGS ?= -n 2
BENCH ?= all
CAMPAIGN ?= --inputs 210 --kills 20 --gadgets 7 --disk 20 --jobs 2

.DEFAULT_GOAL := help
.PHONY: help setup train test test-fast lint format schema docs board bench matrix verify campaign clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(VENV)/.installed ## .venv with the pinned packages; a second call installs nothing

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "lightlab needs Python 3.11 or newer; this is $$($(PYTHON) --version). Choose another: make setup PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	@touch $@

train: setup ## one experiment: make train ARGS="task=digits_mlp optimizer=sgd"
	$(BIN)/python train.py $(ARGS)

test: setup ## all tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PYTEST_ARGS)

test-fast: setup ## the quick tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PYTEST_ARGS) -m "not slow"

lint: setup ## ruff (rules and format) and mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: setup ## ruff repairs what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

schema: setup ## JSON schemas of conf/ and docs/configuration.md, from the declared keys
	$(BIN)/python -m lightlab.config.reference

docs: setup ## the site of docs/ and a reference made from the code, in site/
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[docs]"
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

board: setup ## TensorBoard on all runs and sweeps, by readable names
	$(BIN)/python -m lightlab board $(BOARD)

bench: setup ## timings side by side: make bench BENCH="step --quick"; see benchmarks/README.md
	$(BIN)/python -m benchmarks $(BENCH)

matrix: setup ## every task with every optimizer for a few steps: benchmarks/matrix.md
	$(BIN)/python -m benchmarks.matrix $(MATRIX)

verify: setup ## every task trained and compared with its score; make verify VERIFY=--quick takes a few minutes
	$(BIN)/python -m benchmarks.verify $(VERIFY)

campaign: setup ## damaged inputs, kills, gadgets, failing disks; make campaign CAMPAIGN="--inputs 10000 --jobs 2"
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.campaign $(CAMPAIGN)

clean: ## removes .venv and caches; runs and data stay
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache
