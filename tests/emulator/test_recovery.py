import json
from dataclasses import replace

import pytest

from emulator.recovery import Outcome, Predicate, Sample, Wound, judge, judge_run

MEAN_US = 1000
PATTERN = 9


def samples(errors):
    """One a round; 10 updates and half an asynchronous round each."""
    return [
        Sample(k * MEAN_US, error, updates=10 * k, async_rounds=k // 2, mature=9)
        for k, error in enumerate(errors)
    ]


def wound(start_us, end_us, before=0.0, after=100.0, name="w"):
    end = None if end_us is None else Sample(end_us, after, end_us // 100, end_us // 2000, mature=9)
    return Wound(name, start_us, end, before, after)


def judge_one(errors, dwell_rounds=2, gone_fraction=0.95, **options):
    (recovery,) = judge(
        [wound(2000, 2000, **options)],
        samples(errors),
        Predicate(gone_fraction, dwell_rounds),
        MEAN_US,
        PATTERN,
    )
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


def test_no_wound_no_recovery():
    assert judge([], samples([1, 2, 3]), Predicate(), MEAN_US, PATTERN) == []
    assert judge([], [], Predicate(), MEAN_US, PATTERN) == []


def test_the_next_wound_ends_the_observation_of_this_one():
    errors = [0, 0, 100, 0, 0, 100, 0, 0, 0]  # the sample of round 5 comes after the second wound
    first, second = judge(
        [wound(2000, 2000, name="a"), wound(5000, 5000, name="b")],
        samples(errors),
        Predicate(0.95, 2),
        MEAN_US,
        PATTERN,
    )
    assert (first.wound, first.outcome, first.observed_rounds) == ("a", Outcome.NOT_RECOVERED, 2.0)
    assert (second.wound, second.outcome, second.rounds) == ("b", Outcome.RECOVERED, 1.0)


def test_a_fault_that_outlasts_the_run_is_not_recovered_from():
    (recovery,) = judge([wound(2000, None)], samples([0, 0, 0, 0, 0]), Predicate(0.95, 0), MEAN_US, PATTERN)
    assert (recovery.outcome, recovery.end_rounds, recovery.observed_rounds) == (
        Outcome.NOT_RECOVERED,
        None,
        0.0,
    )


def test_recovery_counts_from_the_end_of_a_long_fault():
    (recovery,) = judge(
        [wound(1000, 3500)], samples([0, 100, 100, 100, 50, 1, 1]), Predicate(0.95, 1), MEAN_US, PATTERN
    )
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
        watched = [Sample(k * MEAN_US, 100.0, k, k, mature) for k in range(9)]
        (recovery,) = judge([wound(2000, 2000)], watched, Predicate(0.95, 2), MEAN_US, PATTERN)
        assert recovery.outcome == outcome
        assert recovery.observed_rounds == 6.0


def test_all_faults_together():
    """From E before the first, by the worst until the last is over, counted from there."""
    wounds = [
        wound(2000, 2000, before=10.0, after=110.0),
        replace(wound(4000, 6000, before=90.0, after=95.0), destroys=False),
    ]
    errors = [10, 10, 110, 100, 90, 160, 100, 20, 17, 17, 17]
    verdict = judge_run(wounds, samples(errors), Predicate(0.95, 2), MEAN_US, PATTERN)
    assert (verdict.outcome, verdict.rounds, verdict.end_rounds) == (Outcome.RECOVERED, 2.0, 6.0)
    assert (verdict.error_before, verdict.error_after) == (10.0, 160.0)
    assert verdict.error_limit == 10.0 + (1 - 0.95) * 150.0
    assert [r.wound for r in judge(wounds, samples(errors), Predicate(), MEAN_US, PATTERN)] == [
        wounds[0].name
    ]
    assert judge_run([], samples(errors), Predicate(), MEAN_US, PATTERN) is None
    assert judge_run([wound(2000, None)], samples(errors), Predicate(), MEAN_US, PATTERN).end_rounds is None
