import os
import subprocess
import sys
from pathlib import Path

import pytest

from emulator import jit

ROOT = Path(__file__).parents[2]
SCRIPT = """
from emulator.jit import is_warm, kept
@kept
def double(x):
    return 2 * x
before = is_warm("double")
print(double(21), before, is_warm("double"), sum(double.stats.cache_hits.values()))
"""


def run(tmp_path, folder, first=""):
    script = tmp_path / "script.py"
    script.write_text(first + SCRIPT)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, script], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_compiled_code_is_kept(tmp_path):
    assert run(tmp_path, tmp_path / "cache") == ["42", "False", "True", "0"]
    assert run(tmp_path, tmp_path / "cache") == ["42", "True", "True", "1"]


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    assert run(tmp_path, tmp_path / "file") == ["42", "False", "False", "0"]


def test_a_disk_that_is_full(tmp_path):
    limited = "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    limited += "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
    script = tmp_path / "script.py"
    script.write_text(limited + SCRIPT)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, script], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["42", "False", "False", "0"]


def test_any_change_of_a_source_is_another_folder(monkeypatch, tmp_path):
    for package in ("emulator", "firmware"):
        (tmp_path / package).mkdir()
    monkeypatch.setattr(jit, "__file__", str(tmp_path / "emulator" / "jit.py"))
    names = {jit._sources_sha256()}
    for file in ("emulator/a.py", "firmware/a.py", "firmware/b.py"):
        (tmp_path / file).write_text("A = 1")
        names.add(jit._sources_sha256())
    (tmp_path / "emulator" / "a.py").write_text("A = 2")
    names.add(jit._sources_sha256())
    assert len(names) == 5


@pytest.mark.parametrize("name", ["f32", "numpy"])
def test_an_engine_says_whether_it_compiles(genome, name, monkeypatch):
    from emulator.config import RunConfig
    from emulator.window import WindowEngine
    from firmware import image

    monkeypatch.setattr("emulator.compiled.is_warm", lambda _name: False)
    config = RunConfig(8, 8)
    engine = WindowEngine(config, image.build(genome, config.timing), genome.target, kernel=name)
    assert engine.compiles == (name == "f32")
