import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("fixed_run.py")
ROOT = SCRIPT.parents[2]
PINNED = "8246b59a3d50853690d8ae2c825efb0c3188b9884d2ca03bc86138a9a4ee29b6"


def trace_sha256(seed):
    spec = spec_from_file_location("fixed_run", SCRIPT)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.trace_sha256(seed)


def test_the_hash_of_a_fixed_run_on_every_machine():
    assert trace_sha256(5) == PINNED


def test_another_seed_gives_another_hash():
    assert trace_sha256(6) != PINNED


@pytest.mark.parametrize(("method", "hash_seed"), [("spawn", "0"), ("fork", "1"), ("spawn", "4242")])
def test_neither_start_method_nor_hash_seed_matters(method, hash_seed):
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, SCRIPT, method], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == PINNED
