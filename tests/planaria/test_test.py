"""``planaria test``: what it says of programs that stand everything, fail, or never become legitimate."""

import json
from pathlib import Path

import pytest

from emulator.faults import Fault
from emulator.faults.robots import RobotFault
from planaria.commands.test import print_report
from planaria.test import FAULTS

ROOT = Path(__file__).parents[2]

FORGETFUL = """
from planaria.swarm import Program, u8
class Forgetful(Program):
    keeps = {"mark": u8}
    def boot(me, strap):
        me.mark = strap
    def wake(me):
        me.colour[3] = 64 // (me.mark < 200)
def legitimate(world): return world["mark"].sum() != 1
"""


def test_every_kind_of_fault_that_programs_suffer_is_there():
    kinds = {Fault.parse(text).kind for text in FAULTS}
    of_cells = {name: kind for name, kind in Fault.kinds.items() if not issubclass(kind, RobotFault)}
    known = {name for name, kind in of_cells.items() if not kind.needs_machine_code}
    assert kinds == known - {"version"}


def test_a_program_that_finds_back(planaria, capsys):
    options = ("--grid", "8x8", "--worlds", 3, "--rounds", 400, "--json")
    done = planaria("test", ROOT / "examples" / "leader.py", *options)
    report = json.loads(done.stdout)
    assert (done.returncode, len(report["faults"])) == (0, len(FAULTS))
    assert all(fault["alike"] and not fault["failures"] for fault in report["faults"])
    scrambled, wounded = report["scrambled"], report["wounded"]
    assert scrambled["outcomes"] == wounded["outcomes"] == {"recovered": 3}
    assert (scrambled["median_rounds"], scrambled["most_rounds"]) == (120, 135)
    assert (scrambled["relapses"], scrambled["median_disturbed"]) == (0, None)
    assert wounded["fault"] == "restart:disc:4,4,2"
    assert 0 < wounded["median_rounds"] <= wounded["most_rounds"] < 20
    assert 64 < wounded["median_updates"] < 64 * 20
    assert 4 * wounded["median_updates"] < wounded["median_messages"] < 8 * wounded["median_updates"]
    assert 0 <= wounded["median_disturbed"] <= wounded["most_disturbed"] < 0.3
    print_report(report)
    said = capsys.readouterr().out
    assert (
        "leader: 30 kinds of faults, on the engines window and reference\n  results that differ: none\n"
        in said
    )
    assert "worlds of 8x8 cells, 5% of messages lost, 400 rounds and as many after a fault\n" in said
    assert "  from random RAM: 3 recovered\n" in said
    assert "    legitimate after 120 rounds (median), at most 135; " in said
    assert "    left it again: none\n  restart:disc:4,4,2: 3 recovered\n" in said
    assert "    of the cells outside, " in said


def test_worlds_that_were_not_ready_are_told_what_helps(capsys):
    nothing = {"median_rounds": None, "median_disturbed": None}
    found = [
        {"outcomes": outcomes, **nothing} for outcomes in ({"not_grown": 2}, {"not_grown": 1, "recovered": 1})
    ]
    report = {
        **{"program": "p", "parameters": {}, "engines": ["window", "reference"], "faults": [], "rounds": 30},
        **{"grid": "5x5", "topology": "square8 5x5", "loss": 0.05},
        **{"scrambled": found[0], "wounded": {"fault": "restart:disc:2,2,2", **found[1]}},
    }
    print_report(report)
    said = capsys.readouterr().out
    assert said.endswith(
        "from random RAM: 2 not grown\n"
        "    none was legitimate for 25 rounds before that; give more --rounds\n"
        "  restart:disc:2,2,2: 1 not grown, 1 recovered\n"
    )


def test_a_program_that_does_not(planaria, tmp_path):
    (tmp_path / "forgetful.py").write_text(FORGETFUL)
    done = planaria("test", "forgetful.py", "--grid", "8x8", "--worlds", 2, "--rounds", 60)
    assert done.returncode == 0
    assert "scramble:half:left@10: " in done.stdout
    assert "traps; the first: forgetful.py:8: ZeroDivisionError: integer division" in done.stdout
    assert "from random RAM: 2 not recovered\n  restart:disc:4,4,2: 2 not recovered\n" in done.stdout
    assert "legitimate after" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("planarian",), "program: planarian - it is a genome; see planaria measure"),
        (("nowhere.py",), "nowhere.py - it cannot be read"),
        ((ROOT / "examples" / "leader.py", "--worlds", 0), "worlds: 0 - it must be 1 to 10,000"),
        ((ROOT / "examples" / "leader.py", "--rounds", 100_001), "rounds: 100001 - it must be 30 to 100,000"),
        ((ROOT / "examples" / "leader.py", "--rounds", 29), "rounds: 29 - it must be 30 to 100,000"),
        ((ROOT / "examples" / "leader.py", "--grid", "8"), "grid: 8 - "),
        (
            (ROOT / "examples" / "leader.py", "--grid", "9x4"),
            "grid: 9x4 - some faults strike the cell in row",
        ),
        ((ROOT / "examples" / "leader.py", "--seed", -1), "seed: -1 - "),
    ],
)
def test_bad_input(planaria, arguments, says):
    done = planaria("test", *arguments)
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("topology", ["graph:nodes.txt", "cube6"])
def test_worlds_without_rows_and_columns_alone(refused, topology):
    says = [f"topology: {topology} - some faults strike a cell by its row and column"]
    refused("test", ROOT / "examples" / "leader.py", "--topology", topology, says=says)
