# Two commands on a fresh machine: `make demo` and `make test`. Both need only python3 (>= 3.11) and make.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
HOURS ?= 1
SEED ?= 1
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

# What is trained for planaria/genomes: each drawing at three sizes, two of them in the other regimes as well.
DRAWINGS := planarian two-headed ring butterfly heart smiley french-flag letter-p
ZOO := $(foreach name,$(DRAWINGS),$(name)-16 $(name) $(name)-40) \
	$(foreach name,planarian heart,$(name)-persistent $(name)-growing)

.PHONY: help setup hardware demo test zoo fuzz bench clean

help:
	@echo "make demo            train, flash, wound, measure, draw (a few minutes); results in demo/"
	@echo "make demo ARGS=--quick   the same with a shipped genome, without training"
	@echo "make test            linters, types, import contract and tests"
	@echo "make zoo             train the genomes that come with planaria (hours), those that zoo/ lacks; -j2: two at once"
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

# One that was stopped goes on from its checkpoint; --force, for its picture may be there.
training = mkdir -p zoo && $(BIN)/planaria train $(if $(wildcard $(@:genome=checkpoint)),--resume $(@:genome=checkpoint),$(1)) -o $@ --force

zoo: $(ZOO:%=zoo/%.genome)

zoo/%-16.genome: | .venv/train
	$(call training,$* --size 16)

zoo/%-40.genome: | .venv/train
	$(call training,$* --size 40)

zoo/%-persistent.genome: | .venv/train
	$(call training,$* --size 24 --regime persistent)

zoo/%-growing.genome: | .venv/train
	$(call training,$* --size 24 --regime growing)

zoo/%.genome: | .venv/train
	$(call training,$* --size 24)

fuzz: .venv/dev
	@PLANARIA_SIGNALS=200 STORM_EVENTS=100000000 STORM_SEED=$(SEED) $(BIN)/python -m pytest -m 'fuzz or not fuzz' -n 2 \
		tests/planaria/test_signals.py tests/planaria/test_failing_disk.py tests/firmware/test_sanitizers.py
	@$(BIN)/python -m tests.fuzz --hours $(HOURS) --seed $(SEED) $(ARGS)

bench: .venv/bench
	@$(BIN)/planaria bench $(ARGS)
	@$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
