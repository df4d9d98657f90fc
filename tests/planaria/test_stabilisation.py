"""How programs find back: what is counted, until when, and of which cells."""

from types import SimpleNamespace

import numpy as np
import pytest

from emulator.config import RunConfig
from emulator.record.recovery import Judgement, Outcome
from planaria import open_program
from planaria.code import engine_of
from planaria.stabilisation import Watch, find_back

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


FAULTS = (
    ["restart:disc:4,4,1@20", "scramble:rect:0,0,2,2@25"],
    ["carry:rect:0,0,2,2,right=5@20"],
    ["lie:disc:3,3,1@20+5"],
    ["rolling:2@20+8"],
    ["loss:0.5@20+5"],
    ["restart:random:0.2@0"],
)


@pytest.mark.parametrize("faults", FAULTS)
def test_engines_see_the_same(tmp_path, faults):
    (tmp_path / "mine.py").write_text(RESTLESS)
    program, seen = open_program(tmp_path / "mine.py"), []
    config = RunConfig.of({"grid": "8x8", "seed": 4, "loss": 0.05, "faults": faults})
    for name in ("window", "reference"):
        engine = engine_of(program, config, engine=name)
        watch = Watch(engine, rests=True)
        seen.append((watch.tell(engine.run(60)), watch._messages, watch._disturbed))
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("faults", "struck"),
    [
        (FAULTS[0], 5 + 4),
        (FAULTS[1], 4 + 4),  # where it was, and where it is
        (FAULTS[2], 5),
        (FAULTS[4], 64),
        (["cut:half:left@20+5"], 32),
        (["pause:half:left@20+5"], 32),
        (["flaky:half:left,mtbf_rounds=6,mttr_rounds=2@20+10"], 32),
    ],
)
def test_who_was_struck(tmp_path, faults, struck):
    (tmp_path / "mine.py").write_text(CALM)
    engine = engine_of(
        open_program(tmp_path / "mine.py"), RunConfig.of({"grid": "8x8", "seed": 4, "faults": faults})
    )
    engine.run(19)
    assert not engine.observer.struck.any()
    engine.run(21)
    assert engine.observer.struck.sum() == struck


def engine(struck_from, dwell=3):
    """Of four cells, of which the first two are struck in this round."""
    fake = SimpleNamespace(
        topology=SimpleNamespace(cells=4),
        observer=SimpleNamespace(struck=np.zeros(4, np.bool_)),
        config=SimpleNamespace(predicate=SimpleNamespace(dwell_rounds=dwell)),
        states=np.zeros((4, 16), np.int8),
        messages=0,
    )
    fake.states_now = lambda: fake.states

    def live(number):
        fake.observer.struck[:2] = number >= struck_from
        fake.states[1, 4:] = number  # it was struck
        fake.states[2, 9] = number > struck_from + 4
        fake.states[3, :4] = number  # its colour
        fake.messages = 10 * number
        fake.on_round(number)

    fake.live = live
    return fake


def told(errors, recovered_after=None, end=20.0, rests=True):
    """A world with these distances from round 20 on, where a fault strikes, and what is seen of it."""
    fake = engine(20)
    watch = Watch(fake, rests)
    for number in range(20 + len(errors)):
        fake.live(number)
    outcome = Outcome.NOT_RECOVERED if recovered_after is None else Outcome.RECOVERED
    clean = Judgement(outcome, 0.0, rounds=recovered_after, updates=5 if recovered_after else None)
    history = [0.0] * 20 + errors
    verdict = SimpleNamespace(clean=clean, end_rounds=end)
    return watch.tell(SimpleNamespace(verdict=verdict, error_by_round=history))


def test_containment_and_cost_count_until_the_recovery():
    assert told([9.0, 9.0, *[0.0] * 9], 2) == (Outcome.RECOVERED, 2, 5, 20, 0, 0.0)
    assert told([*[9.0] * 6, *[0.0] * 9], 6) == (Outcome.RECOVERED, 6, 5, 60, 0, 0.5)
    assert told([9.0] * 12) == (Outcome.NOT_RECOVERED, None, None, None, 0, 0.5)


def test_cost_counts_from_the_end_of_the_last_fault():
    """At round boundaries: what ends between two of them counts from the next."""
    assert told([9.0, 9.0, 9.0, *[0.0] * 9], 2, end=21.0).messages == 20
    assert told([9.0, 9.0, 9.0, *[0.0] * 9], 2.25, end=20.75).messages == 20


def test_a_fault_that_goes_on_at_the_end_has_no_cost():
    assert told([9.0] * 12, end=None) == (Outcome.NOT_RECOVERED, None, None, None, 0, 0.5)


def test_cells_that_never_rest_disturb_nobody():
    assert told([9.0] * 12, rests=False).disturbed is None


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
