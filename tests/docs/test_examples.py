"""Examples print what is kept beside them, by the command that each names in its first text."""

import ast
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from planaria import Grid, open_program
from tests.firmware.hardware.in_c import KILOLIB_IS_NATIVE

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.stem for path in (ROOT / "examples").glob("*.py"))


KEPT = ("HOME", "ZIG_GLOBAL_CACHE_DIR")
"""Of the environment: without either of them zig has no place for its own libraries."""


def source(name):
    return (ROOT / "examples" / f"{name}.py").read_text()


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_prints_what_is_kept_beside_it(name, request):
    if "source =" in source(name):
        request.getfixturevalue("hardware")
        if not KILOLIB_IS_NATIVE:
            pytest.skip("programs for Kilobots run natively on Linux and x86-64 only")
    text = ast.get_docstring(ast.parse(source(name)))
    command = shlex.split(text.partition("Run it: ``")[2].partition("``")[0])
    program = [sys.executable, "-W", "error", *(["-m"] if command[0] == "planaria" else [])]
    done = subprocess.run(
        [*program, *(command if command[0] == "planaria" else command[1:])],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)} | {name: os.environ[name] for name in KEPT if name in os.environ},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == (ROOT / "examples" / f"{name}.out").read_text()


@pytest.mark.parametrize(
    "name", [name for name in EXAMPLES if re.search(r"Program\):\n(?!    source)", source(name))]
)
def test_an_example_shows_nothing_that_its_ram_made_up(name):
    """All four channels are written, or what a fault has left there would be seen for ever."""
    command = " ".join(source(name).split())
    given = dict(re.findall(r"--(grid|topology) ([^\s`]+)", command))
    chosen = {parameter: int(value) for parameter, value in re.findall(r"--set (\w+)=(\d+)", command)}
    program = open_program(ROOT / "examples" / f"{name}.py").with_parameters(chosen)
    for seed in range(4):
        grid = Grid(program, seed=seed, loss=0.3, **given)
        grid.wound("scramble:all")
        grid.run(15)  # so that all have woken
        for _ in range(15):
            grid.run(5)
            assert grid.picture.min() >= 0
            assert grid.picture.max() <= 64


@pytest.mark.parametrize(
    ("name", "fault"), [("damage", "kill:disc:1,1,1"), ("broadcast", "kill:disc:12,12,2")]
)
def test_cells_that_are_gone_are_gone(name, fault):
    """A wound for ever that is farther than a cell looks, and one in which all who speak die."""
    grid = Grid(open_program(ROOT / "examples" / f"{name}.py"), 25, 25, seed=1)
    grid.run(120)
    assert grid.error == 0
    grid.wound(fault)
    assert grid.run(1).error_by_round[-1] > 0
    grid.run(200)
    assert grid.error == 0


def test_a_grid_smaller_than_the_picture_shows_its_middle():
    grid = Grid(open_program(ROOT / "examples" / "bitmap_vote.py"), 12, 9, seed=1)
    grid.run(40)
    assert grid.error == 0
    assert grid.picture[..., 3].any()
