from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from emulator.world.draws import Stream, draw32, key, threshold
from firmware.errors import InputError
from planaria.campaign.sequential import interval, width


def ratio(successes, trials, rate):
    """The martingale in exact arithmetic."""
    mixture = Fraction(1, (trials + 1) * comb(trials, successes))
    return mixture / (Fraction(rate) ** successes * (1 - Fraction(rate)) ** (trials - successes))


def test_nothing_is_known_before_the_first_trial():
    assert interval(0, 0, 0.05) == (0, 1)
    assert width(0, 0, 0.05) == 1


def test_without_a_failure_the_limit_has_a_closed_form():
    for trials in (1, 2, 50, 5000):
        low, high = interval(trials, trials, 0.05)
        assert high == 1
        assert low == pytest.approx((0.05 / (trials + 1)) ** (1 / trials), rel=1e-12)
        assert interval(0, trials, 0.05) == (0, pytest.approx(1 - low, rel=1e-12))


def test_one_of_two_solves_a_quadratic():
    # p (1 - p) = alpha B(2, 2) = 0.05 / 6
    root = (1 - 4 * 0.05 / 6) ** 0.5
    assert interval(1, 2, 0.05) == pytest.approx(((1 - root) / 2, (1 + root) / 2), rel=1e-12)


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_ratio_is_one_over_alpha_at_both_ends(counts):
    successes, trials = counts
    low, high = interval(successes, trials, 0.05)
    assert low <= successes / trials <= high
    for end in (low, high):
        if 0 < end < 1:
            assert float(ratio(successes, trials, end)) == pytest.approx(20, rel=1e-6)


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_looking_has_a_price(counts):
    low, high = interval(*counts, 0.05)
    fixed = binomtest(*counts).proportion_ci()
    assert low <= fixed.low
    assert fixed.high <= high


def test_it_narrows():
    assert width(90, 100, 0.05) > width(900, 1000, 0.05) > width(9000, 10_000, 0.05)
    assert width(90, 100, 0.01) > width(90, 100, 0.05)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.97])
def test_looked_at_after_every_trial_it_is_wrong_once_in_twenty_at_most(rate):
    sequences, trials = 2000, 300
    draws = draw32(
        np.uint64(key(5, Stream.REGION, round(100 * rate))), np.arange(sequences * trials, dtype=np.uint64)
    )
    successes = (draws < threshold(rate)).reshape(sequences, trials).cumsum(axis=1)
    inside = np.zeros((trials, trials + 1), bool)
    for number in range(1, trials + 1):
        limits = [interval(count, number, 0.05) for count in range(number + 1)]
        inside[number - 1, : number + 1] = [low <= rate <= high for low, high in limits]
    ever_wrong = ~inside[np.arange(trials), successes].all(axis=1)
    chance_of_more = binomtest(int(ever_wrong.sum()), sequences, 0.05, alternative="greater").pvalue
    assert chance_of_more > 1e-6
    assert ever_wrong.any(), "looked at 300 times, it must be wrong sometimes"


def test_a_fixed_interval_would_be_wrong_far_more_often():
    """Why the rule is needed: the same simulation with Clopper-Pearson."""
    sequences, trials = 500, 100
    draws = draw32(np.uint64(key(6, Stream.REGION, 0)), np.arange(sequences * trials, dtype=np.uint64))
    successes = (draws < threshold(0.5)).reshape(sequences, trials).cumsum(axis=1)
    rejected = np.array(
        [
            [s <= n and binomtest(s, n, 0.5).pvalue < 0.05 for s in range(trials + 1)]
            for n in range(1, trials + 1)
        ]
    )
    assert rejected[np.arange(trials), successes].any(axis=1).mean() > 0.15


@pytest.mark.parametrize(
    ("arguments", "says"),
    [((3, 2, 0.05), "successes: 3"), ((-1, 2, 0.05), "successes: -1"), ((1, 2, 0.0), "alpha: 0.0")],
)
def test_refused(arguments, says):
    with pytest.raises(InputError, match=says):
        interval(*arguments)
