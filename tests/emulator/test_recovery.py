import json

import pytest

from emulator.recovery import Outcome, Predicate, Sample, Wound, judge

MEAN_US = 1000


def samples(errors):
    """One a round; 10 updates and half an asynchronous round each."""
    return [Sample(k * MEAN_US, error, updates=10 * k, async_rounds=k // 2) for k, error in enumerate(errors)]


def wound(start_us, end_us, before=0.0, after=100.0, name="w"):
    end = None if end_us is None else Sample(end_us, after, end_us // 100, end_us // 2000)
    return Wound(name, start_us, end, before, after)


def judge_one(errors, dwell_rounds=2, gone_fraction=0.95, **options):
    (recovery,) = judge(
        [wound(2000, 2000, **options)], samples(errors), Predicate(gone_fraction, dwell_rounds), MEAN_US
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
    assert judge([], samples([1, 2, 3]), Predicate(), MEAN_US) == []
    assert judge([], [], Predicate(), MEAN_US) == []


def test_the_next_wound_ends_the_observation_of_this_one():
    errors = [0, 0, 100, 0, 0, 100, 0, 0, 0]  # the sample of round 5 comes after the second wound
    first, second = judge(
        [wound(2000, 2000, name="a"), wound(5000, 5000, name="b")],
        samples(errors),
        Predicate(0.95, 2),
        MEAN_US,
    )
    assert (first.wound, first.outcome, first.observed_rounds) == ("a", Outcome.NOT_RECOVERED, 2.0)
    assert (second.wound, second.outcome, second.rounds) == ("b", Outcome.RECOVERED, 1.0)


def test_a_fault_that_outlasts_the_run_is_not_recovered_from():
    (recovery,) = judge([wound(2000, None)], samples([0, 0, 0, 0, 0]), Predicate(0.95, 0), MEAN_US)
    assert (recovery.outcome, recovery.end_rounds, recovery.observed_rounds) == (
        Outcome.NOT_RECOVERED,
        None,
        0.0,
    )


def test_recovery_counts_from_the_end_of_a_long_fault():
    (recovery,) = judge(
        [wound(1000, 3500)], samples([0, 100, 100, 100, 50, 1, 1]), Predicate(0.95, 1), MEAN_US
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
