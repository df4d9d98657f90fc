"""How programs find back: what is counted, until when, and of which cells."""

from types import SimpleNamespace

import numpy as np
import pytest

from emulator.record.recovery import Judgement, Outcome
from planaria import open_program
from planaria.stabilisation import STRIKES_AT, _Watch, find_back

CALM = """
from planaria.swarm import Program, u8
class Calm(Program):
    shows = {"mark": u8}
    def wake(me):
        me.mark = 7
        me.colour[0] = me.entropy & 63
def legitimate(world): return (world["mark"] != 7).mean()
"""
"""Nobody looks at neighbours; colours change all the time."""

RESTLESS = """
from planaria.swarm import Program, u8
class Restless(Program):
    shows = {"mark": u8, "wakes": u8}
    def wake(me):
        me.mark = 7
        me.wakes += 1
def legitimate(world): return (world["mark"] != 7).mean()
"""

QUIET = CALM.replace("& 63", "& 63\n        return False")


def found(tmp_path, text, fault, **world):
    path = tmp_path / "mine.py"
    path.write_text(text)
    return find_back(open_program(path), fault, 60, {"grid": "8x8", "seed": 2, **world})


def test_what_is_contained(tmp_path):
    back = found(tmp_path, CALM, "restart:disc:4,4,2")
    assert (back.outcome, back.relapses, back.disturbed) == (Outcome.RECOVERED, 0, 0.0)
    assert 1 <= back.rounds < 12
    assert 60 * (back.rounds - 1) < back.updates < 68 * (back.rounds + 1)
    inner, edge, corner = 36, 24, 4
    links = (8 * inner + 5 * edge + 3 * corner) / 64
    assert back.messages == pytest.approx(links * back.updates, rel=0.2)


def test_what_is_not(tmp_path):
    """Cells outside show something else once they wake; that the fault struck all leaves nobody outside."""
    back = found(tmp_path, RESTLESS, "restart:disc:4,4,2")
    assert back.outcome is Outcome.RECOVERED
    assert back.disturbed > 0.9
    assert found(tmp_path, RESTLESS, "scramble:all").disturbed is None


def test_a_silent_program_costs_no_messages(tmp_path):
    back = found(tmp_path, QUIET, "restart:half:left")
    assert (back.messages, back.updates > 0) == (0, True)


def told(errors, recovered_after=None, dwell=3):
    """Of four cells, of which the first two were struck, with these distances from the fault on."""
    watch = _Watch(np.array([False, False, True, True]))
    for number in range(STRIKES_AT + len(errors)):
        shown = np.zeros((4, 12), np.int8)
        shown[1] = number  # it was struck
        shown[2, 5] = number > STRIKES_AT + 4
        watch.look(number, shown, 10 * number)
    outcome = Outcome.NOT_RECOVERED if recovered_after is None else Outcome.RECOVERED
    clean = Judgement(outcome, 0.0, rounds=recovered_after, updates=5 if recovered_after else None)
    history = [0.0] * STRIKES_AT + errors
    return watch.tell(
        SimpleNamespace(recoveries=[SimpleNamespace(clean=clean)], error_by_round=history), dwell
    )


def test_containment_and_cost_count_until_the_recovery():
    assert told([9.0, 9.0, *[0.0] * 9], 2) == (Outcome.RECOVERED, 2, 5, 20, 0, 0.0)
    assert told([*[9.0] * 6, *[0.0] * 9], 6) == (Outcome.RECOVERED, 6, 5, 60, 0, 0.5)
    assert told([9.0] * 12) == (Outcome.NOT_RECOVERED, None, None, None, 0, 0.5)


@pytest.mark.parametrize(
    ("errors", "relapses"),
    [
        ([9, 0, 0, 0, 9, 9, 0, 9], 0),  # never for the dwell time
        ([9, 0, 0, 0, 0, 9, 9, 0, 9], 2),
        ([0, 0, 0, 0, 0, 0], 0),
        ([9, 9, 0, 0, 0, 0, 0, 9], 1),
    ],
)
def test_relapses_count_once_it_was_legitimate_for_long(errors, relapses):
    assert told(list(map(float, errors))).relapses == relapses
