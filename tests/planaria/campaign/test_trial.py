"""What a trial says of whatever its organism did: never more than the yardsticks allow."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.record.judge import Life, judge_run
from emulator.record.predicate import CLEAN, RECOGNISABLE, Predicate
from emulator.record.recovery import Outcome, Sample, Wound
from emulator.record.result import RunResult
from firmware.picture import Displacement
from planaria.campaign.plan import Plan
from planaria.campaign.trial import _result, as_row, run_trial
from planaria.campaign.yardstick import APART, Yardstick
from planaria.program import open_program
from planaria.shipped import open_genome
from planaria.stabilisation import Return
from tests.planaria.campaign.tiny import PLAN

PLAN_SEEDED = Plan.parse(f"seed = 0\n{PLAN}", "tiny.toml")
ERROR = st.one_of(st.floats(0, 4), st.floats(2, 12), st.floats(0, 1000))
STOOD = st.builds(Displacement, st.integers(-4, 4), st.integers(-4, 4), ERROR)


def curve(errors, mature):
    return [Sample(n * 10_000, error, 500 * n, n // 4, mature, 0) for n, error in enumerate(errors)]


def trial_of(errors, wounded, mature, stood, predicate):
    """A trial whose organism had these errors, and was hurt for a moment at round 10."""
    end = Sample(100_000, wounded, 5000, 2, 10, 0)
    wound = Wound("restart:all@10", 100_000, end, errors[9], wounded, True, None)
    verdict = judge_run([wound], Life(curve(errors, mature), stood, predicate, 10_000, 100))
    counters = dict.fromkeys(("updates", "messages", "delivered", "lost", "corrupted", "cut", "unheard"), 0)
    run = RunResult(
        trace_sha256="a" * 64,
        time_us=(len(errors) - 1) * 10_000,
        error_by_round=errors,
        stood=stood,
        away=[],
        recoveries=[],
        verdict=verdict,
        machine_faults={},
        **counters,
    )
    found = Return(verdict.clean.outcome, verdict.clean.rounds, verdict.clean.updates, 0, 0, None)
    return _result(PLAN_SEEDED.trial(PLAN_SEEDED.points()[0], 0), run, found)


@given(
    st.lists(ERROR, min_size=12, max_size=40),
    ERROR,
    st.integers(0, 400),
    STOOD,
    st.builds(Predicate, st.just(0.95), st.integers(0, 8), st.just(10.0), st.booleans()),
)
def test_a_trial_never_claims_more_than_its_yardsticks(errors, wounded, mature, stood, predicate):
    result = trial_of(errors, wounded, mature, stood, predicate)
    assert (result.error_end, result.error_displaced) == (errors[-1], stood.error)
    limits = {
        Yardstick.CLEAN: CLEAN,
        Yardstick.RECOGNISABLE: RECOGNISABLE,
        Yardstick.RELATIVE: max(result.error_limit, CLEAN),
    }
    for yardstick, limit in limits.items():
        outcome, rounds = result.outcome_by(yardstick), result.rounds_by(yardstick)
        assert (rounds is not None) == (outcome is Outcome.RECOVERED)
        if outcome is Outcome.RECOVERED:
            assert result.error_end <= limit
            assert 0 < rounds <= result.observed_rounds - predicate.dwell_rounds
        if outcome is Outcome.DISPLACED:
            assert result.error_displaced <= limit < result.error_end
        if predicate.while_growing and yardstick is not Yardstick.RELATIVE:
            assert outcome not in APART
    if result.error_before > predicate.grown_error:
        assert result.outcome is Outcome.NOT_GROWN
    if not predicate.while_growing:
        apart = {result.outcome_by(yardstick) for yardstick in Yardstick} & set(APART)
        assert len(apart) == 0 or all(result.outcome_by(yardstick) in apart for yardstick in Yardstick)
    if result.clean_outcome is Outcome.RECOVERED:
        assert result.recognisable_outcome is Outcome.RECOVERED
        assert result.recognisable_rounds <= result.clean_rounds


def test_growth_is_neither_rest_nor_healing():
    """The findings' smallest case: hurt in growth, whole at the end, and nothing can be said."""
    errors = [1000.0 - 90 * n for n in range(11)] + [500.0] * 3 + [1.0] * 30
    result = trial_of(errors, 600.0, 90, Displacement(0, 0, 1.0), Predicate(dwell_rounds=8))
    assert {result.outcome_by(yardstick) for yardstick in Yardstick} == {Outcome.NOT_GROWN}
    growing = trial_of(
        errors, 600.0, 90, Displacement(0, 0, 1.0), Predicate(dwell_rounds=8, while_growing=True)
    )
    assert (growing.clean_outcome, growing.clean_rounds) == (Outcome.RECOVERED, 4.0)


def test_a_row_has_texts_and_numbers_only():
    errors = [1.0] * 10 + [400.0] * 3 + [1.0] * 30
    result = trial_of(errors, 500.0, 90, Displacement(0, 0, 1.0), Predicate(dwell_rounds=8))
    row = as_row(PLAN_SEEDED.points()[0], result)
    assert row.pop("disturbed") is None, "cells of a genome never rest"
    assert {type(value) for value in row.values()} <= {str, int, float}
    assert [row[name] for name in ("genome", "radius", "clean_outcome", "outcome")] == [
        "ring",
        2,
        "recovered",
        "recovered",
    ]


def test_a_genome_says_what_its_recovery_cost_and_disturbs_nobody():
    """On a grid of 22x22 without a border: each cell has eight links, each update eight messages."""
    results = [
        run_trial(open_genome("ring"), PLAN_SEEDED.trial(PLAN_SEEDED.points()[0], n)) for n in range(3)
    ]
    for result in results:
        assert result.disturbed is None
        if result.clean_outcome is Outcome.RECOVERED:
            assert 0.8 < result.clean_messages / (8 * result.clean_updates) <= 1.05


PROGRAM_PLAN = """
title = "who has the largest number?"
seed = 5
program = "leader.py"
timeline = ["restart:disc:3,3,1@100", "restart:disc:8,8,1@103"]
trials = 2
horizon_rounds = 200
[world]
grid = "12x12"
"""


def test_a_program_says_whom_it_disturbed():
    """Ten of 144 cells are struck, five by each fault; leaders are agreed on everywhere else meanwhile."""
    plan = Plan.parse(PROGRAM_PLAN, "leader.toml")
    result = run_trial(open_program(Path("examples/leader.py")), plan.trial(plan.points()[0], 0))
    assert result.clean_outcome is Outcome.RECOVERED
    assert (result.relapses, result.disturbed * 134) == (0, pytest.approx(round(result.disturbed * 134)))
    assert result.found_back == Return(
        result.clean_outcome,
        result.clean_rounds,
        result.clean_updates,
        result.clean_messages,
        result.relapses,
        result.disturbed,
    )
