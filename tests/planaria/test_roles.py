"""A program of several classes, as a file: who runs what, its parameters, its plans, and its twin in C."""

import numpy as np
import pytest

from firmware.errors import InputError
from planaria import Grid, Plan, open_program
from planaria.campaign.codes import check_parameters
from planaria.header import write_header
from planaria.verify import verify_cell

GOOD = """
from planaria.swarm import Program, u8

class Good(Program):
    shows = {"word": u8}
    keeps = {"count": u8}
    parameters = {"limit": 3, "row": (1, 2)}

    def hear(me, port, said):
        me.count = (me.count + said.word) % 50

    def wake(me):
        me.word = me.limit

def legitimate(world): return 0
"""
LIAR = """
class Liar(Good):
    parameters = {"limit": 5, "lie": 9}

    def wake(me):
        me.word = me.lie + me.limit + me.count
"""
ROLES = """
def roles(topology): return {Liar: "half:left"}
"""
TWIN = """
#include "mine.h"
static void hear(struct cell *me, uint32_t port, const struct said *said)
{{
    me->count = (uint8_t)((me->count + said->word) % 50);
}}
static int wake(struct cell *me)
{{
    me->word = board()->role == ROLE_LIAR ? {lie} : 3;
    return 1;
}}
"""


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.py"

    def write(*parts):
        path.write_text("".join(parts))
        return path

    return write


@pytest.mark.parametrize("engine", ["window", "reference"])
def test_cells_run_the_class_of_their_role(mine, engine):
    """Restarted cells, too; and a parameter goes to every class that has it."""
    grid = Grid(open_program(mine(GOOD, LIAR, ROLES), {"limit": 7}), 6, 6, engine=engine)
    grid.run(20)
    grid.wound("restart:all")
    grid.run(20)
    liars = np.arange(6) < 3
    assert (grid["role"] == liars).all()
    assert (grid["word"][:, ~liars] == 7).all()
    assert (grid["word"][:, liars] >= 16).all()


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        (
            (GOOD, LIAR),
            "it has the classes Good, Liar, and no function roles that says which cells run which; write",
        ),
        ((GOOD, LIAR, "\nroles = {Liar: [1]}\n"), "it has the classes Good, Liar, and no function roles"),
        (
            (GOOD, ROLES),
            "it has a function roles, which chooses among several classes of its own; it has Good; write",
        ),
    ],
)
def test_a_file_says_who_runs_what_where_there_is_a_choice(mine, parts, says):
    with pytest.raises(InputError) as caught:
        open_program(mine(*parts))
    assert f"mine.py - {says}" in str(caught.value)


def test_where_there_is_none_the_word_is_free(mine):
    assert open_program(mine(GOOD, "\nroles = (5, 6)\n")).handlers.roles == 1


def test_a_class_of_another_file_is_no_role(mine, tmp_path, monkeypatch):
    """Or every cell would be a liar."""
    mine(GOOD).rename(tmp_path / "other.py")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InputError, match="which chooses among several classes of its own; it has Liar;"):
        open_program(mine("from other import Good, legitimate\n", LIAR, ROLES))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"more": 1}, "parameter: more - mine.py has limit, lie; name one that is a single number"),
        ({"row": 1}, "parameter: row - mine.py has limit, lie"),
    ],
)
def test_parameters_that_no_role_has(mine, given, says):
    with pytest.raises(InputError) as caught:
        open_program(mine(GOOD, LIAR, ROLES), given)
    assert says in str(caught.value)


PLAN = """
title = "roles"
program = "mine.py"
timeline = ["restart:half:left@40"]
trials = 3
horizon_rounds = 90
[parameters]
{given}
"""


@pytest.mark.parametrize(("given", "changes"), [("limit = 3", True), ("limit = 5", True), ("lie = 9", False)])
def test_a_plan_may_say_what_is_so_in_one_class_only(mine, given, changes):
    program, plan = open_program(mine(GOOD, LIAR, ROLES)), Plan.parse(PLAN.format(given=given), "plan.toml")
    if changes:
        check_parameters(plan, program)
        return
    with pytest.raises(InputError, match="parameter lie: 9 - it is 9 in mine anyway; leave it out"):
        check_parameters(plan, program)


def test_a_helper_that_wants_what_one_class_has_not_is_told_which(mine):
    helped = "\ndef more(me): me.count += me.lie\nclass Sly(Good):\n    def wake(me): more(me)\n"
    program = open_program(mine(GOOD, LIAR, helped, ROLES))
    with pytest.raises(
        InputError, match=r"program: mine.py:\d+ - Sly has no lie there; it has colour, word, count"
    ):
        Grid(program, 6, 6)


def test_variables_that_cannot_be_are_those_of_a_class(mine):
    wrong = "\nclass Loud(Good):\n    shows = {'role': u8}\n"
    with pytest.raises(InputError) as caught:
        open_program(mine(GOOD, wrong, ROLES))
    expected = (
        "role - every board has it in a program of several classes (in Loud of mine.py); choose another name"
    )
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("lie", "alike"), [("14 + me->count", True), ("14 + me->count + (me->count > 48)", False)]
)
def test_a_twin_in_c_plays_every_role(hardware, mine, tmp_path, lie, alike):
    """Boards of other numbers there are none; and every role lives long enough to be found out."""
    program = mine(GOOD, LIAR.replace('"limit": 5, ', '"limit": 3, '), ROLES).with_name("mine.py")
    text = program.read_text().replace('"limit": 3, "lie": 9}', '"limit": 3, "lie": 11}')
    program.write_text(text)
    assert write_header(program, tmp_path / "mine.h")["functions"] == ["hear", "wake"]
    (tmp_path / "mine.c").write_text(TWIN.format(lie=lie))
    report = verify_cell(program, "host", cases=2000)
    assert (report["mismatches"] == 0) is alike
