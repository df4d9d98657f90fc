"""Parameters of a program: numbers in its ROM, for which a person gives others than its file has."""

import json
from pathlib import Path

import numpy as np
import pytest

from emulator.config import RunConfig
from firmware.errors import InputError
from planaria import Grid, Plan, Store, certify, measure, open_program
from planaria.campaign.certificate import check
from planaria.campaign.codes import check_parameters, open_codes
from planaria.campaign.replay import replay

FORGETFUL = """
from planaria.swarm import Program, u8

class Forgetful(Program):
    shows = {"hops": u8}
    hears = ("hops",)
    parameters = {"limit": 9, "patience": 16, "table": (1, 2)}

    def wake(me):
        me.hops = 0 if me.board.strap else me.limit
        for port in range(8):
            if me.inbox[port].age <= me.patience:
                me.hops = min(me.hops, me.inbox[port].hops + 1)

def legitimate(world):
    hops = world.hops_from(world["strap"] > 0).clip(max=world.parameters["limit"])
    return (world["hops"] != hops)[world.running].mean()
"""

NUMBERS = """
from planaria.swarm import Program, u16

class Mine(Program):
    shows = {{"number": u16}}
    parameters = {parameters}

    def wake(me):
        me.number = {work}

def legitimate(world):
    return 0
"""

NUMBERS_IN_C = """
#include "mine.h"
static int wake(struct cell *me)
{{
    me->number = {work};
    return 1;
}}
"""

EXAMPLES = Path(__file__).parents[2] / "examples"
HOP_COUNT, LEADER = EXAMPLES / "hop_count.py", EXAMPLES / "leader.py"

PLAN = """
title = "limits"
program = "mine.py"
timeline = ["restart:half:left@40"]
trials = 3
horizon_rounds = 90
[world]
grid = "9x9"
[parameters]
limit = "{limit}"
patience = 20
[sweep]
limit = [2, 4]
"""


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(FORGETFUL)
    return path


@pytest.mark.parametrize("engine", ["window", "reference"])
def test_a_run_has_those_that_it_is_given(program, engine):
    for given, largest in (({}, 4), ({"limit": 3, "patience": 20}, 3)):
        grid = Grid(open_program(program, given), 9, 9, engine=engine)
        grid.run(40)
        assert (grid["hops"].max(), grid.error) == (largest, 0)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["limt=3"], "parameter: limt - mine.py has limit, patience; name one that is a single number"),
        (["table=3"], "parameter: table - mine.py has limit, patience; name one"),
        (["limit=9223372036854775808"], "parameter limit: 9223372036854775808 - it is no whole number of 64"),
        (
            ["limit=1.5"],
            "--set: limit=1.5 - it must be NAME=N, a whole number of 64 bits; e.g. --set limit=40",
        ),
        (["limit"], "--set: limit - it must be NAME=N"),
        (["=3"], "parameter: '' - mine.py has limit, patience"),
        (["limit=3", "limit=4"], "--set: limit=4 - limit is 3 already; leave one out"),
    ],
)
def test_bad_ones(planaria, program, given, message):
    for command in ("run", "test"):
        done = planaria(command, program, *(f"--set={one}" for one in given))
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"planaria: {message}")


@pytest.mark.parametrize(
    ("code", "message"),
    [("ring", "ring is no program"), (HOP_COUNT, "hop_count.py is no class, and has no parameters")],
)
def test_neither_a_genome_nor_bare_bytes_have_any(planaria, code, message):
    done = planaria("run", code, "--set", "limit=3")
    assert (done.returncode, message in done.stderr) == (2, True)


def test_a_twin_in_c_takes_them_too(planaria, hardware):
    """The largest of 64 bits is more than the variable with which it is compared can ever be."""
    world = "--grid", "5x5", "--rounds", 20, "--json"
    for limit in (3, 2**63 - 1):
        given = f"--set=limit={limit}"
        traces = {
            json.loads(planaria("run", LEADER, *world, "--engine", engine, given).stdout)["trace_sha256"]
            for engine in ("window", "native", "iss")
        }
        assert len(traces) == 1
        done = planaria("verify", LEADER, "--target", "host", "--cases", 300, given)
        assert (done.returncode, done.stdout.endswith(" 0 mismatches\n")) == (0, True)


