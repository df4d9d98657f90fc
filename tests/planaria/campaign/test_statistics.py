"""Against scipy, and against the 6-MP leukaemia trial (Freireich 1963, Gehan 1965), weeks in remission."""

from math import isclose

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, beta, logrank

from planaria.campaign.statistics import (
    Estimate,
    LogRank,
    clopper_pearson,
    holm,
    log_rank,
    lower_bound,
)

TREATED = (
    [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35],
    [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0],
)
PLACEBO = ([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], [1] * 21)

TIMES_AND_FLAGS = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=40)


def censored(group):
    times, flags = np.array(group[0], float), np.array(group[1], bool)
    return CensoredData(uncensored=times[flags], right=times[~flags])


def close(value):
    return pytest.approx(value, rel=1e-9, abs=1e-12)


def test_published_log_rank():
    excess, variance = 0.0, 0.0
    pairs = [list(zip(*group, strict=True)) for group in (TREATED, PLACEBO)]
    for time in sorted({t for t, flag in pairs[0] + pairs[1] if flag}):
        risk = [sum(t >= time for t, _ in group) for group in pairs]
        events = [sum(t == time and flag for t, flag in group) for group in pairs]
        n, d = sum(risk), sum(events)
        excess += events[0] - d * risk[0] / n
        variance += d * risk[0] * risk[1] * (n - d) / (n * n * (n - 1)) if n > 1 else 0
    result = log_rank([TREATED, PLACEBO])
    assert round(result.chi2, 3) == 16.793
    assert result == LogRank(close(excess**2 / variance), 1, close(4.168809109334564e-05))


@given(TIMES_AND_FLAGS, TIMES_AND_FLAGS)
def test_two_groups_as_scipy(first, second):
    groups = [tuple(zip(*group, strict=True)) for group in (first, second)]
    result = log_rank(groups)
    if result.freedom:
        expected = logrank(*map(censored, groups))
        assert result.chi2 == pytest.approx(expected.statistic**2, rel=1e-9, abs=1e-9)
        assert result.p == pytest.approx(expected.pvalue, rel=1e-7, abs=1e-9)
    else:
        assert result == LogRank(pytest.approx(0, abs=1e-9), 0, 1)


def test_three_groups_of_one():
    """Recoveries at 1, 2, 3: Z and V from three and from two at risk, inverted by hand."""
    result = log_rank([([1], [1]), ([2], [1]), ([3], [1])])
    excess = np.array([1 - 1 / 3, 1 - 1 / 3 - 1 / 2])
    covariance = np.array([[2 / 9, -1 / 9], [-1 / 9, 2 / 9 + 1 / 4]])
    assert result.chi2 == close(excess @ np.linalg.inv(covariance) @ excess)
    assert result.freedom == 2
    assert result.p == close(np.exp(-result.chi2 / 2))


def test_log_rank_does_not_depend_on_the_order_of_groups():
    third = ([3, 9, 9, 14, 20], [1, 1, 0, 1, 0])
    forwards, backwards = log_rank([TREATED, PLACEBO, third]), log_rank([third, PLACEBO, TREATED])
    assert forwards.freedom == backwards.freedom == 2
    assert forwards.chi2 == close(backwards.chi2)


def test_log_rank_without_recoveries():
    assert log_rank([([5], [0]), ([6], [0])]) == LogRank(0, 0, 1)


def test_a_group_that_nobody_watched_adds_nothing():
    assert log_rank([TREATED, PLACEBO, ([0, 0], [0, 0])]).freedom == 1


def test_clopper_pearson_is_the_quantile_of_beta():
    for successes, trials in [(1, 10), (5, 10), (9, 10), (57, 60)]:
        low = beta.ppf(0.025, successes, trials - successes + 1)
        high = beta.ppf(0.975, successes + 1, trials - successes)
        assert clopper_pearson(successes, trials) == Estimate(successes / trials, close(low), close(high))
    assert clopper_pearson(0, 60) == Estimate(0, 0, close(1 - 0.025 ** (1 / 60)))
    assert clopper_pearson(60, 60) == Estimate(1, close(0.025 ** (1 / 60)), 1)
    assert clopper_pearson(0, 0) == Estimate(None, 0, 1)


def test_lower_bound_of_certificates():
    """The known sizes without a failure: 299 for 99 %, 2,995 for 99.9 %, both at 95 %."""
    assert lower_bound(299, 299) >= 0.99 > lower_bound(298, 298)
    assert lower_bound(2995, 2995) >= 0.999 > lower_bound(2994, 2994)
    assert isclose(lower_bound(299, 299), 0.05 ** (1 / 299), rel_tol=1e-9)
    assert lower_bound(290, 300, 0.99) == close(beta.ppf(0.01, 290, 11))
    assert lower_bound(0, 5) == lower_bound(0, 0) == 0


def test_holm_by_hand():
    assert holm([0.04, 0.01, 0.03]) == close([0.06, 0.03, 0.06])
    assert holm([0.5, 0.6]) == [1, 1]
    assert holm([]) == []
