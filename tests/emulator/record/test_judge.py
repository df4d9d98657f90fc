import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.record.judge import Life, judge, judge_run
from emulator.record.predicate import CLEAN, RECOGNISABLE, Predicate
from emulator.record.recovery import Outcome, Sample, Wound
from firmware.picture import Displacement

MEAN_US = 1000
PATTERN = 9


def samples(errors):
    """One a round; 10 updates and half an asynchronous round each."""
    return [
        Sample(k * MEAN_US, error, updates=10 * k, async_rounds=k // 2, mature=9, messages=0)
        for k, error in enumerate(errors)
    ]


def life(samples, predicate=None, stood=None):
    """A run of these samples; the organism stands in its place, or ``stood`` cells beside it."""
    in_place = Displacement(0, 0, samples[-1].error if samples else 0.0)
    return Life(samples, stood or in_place, predicate or Predicate(), MEAN_US, PATTERN)


def wound(start_us, end_us, before=0.0, after=100.0, name="w"):
    end = (
        None if end_us is None else Sample(end_us, after, end_us // 100, end_us // 2000, mature=9, messages=0)
    )
    return Wound(name, start_us, end, before, after)


def judge_one(
    errors, dwell_rounds=2, gone_fraction=0.95, stood=None, grown_error=10.0, growing=False, **options
):
    predicate = Predicate(gone_fraction, dwell_rounds, grown_error, growing)
    (recovery,) = judge([wound(2000, 2000, **options)], life(samples(errors), predicate, stood))
    return recovery


def test_recovered_from_the_first_sample_of_the_dwell():
    recovery = judge_one([0, 0, 100, 60, 5, 4, 3, 2])
    assert recovery.recovered
    assert recovery.outcome is Outcome.RECOVERED
    assert recovery.error_limit == pytest.approx(5.0)
    assert (recovery.time_ms, recovery.rounds, recovery.updates, recovery.async_rounds) == (2.0, 2.0, 20, 1)
    assert (recovery.end_rounds, recovery.observed_rounds) == (2.0, 5.0)


def test_leaving_the_set_starts_the_dwell_again():
    recovery = judge_one([0, 0, 100, 1, 1, 6, 1, 1, 1])
    assert recovery.rounds == 4.0


def test_a_dwell_that_the_horizon_cuts_is_censored():
    recovery = judge_one([0, 0, 100, 60, 1, 1])
    assert recovery.outcome is Outcome.NOT_RECOVERED
    assert (recovery.rounds, recovery.time_ms, recovery.updates, recovery.async_rounds) == (None,) * 4
    assert recovery.observed_rounds == 3.0


def test_no_dwell_needs_one_sample():
    assert judge_one([0, 0, 100, 60, 1], dwell_rounds=0).rounds == 2.0


def test_the_limit_counts_from_the_error_before():
    recovery = judge_one([8, 8, 108, 59, 58, 58, 58], before=8.0, after=108.0, gone_fraction=0.5)
    assert (recovery.error_limit, recovery.rounds) == (58.0, 2.0)


@pytest.mark.parametrize("after", [8.0, 3.0])
def test_a_wound_that_adds_no_error_is_unharmed(after):
    recovery = judge_one([8, 8, 8, 8, 8, 8], before=8.0, after=after)
    assert (recovery.outcome, recovery.rounds) == (Outcome.UNHARMED, None)


@pytest.mark.parametrize(
    ("errors", "clean", "recognisable", "relative"),
    [
        ([1, 1, 1, 1, 9, 9], "not_recovered", "recovered", "not_recovered"),
        ([1, 1, 1, 1, 1, 1, 200], "relapsed", "relapsed", "relapsed"),
        ([1, 1, 1, 200, 200, 1, 1, 1], "recovered", "recovered", "recovered"),
        ([1, 1, 1, 4, 9, 1, 1, 1], "unharmed", "unharmed", "unharmed"),
        ([8, 8, 8, 8, 8, 8], "unharmed", "unharmed", "unharmed"),
    ],
)
def test_harm_that_shows_only_later_is_harm(errors, clean, recognisable, relative):
    """A flipped hidden channel, silence for a round, a cell that fails for ever now and then."""
    recovery = judge_one(errors, before=errors[0], after=errors[2])
    assert (recovery.clean.outcome, recovery.recognisable.outcome, recovery.outcome) == (
        clean,
        recognisable,
        relative,
    )


def test_what_stands_in_its_place_is_not_displaced():
    """It came back after the last sample, just before the next wound."""
    errors = [0, 0, 500, 500, 500, 500]
    back = replace(wound(5900, 5900), stood=Displacement(0, 0, 1.0))
    first, _ = judge([wound(2000, 2000), back], life(samples(errors)))
    assert {first.outcome, first.clean.outcome, first.recognisable.outcome} == {Outcome.NOT_RECOVERED}
    beside = replace(back, stood=Displacement(0, 1, 1.0))
    first, _ = judge([wound(2000, 2000), beside], life(samples(errors)))
    assert first.outcome is first.clean.outcome is Outcome.DISPLACED


def test_no_wound_no_recovery():
    assert judge([], life(samples([1, 2, 3]))) == []
    assert judge([], life([])) == []


def test_the_next_wound_ends_the_observation_of_this_one():
    errors = [0, 0, 100, 60, 0, 100, 0, 0, 0]  # the sample of round 5 comes after the second wound
    first, second = judge(
        [wound(2000, 2000, name="a"), wound(5000, 5000, name="b")],
        life(samples(errors), Predicate(0.95, 2)),
    )
    assert (first.wound, first.outcome, first.observed_rounds) == ("a", Outcome.NOT_RECOVERED, 2.0)
    assert (second.wound, second.outcome, second.rounds) == ("b", Outcome.NOT_GROWN, None)
    (third,) = judge([wound(5000, 5000)], life(samples(errors), Predicate(0.95, 0)))
    assert (third.outcome, third.rounds) == (Outcome.RECOVERED, 1.0)


def test_a_fault_that_outlasts_the_run_is_not_recovered_from():
    (recovery,) = judge([wound(2000, None)], life(samples([0, 0, 0, 0, 0]), Predicate(0.95, 0)))
    assert (recovery.outcome, recovery.end_rounds, recovery.observed_rounds) == (
        Outcome.NOT_RECOVERED,
        None,
        0.0,
    )


def test_recovery_counts_from_the_end_of_a_long_fault():
    watched = samples([0, 100, 100, 100, 50, 1, 1])
    (recovery,) = judge([wound(1000, 3500)], life(watched, Predicate(0.95, 1)))
    assert (recovery.time_ms, recovery.rounds, recovery.updates) == (1.5, 1.5, 15)


def test_as_json():
    fields = json.loads(json.dumps(judge_one([0, 0, 100, 1, 1, 1]).as_dict()))
    assert (fields["outcome"], fields["recovered"], fields["wound"], fields["rounds"]) == (
        "recovered",
        True,
        "w",
        1.0,
    )


def test_how_a_failure_looks_at_the_end():
    for mature, outcome in (
        (0, Outcome.EXTINCT),
        (1, "not_recovered"),
        (18, "not_recovered"),
        (19, Outcome.EXPLODED),
    ):
        watched = [Sample(k * MEAN_US, 90.0 if k < 2 else 100.0, k, k, mature, 0) for k in range(9)]
        (recovery,) = judge([wound(2000, 2000)], life(watched, Predicate(0.95, 2, grown_error=100)))
        assert recovery.outcome == outcome
        assert recovery.observed_rounds == 6.0


def test_all_faults_together():
    """From E before the first, by the worst until the last is over, counted from there."""
    wounds = [
        wound(2000, 2000, before=10.0, after=110.0),
        replace(wound(4000, 6000, before=90.0, after=95.0), destroys=False),
    ]
    errors = [10, 10, 110, 100, 90, 160, 100, 20, 17, 17, 17]
    watched = life(samples(errors), Predicate(0.95, 2))
    verdict = judge_run(wounds, watched)
    assert (verdict.outcome, verdict.rounds, verdict.end_rounds) == (Outcome.RECOVERED, 2.0, 6.0)
    assert (verdict.error_before, verdict.error_after, verdict.error_end) == (10.0, 160.0, 17.0)
    assert verdict.error_limit == 10.0 + (1 - 0.95) * 150.0
    assert [r.wound for r in judge(wounds, watched)] == [wounds[0].name]
    assert judge_run([], watched) is None
    assert judge_run([wound(2000, None)], watched).end_rounds is None


def test_one_fault_has_one_verdict():
    """The error of an organism at rest wanders: rest is its largest, for one wound as for all together."""
    watched = life(samples([9, 2, 1, 1, 100, 50, 8, 6, 6, 6, 6]), Predicate(0.95, 3))
    wounds = [wound(4000, 4000, before=1.0)]
    (recovery,) = judge(wounds, watched)
    assert replace(judge_run(wounds, watched), wound="w") == recovery
    assert (recovery.error_before, recovery.outcome, recovery.rounds) == (2, Outcome.RECOVERED, 3.0)


@pytest.mark.parametrize("errors", [[0, 11, 100, 1, 1, 1], [1000, 0, 100, 1, 1, 1], [11, 11, 11, 1, 1, 1]])
def test_who_has_not_grown_can_neither_recover_nor_be_unharmed(errors):
    recovery = judge_one(errors)
    outcomes = {recovery.outcome, recovery.clean.outcome, recovery.recognisable.outcome}
    assert outcomes == {Outcome.NOT_GROWN}
    assert (recovery.rounds, recovery.clean.rounds, recovery.back_at_rounds) == (None, None, None)


def test_how_little_error_an_organism_has_that_has_grown_can_be_said():
    assert judge_one([20, 20, 100, 20, 20, 20], grown_error=20.0).outcome is Outcome.RECOVERED
    assert judge_one([1, 1, 100, 1, 1, 1], grown_error=0.5).outcome is Outcome.NOT_GROWN


def test_wounds_while_growing_are_judged_by_the_absolute_yardsticks_alone():
    recovery = judge_one([1000, 900, 800, 100, 2, 2, 2], growing=True, before=900.0, after=800.0)
    assert recovery.outcome is Outcome.NOT_GROWN
    assert (recovery.clean.outcome, recovery.clean.rounds) == (Outcome.RECOVERED, 2.0)
    assert (recovery.recognisable.outcome, recovery.recognisable.rounds) == (Outcome.RECOVERED, 2.0)


def test_both_absolute_yardsticks_beside_the_relative_one():
    recovery = judge_one([1, 1, 501, 300, 26, 20, 10, 9, 4, 3, 2, 1])
    assert (recovery.error_limit, recovery.rounds) == (pytest.approx(26.0), 2.0)
    assert (recovery.recognisable.error_limit, recovery.recognisable.rounds) == (10.0, 4.0)
    assert (recovery.clean.error_limit, recovery.clean.rounds) == (3.0, 7.0)
    assert (recovery.clean.time_ms, recovery.clean.updates) == (7.0, 70)


def test_what_is_lost_again_by_the_horizon_is_not_recovered():
    recovery = judge_one([1, 1, 501, 1, 1, 1, 1, 62, 62])
    assert recovery.outcome is recovery.clean.outcome is Outcome.RELAPSED
    assert recovery.error_end == 62
    noisy = judge_one([1.0, 1.3, 2.5, 1.2, 1.2, 1.2, 2.9])
    assert (noisy.outcome, noisy.rounds) == (Outcome.RECOVERED, 1.0)


def test_whole_but_beside_its_place_is_displaced():
    beside = Displacement(0, 1, 2.0)
    recovery = judge_one([1, 1, 501, 300, 230, 230, 230], stood=beside)
    assert recovery.outcome is recovery.clean.outcome is Outcome.DISPLACED
    assert recovery.stood == beside
    blurred = judge_one([1, 1, 501, 300, 230, 230, 230], stood=Displacement(0, 1, 12.0))
    assert blurred.outcome is Outcome.DISPLACED
    assert blurred.clean.outcome is Outcome.NOT_RECOVERED
    relapsed = judge_one([1, 1, 501, 1, 1, 1, 230], stood=beside)
    assert relapsed.outcome is Outcome.DISPLACED


def test_back_but_not_yet_for_the_dwell_time():
    recovery = judge_one([1, 1, 501, 300, 30, 2, 2])
    assert recovery.outcome is Outcome.NOT_RECOVERED
    assert recovery.back_at_rounds == recovery.clean.back_at_rounds == 5.0
    assert judge_one([1, 1, 501, 300, 30, 30, 30]).back_at_rounds is None


def test_no_outcome_is_taken_from_before_the_wound():
    """Two wounds within a round: nobody has looked in between."""
    dead = [Sample(k * MEAN_US, 0.0, k, k, 0, 0) for k in range(3)]
    first, _ = judge([wound(2300, 2300), wound(2700, 2700)], life(dead, Predicate(0.95, 0)))
    assert first.outcome is Outcome.NOT_RECOVERED
    assert first.error_end == 100.0


curves = st.lists(st.floats(0, 1500), min_size=3, max_size=40)


@given(curves, st.integers(0, 5), st.floats(0.01, 1))
def test_nothing_is_recovered_that_ends_above_its_limit(errors, dwell_rounds, gone_fraction):
    recovery = judge_one(errors, dwell_rounds, gone_fraction, after=errors[2])
    end = errors[-1]
    for judgement, limit in (
        (recovery.clean, CLEAN),
        (recovery.recognisable, RECOGNISABLE),
        (recovery, max(recovery.error_limit, CLEAN)),
    ):
        if judgement.recovered:
            assert end <= limit
            assert max(errors[max(0, 2 - dwell_rounds) : 2]) <= 10 if dwell_rounds else True


@given(curves, st.integers(0, 5), st.floats(0.01, 1), st.floats(0, 10))
def test_nothing_is_unharmed_that_is_lost_later(errors, dwell_rounds, gone_fraction, before):
    recovery = judge_one(errors, dwell_rounds, gone_fraction, before=before, after=0.0)
    outcomes = [recovery.clean.outcome, recovery.recognisable.outcome, recovery.outcome]
    if Outcome.UNHARMED in outcomes:
        assert set(outcomes) == {Outcome.UNHARMED}
        assert recovery.error_after <= recovery.error_before
        assert errors[-1] <= max(recovery.error_before, CLEAN)
        assert max(errors[2:]) <= RECOGNISABLE


@given(curves, st.integers(-4, 4), st.integers(-4, 4), st.floats(0, 1500))
def test_displaced_says_where(errors, rows, cols, error):
    recovery = judge_one(errors, stood=Displacement(rows, cols, error))
    for judgement in (recovery.clean, recovery.recognisable, recovery):
        if judgement.outcome is Outcome.DISPLACED:
            assert (rows, cols) != (0, 0)
            assert error <= max(judgement.error_limit, CLEAN) < errors[-1]


@given(curves, st.integers(0, 5), st.integers(2, 12), st.integers(0, 9), st.booleans())
def test_a_single_wound_has_one_verdict(errors, dwell_rounds, start, length, growing):
    """Also where it outlasts the run, or no sample comes after it."""
    last = len(errors) - 1
    start = min(start, last)
    end_us = None if start + length > last else 1000 * (start + length)
    wounds = [wound(1000 * start, end_us, name="whole run")]
    watched = life(samples(errors), Predicate(0.95, dwell_rounds, while_growing=growing))
    assert judge(wounds, watched) == [judge_run(wounds, watched)]


@given(curves, st.integers(0, 5), st.floats(3.1, 1500))
def test_a_shift_turns_clean_into_nothing_but_displaced(errors, dwell_rounds, beside):
    """Every sample after the wound a cell beside the place, where E is what it was in its place."""
    recovery = judge_one([1, 1, *errors], dwell_rounds, after=500.0)
    errors_beside = [max(error, beside) for error in errors]
    stood = Displacement(0, 1, errors[-1])
    moved = judge_one([1, 1, *errors_beside], dwell_rounds, after=500.0, stood=stood)
    if recovery.clean.recovered:
        assert moved.clean.outcome is Outcome.DISPLACED