@pytest.fixture
def twins(tmp_path, planaria):
    """``twins(parameters, c)``: a program that shows a number, and its twin, with their header."""

    def make(parameters, work):
        python = NUMBERS.format(parameters=parameters, work=" ^ ".join(f"me.{name}" for name in parameters))
        (tmp_path / "mine.py").write_text(python)
        (tmp_path / "mine.c").write_text(NUMBERS_IN_C.format(work=work))
        assert planaria("header", "mine.py", "-o", "mine.h").returncode == 0

    return make


def verified(planaria, *given):
    done = planaria("verify", "mine.py", "--target", "host", "--cases", 100, *given)
    return done.returncode, done.stdout + done.stderr


def test_a_twin_that_does_not_take_a_number_does_not_run_without_it(planaria, hardware, twins, tmp_path):
    """Its header may be one of before; silently it would have another number."""
    twins({"first": 60}, "FIRST")
    header = (tmp_path / "mine.h").read_text()
    (tmp_path / "mine.h").write_text(header.replace("PLANARIA_SET_", "OLD_"))
    assert verified(planaria)[0] == 0
    status, said = verified(planaria, "--set", "first=3")
    assert (status, "error: mine.c takes no first: its header has none, or is old" in said) == (2, True)
    assert said.endswith("; give other numbers than first=3, or put the source right\n")


def test_numbers_of_any_size_and_name(planaria, hardware, twins):
    """The runtime has names of its own, which no number gets in the way of."""
    usual = {"first": 60, "far": 1 << 40, "less": -5, "trap": 60, "itimer_virtual": 60, "ähre": 60}
    given = {"first": 1 << 40, "far": -1, "less": -(1 << 63), "trap": 5, "itimer_virtual": 5, "ähre": 5}
    twins(usual, " ^ ".join(f"(uint16_t){name.upper()}" for name in usual))
    assert verified(planaria)[0] == 0
    status, said = verified(planaria, *(f"--set={name}={number}" for name, number in given.items()))
    numbers = ", ".join(f"{name} {number}" for name, number in given.items())
    assert (status, f"mine with {numbers}: 100 cases" in said) == (0, True)


def test_a_twin_can_be_built_with_other_numbers(planaria, hardware, twins, tmp_path):
    """By its name in Python; what its header does not know is refused, and nothing written."""
    twins({"first": 60}, "FIRST")
    build = "build", "mine.c", "--target", "rv32imc", "-o"
    for folder, given in (("usual", 60), ("other", 61), ("again", 60)):
        assert planaria(*build, folder, "--set", f"first={given}").returncode == 0
    folders = (tmp_path / name for name in ("usual", "other", "again"))
    usual, other, again = ((folder / "mine-rv32imc.bin").read_bytes() for folder in folders)
    assert usual == again != other
    for given, says in (("second=1", "mine.c takes no second"), ("a b=1", "parameter: a b - no number")):
        done = planaria(*build, "none", "--set", given)
        assert (done.returncode, says in done.stderr, (tmp_path / "none").exists()) == (2, True, False)
    done = planaria("build", "ring", "--target", "host", "-o", "none", "--set", "first=3")
    says = "parameter first: 3 - ring is no program, and a genome has none; leave it out"
    assert done.stderr == f"planaria: {says}\n"


def test_the_command_line_gives_them(planaria, program):
    command = "run", program, "--grid", "9x9", "--rounds", 40, "--json"
    usual, other = (json.loads(planaria(*command, *more).stdout) for more in ([], ["--set", "limit=3"]))
    assert (usual["parameters"], other["parameters"]) == ({}, {"limit": 3})
    assert usual["trace_sha256"] != other["trace_sha256"]
    assert Grid(open_program(program, {"limit": 3}), 9, 9).run(40).trace_sha256 == other["trace_sha256"]


