"""Against scipy, and against the 6-MP leukaemia trial (Freireich 1963, Gehan 1965), weeks in remission."""

from math import isclose, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, beta, ecdf, logrank, norm

from planaria.campaign.statistics import (
    Estimate,
    LogRank,
    clopper_pearson,
    holm,
    kaplan_meier,
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


def test_published_curve():
    curve = kaplan_meier(*TREATED)
    fell = curve.recovered > 0
    assert curve.times[fell].tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.at_risk[fell].tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert curve.recovered[fell].tolist() == [3, 1, 1, 1, 1, 1, 1]
    assert curve.survival[fell].round(3).tolist() == [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    exact = np.cumprod([18 / 21, 16 / 17, 14 / 15, 11 / 12, 10 / 11, 6 / 7, 5 / 6])
    assert curve.survival[fell] == close(exact)
    assert curve.times[0] == 0
    assert curve.survival[0] == 1


def test_band_is_the_textbooks_and_scipys():
    curve = kaplan_meier(*TREATED)
    survival = 16 / 17 * 18 / 21
    greenwood = 3 / (21 * 18) + 1 / (17 * 16)
    spread = norm.ppf(0.975) * sqrt(greenwood) / np.log(survival)
    at = curve.times.tolist().index(7)
    assert curve.low[at] == close(survival ** np.exp(-spread))
    assert curve.high[at] == close(survival ** np.exp(spread))
    expected = ecdf(censored(TREATED)).sf.confidence_interval(method="log-log")
    assert curve.low[1:] == close(expected.low.probabilities)
    assert curve.high[1:] == close(expected.high.probabilities)


def test_published_medians():
    # 13 is the first week with a lower limit of at most one half: 0.503 at 11, 0.432 at 13.
    assert kaplan_meier(*TREATED).median() == Estimate(23, 13, None)
    assert kaplan_meier(*PLACEBO).median() == Estimate(8, 4, 11)


def test_median_where_exactly_half_recover():
    """12 of 24 trials: 23/24 * 22/23 * ... * 12/13 is one half, and a little more in floating point."""
    for half in range(1, 101):
        times, flags = [*range(1, half + 1), *[half + 1] * half], [1] * half + [0] * half
        assert kaplan_meier(times, flags).median().value == half


def test_restricted_mean_by_hand():
    # survival 1 to 6, 18/21 to 7, 288/357 to 10, then nothing before the horizon of 10
    survival = [1, 18 / 21, 18 / 21 * 16 / 17]
    mean = survival[0] * 6 + survival[1] * 1 + survival[2] * 3
    right_of_6, right_of_7 = survival[1] + 3 * survival[2], 3 * survival[2]
    error = sqrt(right_of_6**2 * 3 / (21 * 18) + right_of_7**2 * 1 / (17 * 16))
    estimate = kaplan_meier(*TREATED).restricted_mean(10)
    margin = norm.ppf(0.975) * error
    assert estimate == Estimate(close(mean), close(mean - margin), close(min(10, mean + margin)))


def test_restricted_mean_without_censoring_is_the_mean():
    """Then its variance is that of a mean, with n for n - 1."""
    times = np.array(PLACEBO[0])
    estimate = kaplan_meier(*PLACEBO).restricted_mean(23)
    margin = norm.ppf(0.975) * times.std() / sqrt(21)
    mean = times.mean()
    assert estimate == Estimate(close(mean), close(mean - margin), close(mean + margin))
    assert kaplan_meier(*PLACEBO).restricted_mean(1000).value == close(times.mean())
    cut = np.minimum(times, 9)
    assert kaplan_meier(*PLACEBO).restricted_mean(9).value == close(cut.mean())


def test_restricted_mean_is_unknown_beyond_the_last_watch():
    assert kaplan_meier(*TREATED).restricted_mean(36) == Estimate(None, None, None)
    assert kaplan_meier(*TREATED).restricted_mean(35).value == close(23.28739495798319)


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


@given(TIMES_AND_FLAGS)
def test_kaplan_meier_as_the_product_of_its_own_counts(trials):
    curve = kaplan_meier(*zip(*trials, strict=True))
    product = np.cumprod(1 - curve.recovered / curve.at_risk)
    assert curve.survival == close(product)
    assert (curve.low <= curve.survival + 1e-12).all()
    assert (curve.survival <= curve.high + 1e-12).all()
    assert np.isfinite(curve.low).all()
    assert np.isfinite(curve.high).all()


def test_nobody_recovers():
    curve = kaplan_meier([5, 5, 5], [0, 0, 0])
    assert curve.survival.tolist() == [1, 1]
    assert curve.low == close([0.025 ** (1 / 3)] * 2), "Clopper-Pearson: 0 of 3"
    assert curve.high.tolist() == [1, 1]
    assert curve.median() == Estimate(None, 0, None)
    assert curve.restricted_mean(5) == Estimate(5, None, None)
    share = curve.share_recovered(5)
    assert share == Estimate(0, 0, close(1 - 0.025 ** (1 / 3)))


def test_all_recover_at_once():
    curve = kaplan_meier([5] * 10, [1] * 10)
    assert curve.survival.tolist() == [1, 0]
    assert curve.high == close([1, 1 - 0.025 ** (1 / 10)])
    assert curve.low == close([0.025 ** (1 / 10), 0])
    assert curve.median() == Estimate(5, 5, 5)
    assert curve.restricted_mean(100) == Estimate(5, None, None)


def test_one_trial():
    assert kaplan_meier([7.5], [True]).restricted_mean(10) == Estimate(7.5, None, None)
    assert kaplan_meier([7.5], [True]).median() == Estimate(7.5, 0, None)
    assert kaplan_meier([0], [False]).survival.tolist() == [1]


@pytest.mark.parametrize(("times", "flags"), [([], []), ([1, 2], [1]), ([-1], [1]), ([float("nan")], [1])])
def test_no_curve(times, flags):
    with pytest.raises(ValueError, match="as many flags as times"):
        kaplan_meier(times, flags)


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
