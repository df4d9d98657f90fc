"""How programs find back: what is counted, until when, and of which cells."""

from types import SimpleNamespace

import numpy as np
import pytest

from emulator.config import RunConfig
from emulator.record.observer import Observer
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

NOSY = """
from planaria.swarm import Program, u8
class Nosy(Program):
    shows = {"wakes": u8, "young": u8}
    hears = ("wakes",)
    def wake(me):
        if me.wakes < 9:
            me.wakes += 1
        me.young = 0
        for port in range(8):
            if me.inbox[port].age < 20 and me.inbox[port].wakes < 9:
                me.young += 1
def legitimate(world): return (world["wakes"] != 9).mean()
"""
"""Cells see whether their neighbours have woken for less than nine times."""

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
    """Of the 51 cells outside, the 24 around the disc see that their neighbours are young."""
    back = found(tmp_path, NOSY, "restart:disc:4,4,2")
    assert (back.outcome, back.disturbed) == (Outcome.RECOVERED, 24 / 51)


def test_nothing_is_said_where_all_were_struck_or_nobody_was_at_rest(tmp_path):
    assert found(tmp_path, CALM, "scramble:all").disturbed is None
    assert found(tmp_path, RESTLESS, "restart:disc:4,4,2").disturbed is None


@pytest.mark.parametrize(("at", "disturbed"), [(5, None), (25, None), (40, 0.0)])
def test_it_has_to_be_at_rest_for_the_dwell_time(tmp_path, at, disturbed):
    """All have woken by round 10 or so, and 25 rounds later it is known that they are at rest."""
    watch, result = watched(tmp_path, CALM, [f"restart:disc:4,4,2@{at}"])
    assert watch.tell(result).disturbed == disturbed


def test_a_silent_program_costs_no_messages(tmp_path):
    back = found(tmp_path, QUIET, "restart:half:left")
    assert (back.messages, back.updates > 0) == (0, True)


FAULTS = (
    ["restart:disc:4,4,1@38", "scramble:rect:0,0,2,2@42"],
    ["carry:rect:0,0,2,2,right=5@20"],
    ["lie:disc:3,3,1@20+5"],
    ["rolling:2@40+8"],
    ["loss:0.5@20+5"],
    ["restart:random:0.2@0"],
    ["mix:4@50+10.3"],
    ["restart:disc:4,4,1@50.7"],
)


def watched(tmp_path, text, faults, engine="window"):
    (tmp_path / "mine.py").write_text(text)
    config = RunConfig.of({"grid": "8x8", "seed": 4, "loss": 0.05, "faults": faults})
    living = engine_of(open_program(tmp_path / "mine.py"), config, engine=engine)
    watch = Watch(living, of_program=True)
    return watch, living.run(90)


@pytest.mark.parametrize("faults", FAULTS)
def test_engines_see_the_same(tmp_path, faults):
    seen = []
    for engine in ("window", "reference"):
        watch, result = watched(tmp_path, NOSY, faults, engine)
        seen.append((watch.tell(result), watch._disturbed))
    assert seen[0] == seen[1]


def test_messages_count_from_the_end_of_a_fault_between_two_rounds(tmp_path):
    """By the next round all is well, and what was said until then counts, as what was updated does."""
    watch, result = watched(tmp_path, CALM, ["restart:disc:4,4,1@40", "mute:disc:2,2,1@50+7.3"])
    back = watch.tell(result)
    assert back.rounds == pytest.approx(0.7)
    assert 5 * back.updates < back.messages <= 8 * back.updates


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
    engine.run(31)
    assert engine.observer.struck.sum() == struck


STRIKES_AT = 20


def told(errors, recovered_after=None, end=20.0, of_program=True):
    """Of four cells the first two are struck in round 20; from then on a world has these distances."""
    observer, states = Observer(4), np.zeros((4, 16), np.int8)
    config = SimpleNamespace(predicate=SimpleNamespace(dwell_rounds=3))
    engine = SimpleNamespace(
        topology=SimpleNamespace(cells=4),
        observer=observer,
        config=config,
        states_now=lambda: states,
        on_round=lambda number: None,
    )
    watch = Watch(engine, of_program)
    for number, error in enumerate([0.0] * STRIKES_AT + errors):
        if number == STRIKES_AT:
            observer.struck[:2] = True
            observer.wound_begins(1, "w", 200_000, 0.0, destroys=True, stood=None)
            states[1, 4:] = 5  # it was struck
        if end is not None and number == np.ceil(end):
            observer.traffic.sent = int(10 * end)
            observer.wound_ends(1, int(10_000 * end), error, 4)
        states[2, 9] = number > STRIKES_AT + 4
        states[3, :4] = number  # its colour
        observer.traffic.sent = 10 * number
        observer.sample(10_000 * number, error, 4)
        engine.on_round(number)
    outcome = Outcome.NOT_RECOVERED if recovered_after is None else Outcome.RECOVERED
    clean = Judgement(outcome, 0.0, rounds=recovered_after, updates=5 if recovered_after else None)
    return watch.tell(SimpleNamespace(verdict=SimpleNamespace(clean=clean, end_rounds=end)))


def test_containment_and_cost_count_until_the_recovery():
    assert told([9.0, 9.0, *[0.0] * 9], 2) == (Outcome.RECOVERED, 2, 5, 20, 0, 0.0)
    assert told([*[9.0] * 6, *[0.0] * 9], 6) == (Outcome.RECOVERED, 6, 5, 60, 0, 0.5)
    assert told([9.0] * 12) == (Outcome.NOT_RECOVERED, None, None, None, 0, 0.5)


def test_cost_counts_from_the_end_of_the_last_fault():
    assert told([9.0, 9.0, 9.0, *[0.0] * 9], 2, end=21.0).messages == 20
    assert told([9.0, 9.0, 9.0, *[0.0] * 9], 2.5, end=20.5).messages == 25


def test_a_fault_that_goes_on_at_the_end_has_no_cost():
    assert told([9.0] * 12, end=None) == (Outcome.NOT_RECOVERED, None, None, None, 0, 0.5)


def test_cells_that_never_rest_disturb_nobody():
    assert told([9.0] * 12, of_program=False).disturbed is None


@pytest.mark.parametrize(
    ("errors", "relapses"),
    [
        ([9, 0, 0, 0, 9, 9, 0, 9], 0),  # never for the dwell time
        ([9, 0, 0, 0, 0, 9, 9, 0, 9], 2),
        ([0, 0, 0, 0, 0, 0], 0),
        ([0, 0, 0, 0, 9, 0, 9, 9], 0),  # the first of these is at the end, and does not count for a recovery
        ([9, 9, 0, 0, 0, 0, 0, 9], 1),
    ],
)
def test_relapses_count_once_it_was_legitimate_for_long(errors, relapses):
    assert told(list(map(float, errors))).relapses == relapses