def test_those_given_before_stay(program):
    code = open_program(program, {"limit": np.int64(3)}).with_parameters({"patience": 2}).with_parameters({})
    assert code.parameters == {"limit": 3, "patience": 2, "table": (1, 2)}
    for given in ({1: 2, "limit": 3}, {"limit": 1.5}):
        with pytest.raises(InputError, match="parameter"):
            code.with_parameters(given)


def test_a_draw_of_very_many_values_is_refused(program):
    drawn = PLAN.replace("[sweep]\nlimit = [2, 4]", "[draw]\nlimit = { from = 1, to = 200 }")
    with pytest.raises(InputError, match="200 programs - there can be 100"):
        Plan.parse(drawn, "plan.toml")


def test_what_is_so_anyway_is_refused(program, tmp_path):
    """Its seed would follow from something that changes nothing."""
    plan = PLAN[: PLAN.index("[sweep]")].replace('"{limit}"', "3").replace("trials = 3", "trials = 60")
    measure(Plan.parse(plan, str(tmp_path / "plan.toml")), tmp_path / "results", workers=1, quiet=True)
    certify(tmp_path / "results", 20, 0.95, 0, tmp_path / "c.json")
    assert check(tmp_path / "c.json", 2, 1, program)["differs"] == []
    program.write_text(FORGETFUL.replace('"limit": 9', '"limit": 3'))
    with pytest.raises(InputError, match="parameter limit: 3 - it is 3 in mine anyway"):
        check_parameters(Plan.parse(plan, "plan.toml"), open_program(program))


def test_a_campaign_sweeps_them(program, tmp_path):
    measure(Plan.parse(PLAN, str(tmp_path / "plan.toml")), tmp_path / "results", workers=2, quiet=True)
    with Store.open(tmp_path / "results") as store:
        found = list(store.results())
    assert len(found) == 6
    for row in found:
        given = {"limit": (2, 4)[row.point], "patience": 20}
        config = RunConfig.of({"grid": "9x9", "seed": row.seed, "faults": ["restart:half:left@40"]})
        lived = Grid(open_program(program, given), config=config).run(90)
        assert lived.trace_sha256 == row.trace_sha256
        assert lived.verdict.clean.outcome == row.clean_outcome == "recovered"
        assert replay(tmp_path / "results", row.point, row.index, program=program)["same"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("patience = 20", "patienc = 20", "program: parameter: patienc - mine.py has limit, patience"),
        ("[2, 4]", "[2, 4.5]", "parameters.limit: 4.5 - it must be a whole number"),
        ("[2, 4]", '["two"]', 'parameters.limit: "two" - it must be a whole number'),
        ('program = "mine.py"', 'genomes = ["ring"]', "parameters: a table - genomes have no parameters"),
        ("patience = 20", "patience = 16", "parameter patience: 16 - it is 16 in mine anyway; leave it out"),
        ("[2, 4]", str(list(range(101))), "101 programs - there can be 100, for each is compiled by itself"),
        (
            "patience = 20",
            "\n".join(f"x{n} = 1" for n in range(100)),
            "parameters: 101 names - there can be 100",
        ),
        ('limit = "{limit}"', "limit = 3", "sweep.limit: limit - nothing uses it"),
        ("[parameters]", "[parameter]", "did you mean 'parameters'"),
    ],
)
def test_bad_plans(program, old, new, message):
    with pytest.raises(InputError) as caught:
        open_codes(Plan.parse(PLAN.replace(old, new), str(program.with_name("plan.toml"))))
    assert message in str(caught.value)


def test_a_plan_without_any_keeps_its_seeds():
    """Its essence is what it was before there were any."""
    without = PLAN[: PLAN.index("[parameters]")]
    assert "parameters" not in Plan.parse(without, "plan.toml").essence
    assert '"parameters":{"limit":3}' in Plan.parse(f"{without}[parameters]\nlimit = 3", "plan.toml").essence
