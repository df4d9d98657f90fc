"""What became of a wound, in words."""

from dataclasses import replace

import pytest

from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.record.predicate import Predicate
from emulator.record.recovery import Away, Judgement, Outcome, Recovery
from firmware.picture import Displacement
from planaria.verdict import DISTANCE, describe_away, describe_recovery, too_short

IN_PLACE = Displacement(0, 0, 1.1)
HEALED = Judgement(Outcome.RECOVERED, 3.0, time_ms=210.0, rounds=21.0, async_rounds=11, updates=21_504)
RECOVERY = Recovery(
    Outcome.RECOVERED,
    25.6,
    time_ms=140.0,
    rounds=14.0,
    async_rounds=7,
    updates=14_000,
    wound="restart:half:left@120",
    error_before=1.1,
    error_after=493.04,
    error_end=1.06,
    stood=IN_PLACE,
    end_rounds=120.0,
    observed_rounds=60.0,
    clean=HEALED,
    recognisable=replace(HEALED, error_limit=10.0, rounds=16.0),
)


def failed(outcome, limit=3.0, back=None):
    return Judgement(outcome, limit, back_at_rounds=back)


def described(recovery=RECOVERY, predicate=None, **changes):
    return describe_recovery(replace(recovery, **changes).as_dict(), predicate or Predicate())


def by_all(outcome, **changes):
    """Failed by every yardstick."""
    nothing = {"time_ms": None, "rounds": None, "async_rounds": None, "updates": None}
    judged = {"clean": failed(outcome), "recognisable": failed(outcome, 10.0)}
    return described(outcome=outcome, **nothing, **judged, **changes)


def test_clean_leads_and_the_others_stand_beside_it():
    assert described() == (
        "E 1.1 -> 493.0, clean again after 21.0 rounds = 210 ms (recognisable after 16.0, "
        "95 % of the error gone after 14.0; 11 asynchronous rounds, 21,504 updates)"
    )


def test_a_program_has_a_distance_and_no_error():
    words = described(clean=failed(Outcome.NOT_RECOVERED), error_end=4.2)
    recovery = replace(RECOVERY, clean=failed(Outcome.NOT_RECOVERED), error_end=4.2).as_dict()
    assert describe_recovery(recovery, Predicate(), DISTANCE) == words.replace("E ", "distance ")


def test_by_one_yardstick_and_not_by_another():
    assert described(clean=failed(Outcome.NOT_RECOVERED), error_end=4.2) == (
        "E 1.1 -> 493.0, not clean by the horizon (60 rounds): E 4.2 "
        "(recognisable after 16.0, 95 % of the error gone after 14.0)"
    )
    relative = {"outcome": Outcome.NOT_RECOVERED, "rounds": None}
    assert described(**relative, clean=replace(HEALED, async_rounds=1)) == (
        "E 1.1 -> 493.0, clean again after 21.0 rounds = 210 ms (recognisable after 16.0; "
        "1 asynchronous round, 21,504 updates)"
    )


def test_back_but_not_yet_for_long_enough():
    assert described(clean=failed(Outcome.NOT_RECOVERED, back=43.0), error_end=1.1) == (
        "E 1.1 -> 493.0, back at E 1.1 since round 43, but not yet for 25 rounds "
        "(recognisable after 16.0, 95 % of the error gone after 14.0)"
    )


@pytest.mark.parametrize(
    ("rows", "cols", "where"),
    [
        (0, 1, "one column to the right"),
        (0, -2, "two columns to the left"),
        (-1, 0, "one row up"),
        (4, -3, "four rows down and three columns to the left"),
    ],
)
def test_displaced(rows, cols, where):
    stood = Displacement(rows, cols, 2.1)
    assert by_all(Outcome.DISPLACED, stood=stood, error_end=229.7) == (
        f"E 1.1 -> 493.0, displaced: E 229.7 in its place, 2.1 {where}"
    )


def test_displaced_by_a_laxer_yardstick_alone():
    recovery = {
        "outcome": Outcome.NOT_RECOVERED,
        "rounds": None,
        "clean": failed(Outcome.NOT_RECOVERED),
        "recognisable": failed(Outcome.DISPLACED, 10.0),
        "stood": Displacement(1, 0, 8.5),
        "error_end": 150.0,
    }
    assert described(**recovery) == (
        "E 1.1 -> 493.0, displaced: E 150.0 in its place, 8.5 one row down (recognisable beside its place)"
    )


def test_the_other_ends():
    assert by_all(Outcome.EXTINCT, error_end=1000.0) == "E 1.1 -> 493.0, extinct: E 1000.0"
    assert by_all(Outcome.EXPLODED, error_end=2500.0) == "E 1.1 -> 493.0, exploded: E 2500.0"
    assert by_all(Outcome.UNHARMED, error_after=1.1) == "E 1.1 -> 1.1, unharmed"
    assert by_all(Outcome.RELAPSED, error_end=45.0) == (
        "E 1.1 -> 493.0, clean again, and lost by the end: E 45.0"
    )


def test_not_grown():
    assert by_all(Outcome.NOT_GROWN, error_before=433.2) == (
        "had not grown: E 433.2 in the 25 rounds before (limit 10): nothing can be said; "
        "strike later, or see --while-growing"
    )


def test_while_growing_the_relative_yardstick_is_silent():
    said = described(outcome=Outcome.NOT_GROWN, rounds=None, error_before=996.5)
    assert said.startswith(
        "E 996.5 -> 493.0, clean again after 21.0 rounds = 210 ms (recognisable after 16.0; "
    )


def test_away():
    away = {"time_us": 6_450_000, "error": 229.7}
    where = Away(6_450_000, 229.7, Displacement(0, 1, 12.1))
    assert describe_away(away | {"stood": where.stood._asdict()}, 10_000) == (
        "away in round 645: E 229.7 in its place, 12.1 one column to the right"
    )
    assert describe_away(away | {"stood": Displacement(0, 0, 229.7)._asdict()}, 10_000) == (
        "away in round 645: E 229.7"
    )


@pytest.mark.parametrize(
    ("faults", "rounds", "left"),
    [
        ([], 10, None),
        (["restart:all@30"], 60, None),
        (["restart:all@30"], 56, None),
        (["restart:all@54"], 55, "1 of 55"),
        (["restart:all@30"], 55, "25 of 55"),
        (["kill:all@30"], 50, "20 of 50"),
        (["kill:all@10+20", "loss:0.1@3"], 40, "10 of 40"),
        (["kill:all@10+50"], 40, "0 of 40"),
    ],
)
def test_too_short(faults, rounds, left):
    said = too_short(RunConfig(faults=tuple(map(Fault.parse, faults))), rounds)
    if left is None:
        assert said is None
    else:
        assert said.startswith(
            f"the last fault leaves {left} rounds, and a recovery must last for more than 25"
        )


def test_the_rounds_that_it_advises_are_enough():
    config = RunConfig(faults=(Fault.parse("kill:all@10.5+20.25"),))
    least = int(too_short(config, 40).rpartition("at least ")[2])
    assert (too_short(config, least), too_short(config, least - 1) is None) == (None, False)
