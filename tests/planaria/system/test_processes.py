"""Programs of users as files, which the processes that they start import again; and systems unlike Linux."""

import os
import subprocess
import sys

import pytest

from planaria.system.processes import usable_cores

GUARD = 'if __name__ == "__main__":'
AGAIN = f"this program starts itself again; put it below {GUARD}"

MEASURE = """
from pathlib import Path
from planaria import Plan, measure
text = 'title = "small"\\ngenomes = ["ring"]\\ntimeline = ["restart:half:left@3"]\\ntrials = 3\\n'
text += 'horizon_rounds = 9\\n[recovery]\\ndwell_rounds = 2'
{guard}
 plan = Plan.parse(text, "small.toml")
 print(measure(plan, Path("out"), workers={workers}, quiet=True)["trials"], "trials")
"""

DEMO = """
from pathlib import Path
from planaria import demo
for name in ("GROWN_ROUNDS", "PERSIST_ROUNDS", "HEALING_ROUNDS"):
    setattr(demo, name, 2)
demo.usable_cores = lambda: 2
{guard}
 demo.demo(Path("out"), quick=True, seed=1, quiet=True)
 print("done")
"""

COMMAND = """
import os, sys
{missing}
from planaria.commands.main import main
if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
"""

NO_AFFINITY = "del os.sched_getaffinity"
NO_LOCKS = "sys.modules['fcntl'] = None"

PLAN = """
title = "small"
genomes = ["ring"]
timeline = ["restart:half:left@3"]
trials = 2
horizon_rounds = 9
[recovery]
dwell_rounds = 2
"""


@pytest.fixture
def as_a_file(tmp_path):
    """``as_a_file(program, *arguments)`` runs it in an empty folder, saved as a user saves it."""

    def run(program, *arguments):
        (tmp_path / "program.py").write_text(program)
        return subprocess.run(
            [sys.executable, "program.py", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            timeout=300,
            check=False,
        )

    return run


@pytest.mark.parametrize(("guard", "workers"), [("if 1:", 1), (GUARD, 1), (GUARD, 2)])
def test_a_program_that_measures(as_a_file, guard, workers):
    process = as_a_file(MEASURE.format(guard=guard, workers=workers))
    assert (process.stdout, process.stderr) == ("3 trials\n", "")


def test_a_program_that_starts_itself_again_is_told_so(as_a_file, tmp_path):
    process = as_a_file(MEASURE.format(guard="if 1:", workers=2))
    assert process.returncode == 1
    assert f"program.py - {AGAIN}" in process.stderr
    assert process.stderr.splitlines()[-1] == (
        "firmware.errors.InputError: workers: 2 - they have died at their start; put the program that called "
        f"below {GUARD} or see whether memory runs out"
    )
    assert "done again" not in process.stderr


def test_measuring_in_a_process_of_ones_own_is_no_mistake(as_a_file):
    program = MEASURE.format(guard="def run():", workers=1)
    program += f"\nfrom multiprocessing import get_context\n{GUARD}\n"
    program += " process = get_context('spawn').Process(target=run)\n process.start()\n process.join()\n"
    process = as_a_file(program)
    assert (process.stdout, process.stderr) == ("3 trials\n", "")


def test_a_program_that_shows_the_demo(as_a_file):
    assert as_a_file(DEMO.format(guard=GUARD)).stdout == "done\n"
    process = as_a_file(DEMO.format(guard="if 1:"))
    assert process.returncode == 1
    assert f"program.py - {AGAIN}" in process.stderr
    assert "grow and hold - its process has died; put the program that called below" in process.stderr


def test_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 5, 7}, raising=False)
    assert usable_cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert usable_cores() == 6
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_cores() == 1


def test_macos_has_no_affinity(as_a_file, tmp_path):
    (tmp_path / "small.toml").write_text(PLAN)
    program = COMMAND.format(missing=NO_AFFINITY)
    process = as_a_file(program, "measure", "small.toml", "-o", "out")
    assert process.returncode == 0, process.stderr
    assert "small: 2 trials" in process.stdout
    assert as_a_file(program, "report", "out").returncode == 0


def test_windows_has_no_locks(as_a_file, tmp_path):
    (tmp_path / "small.toml").write_text(PLAN)
    program = COMMAND.format(missing=NO_LOCKS)
    process = as_a_file(program, "measure", "small.toml", "-o", "out")
    assert process.returncode == 2
    assert process.stderr == (
        "planaria: system: Linux - it cannot lock a folder of results; measure on Linux or macOS\n"
    )
    assert not (tmp_path / "out").exists()
    assert as_a_file(program, "run", "ring", "--rounds", "2", "--grid", "22x22").returncode == 0
    assert as_a_file(program, "plans").returncode == 0
