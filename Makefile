# Every target sets itself up: it creates .venv and installs the pinned versions when these have changed.
# make PYTHON=python3.12 …   uses another interpreter (3.11 or newer).

PYTHON  ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
             $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
WORKERS ?= 2
VENV    := .venv
BIN     := $(VENV)/bin
READY   := $(VENV)/.installed
PIP     := $(BIN)/python -m pip --disable-pip-version-check --quiet install --constraint constraints.txt

export PYTHONHASHSEED ?= 0

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow test-long lint format bench docs clean

help:
	@echo "make demo       assess the reference hospital; the report lands in build/riverside"
	@echo "make test       the quick tests, $(WORKERS) at a time"
	@echo "make test-slow  the long ones: packaging, big models, hostile input"
	@echo "make test-long  5,000 random programs against the oracle and clingo"
	@echo "make lint       ruff, mypy --strict, layers, panacea fmt --check"
	@echo "make format     put Python and Panacea sources into their standard form"
	@echo "make bench      the benchmarks, each against a peer in the same run"
	@echo "make docs       write the generated reference pages under docs/"

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) …"
	@$(PIP) hatchling
	@$(PIP) --no-build-isolation --editable '.[dev]'
	@touch $@

demo: $(READY)
	$(BIN)/panacea assess models/riverside --output build/riverside --fail-on never

test: $(READY)
	$(BIN)/python -m pytest -n $(WORKERS) -q

test-slow: $(READY)
	$(BIN)/python -m pytest -n $(WORKERS) -q -m slow

test-long: $(READY)
	PANACEA_PROGRAMS=5000 $(BIN)/python -m pytest -n $(WORKERS) -q -m slow tests/engine tests/test_proofcheck.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/panacea fmt --check models rules

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/panacea fmt models rules

bench: $(READY)
	@$(PIP) --no-build-isolation --editable '.[bench]'
	@for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done
	@echo "== benchmarks/engine"; $(BIN)/python -m benchmarks.engine
	@echo "== benchmarks/risk"; $(BIN)/python -m benchmarks.risk

docs: $(READY)
	$(BIN)/python docs/generate.py

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
