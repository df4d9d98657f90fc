"""Commands in a folder of somebody else: nothing in it is imported, run, or read as settings."""

import importlib.util
import os
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

OWN = ("planaria", "emulator", "firmware", "trainer", "benchmarks")

SETTINGS = (
    *(
        "matplotlibrc",
        ".numba_config.yaml",
        ".env",
        ".netrc",
        "pyvenv.cfg",
        "python311._pth",
        "pybuilddir.txt",
    ),
    *("dask.yaml", "distributed.yaml", "fonts.conf", ".condarc", "setup.cfg", "tox.ini", "pyproject.toml"),
    *("specs", ".gdbinit", ".sqliterc", "build.zig", "build.zig.zon", "zig-cache", "jax.cfg", "torch.ini"),
)
"""Whoever opened one of them would wait: they are fifos."""

LIBRARIES = ("libgcc_s.so.1", "libc.so.6", "libstdc++.so.6", "libm.so.6")
"""GNU ld takes them from the current folder, if the linker script says so: they are fifos, too."""

PROGRAMS = (
    *("cc", "gcc", "g++", "c++", "clang", "ld", "as", "zig", "git", "uname", "ldconfig"),
    *("fc-match", "fc-list", "sh", "file"),
)

PLAN = """
title = "small"
genomes = ["ring"]
timeline = ["restart:half:left@3"]
trials = 4
horizon_rounds = 9
[recovery]
dwell_rounds = 2
"""

COMMAND = """
import sys
from planaria.commands.main import main
if __name__ == "__main__":
    sys.exit(main())
"""
"""What pip installs as ``planaria``; its folder is not the current one."""

DEMO = """
from pathlib import Path
from planaria import demo
for name in ("GROWN_ROUNDS", "PERSIST_ROUNDS", "HEALING_ROUNDS"):
    setattr(demo, name, 2)
demo.WOUNDS = {"left half": demo.WOUNDS["left half"]}
demo.usable_cores = lambda: 2
if __name__ == "__main__":
    demo.demo(Path("out-demo"), quick=True, seed=1, quiet=True)
"""

BENCH = """
from planaria.bench.bench import run_contender
print(run_contender("numpy", 32, "alive", 0.05)["updates_per_s"])
"""


@pytest.fixture
def marks(tmp_path):
    """Where what has been imported or run leaves a file."""
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


@pytest.fixture
def hostile(tmp_path, marks):
    """A folder full of modules, programs and settings."""
    folder = tmp_path / "hostile"
    folder.mkdir()
    names = {*sys.stdlib_module_names, *packages_distributions(), *OWN, "sitecustomize", "usercustomize"}
    for name in filter(str.isidentifier, names):
        (folder / f"{name}.py").write_text(f"open({str(marks / name)!r}, 'w').close()\n")
    for name in PROGRAMS:
        (folder / name).write_text(f"#!/bin/sh\n: > {marks / name}\nexit 1\n")
        (folder / name).chmod(0o755)
    for name in (*SETTINGS, *LIBRARIES):
        os.mkfifo(folder / name)
    (folder / "small.toml").write_text(PLAN)
    return folder


@pytest.fixture
def run(tmp_path, hostile):
    """Runs a program that lies elsewhere in the hostile folder."""

    def call(program, *arguments, **environment):
        modules = os.pathsep.join(path for path in sys.path if Path(path).is_absolute())
        programs = os.pathsep.join(("", ".", os.environ["PATH"]))
        script = tmp_path / "program.py"
        script.write_text(program)
        process = subprocess.run(
            [sys.executable, script, *map(str, arguments)],
            cwd=hostile,
            env=os.environ | {"PYTHONPATH": modules, "PATH": programs} | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert process.returncode == 0, process.stderr
        return process

    return call


def test_the_folder_is_hostile(hostile, marks):
    """The tests here can fail."""
    subprocess.run([sys.executable, "-c", "import argparse"], cwd=hostile, check=False)
    assert (marks / "argparse").exists()


def test_runs_and_their_figures(run, marks, tmp_path):
    """Settings do not change a figure either, wherever they lie; and the list of fonts is made anew."""
    run(
        *(COMMAND, "run", "ring", "--grid", "22x22", "--rounds", 3, "--figure", tmp_path / "a.png"),
        MPLCONFIGDIR=str(tmp_path / "fonts"),
    )
    style = tmp_path / "style"
    style.write_text("figure.facecolor: red\naxes.facecolor: black\ntext.usetex: True\n")
    process = run(
        *(COMMAND, "run", "ring", "--grid", "22x22", "--rounds", 3, "--figure", tmp_path / "b.png"),
        MATPLOTLIBRC=str(style),
        MPLBACKEND="nonsense",
    )
    assert process.stderr == ""
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert list(marks.iterdir()) == []


def test_campaigns_and_their_processes(run, marks):
    run(COMMAND, "measure", "small.toml", "--workers", 2, "-o", "out")
    run(COMMAND, "report", "out")
    assert list(marks.iterdir()) == []


def test_the_demo_and_its_processes(run, marks):
    run(DEMO)
    assert list(marks.iterdir()) == []


def test_the_contenders_of_bench(run, marks):
    run(BENCH)
    assert list(marks.iterdir()) == []


@pytest.mark.skipif(importlib.util.find_spec("ziglang") is None, reason="ziglang is not installed")
def test_the_compiler(run, marks):
    for module in ("elftools", "unicorn", "intelhex"):
        pytest.importorskip(module, reason=f"{module} is not installed: try `make hardware`")
    run(COMMAND, "build", "ring", "--target", "cortex-m0plus", "-o", "out-build")
    assert list(marks.iterdir()) == []


def test_training(run, marks):
    pytest.importorskip("safetensors", reason="the train extra (safetensors) is not installed")
    run(COMMAND, "train", "ring", "--size", 8, "--hidden", 2, "--steps", 2, "-o", "x.genome")
    assert list(marks.iterdir()) == []


def test_the_environment_is_as_before(monkeypatch):
    from planaria.system.processes import environment

    monkeypatch.setenv("PLANARIA_A", "1")
    monkeypatch.delenv("PLANARIA_B", raising=False)
    with suppress(KeyError), environment({"PLANARIA_A": "2", "PLANARIA_B": "3"}):
        assert (os.environ["PLANARIA_A"], os.environ["PLANARIA_B"]) == ("2", "3")
        raise KeyError
    assert os.environ["PLANARIA_A"] == "1"
    assert "PLANARIA_B" not in os.environ
