# Two commands on a fresh machine: `make demo` and `make test`. Both need only python3 (>= 3.11) and make.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
HOURS ?= 1
SEED ?= 1
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: help setup hardware demo test fuzz bench clean

help:
	@echo "make demo            train, flash, wound, measure, draw (a few minutes); results in demo/"
	@echo "make demo ARGS=--quick   the same with a shipped genome, without training"
	@echo "make test            linters, types, import contract and tests"
	@echo "make fuzz HOURS=2 SEED=1   all readers with millions of hostile inputs, and the long tests"
	@echo "make bench           speed and memory, side by side"
	@echo "make setup           only set up .venv"
	@echo "make hardware        add to it what builds and simulates the C firmware (130 MB)"
	@echo "make clean           remove .venv and caches"

setup: .venv/dev

# Each extra has its own stamp: a quick demo installs no compiler, and only the tests need torch.
.venv/core: pyproject.toml constraints.txt
	@echo "setting up .venv (planaria)"
	@$(PYTHON) -c 'import sys; sys.exit("planaria needs Python >= 3.11, this is " + sys.version.split()[0] + "; try: make PYTHON=python3.12") if sys.version_info < (3, 11) else 0'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) -e .
	@touch $@

.venv/train: .venv/core
	@echo "setting up .venv (zig, for training)"
	@$(PIP) -e '.[train]'
	@touch $@

.venv/dev: .venv/train
	@echo "setting up .venv (torch, test tools)"
	@$(PIP) -e '.[train,torch,dev]'
	@touch $@

hardware: .venv/hardware

.venv/hardware: .venv/dev
	@echo "setting up .venv (toolchain and simulators for the C firmware)"
	@$(PIP) -e '.[train,torch,dev,hardware]'
	@touch $@

.venv/bench: .venv/train
	@echo "setting up .venv (JAX and CAX, to compare with)"
	@$(PIP) -e '.[train,torch,bench]'
	@touch $@

.venv/campaign: .venv/dev
	@echo "setting up .venv (Dask and Parquet, for campaigns)"
	@$(PIP) -e '.[train,torch,dev,cluster,table]'
	@touch $@

demo: $(if $(findstring --quick,$(ARGS)),.venv/core,.venv/train)
	@$(BIN)/planaria demo $(ARGS)

test: .venv/dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -n 2 $(ARGS)

fuzz: .venv/dev
	@PLANARIA_SIGNALS=200 STORM_EVENTS=100000000 STORM_SEED=$(SEED) $(BIN)/python -m pytest -m 'fuzz or not fuzz' -n 2 \
		tests/planaria/test_signals.py tests/planaria/test_failing_disk.py tests/firmware/test_sanitizers.py
	@$(BIN)/python -m tests.fuzz --hours $(HOURS) --seed $(SEED) $(ARGS)

bench: .venv/bench
	@$(BIN)/planaria bench $(ARGS)
	@$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
