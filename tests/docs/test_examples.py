"""Examples print what is kept beside them, by the command that each names in its first text."""

import ast
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.stem for path in (ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_prints_what_is_kept_beside_it(name):
    path = ROOT / "examples" / f"{name}.py"
    text = ast.get_docstring(ast.parse(path.read_text()))
    command = shlex.split(text.partition("Run it: ``")[2].partition("``")[0])
    program = [sys.executable, "-W", "error", *(["-m"] if command[0] == "planaria" else [])]
    done = subprocess.run(
        [*program, *(command if command[0] == "planaria" else command[1:])],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == path.with_suffix(".out").read_text()
