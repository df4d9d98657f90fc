"""Against scipy, against the 6-MP leukaemia trial (Freireich 1963, Gehan 1965), and by hand."""

import warnings
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf, norm

from planaria.campaign.incidence import Event, cumulative_incidence
from planaria.campaign.statistics import Estimate

TREATED = (
    [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35],
    [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0],
)
PLACEBO = ([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], [1] * 21)

NOTHING_COMPETES = st.lists(st.tuples(st.integers(0, 20), st.sampled_from([0, 1])), min_size=1, max_size=40)
ANYTHING = st.lists(st.tuples(st.integers(0, 20), st.sampled_from([0, 1, 2])), min_size=1, max_size=40)
NOBODY_CENSORED = st.lists(st.tuples(st.integers(0, 20), st.sampled_from([1, 2])), min_size=1, max_size=40)


def close(value):
    return pytest.approx(value, rel=1e-9, abs=1e-12)


def test_published_curve():
    curve = cumulative_incidence(*TREATED)
    fell = curve.recovered > 0
    assert curve.times[fell].tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.at_risk[fell].tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert curve.recovered[fell].tolist() == [3, 1, 1, 1, 1, 1, 1]
    assert (1 - curve.share[fell]).round(3).tolist() == [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    exact = np.cumprod([18 / 21, 16 / 17, 14 / 15, 11 / 12, 10 / 11, 6 / 7, 5 / 6])
    assert curve.share[fell] == close(1 - exact)
    assert curve.times[0] == 0
    assert curve.share[0] == 0


def test_band_is_the_textbooks_and_scipys():
    curve = cumulative_incidence(*TREATED)
    survival = 16 / 17 * 18 / 21
    greenwood = 3 / (21 * 18) + 1 / (17 * 16)
    spread = norm.ppf(0.975) * sqrt(greenwood) / np.log(survival)
    at = curve.times.tolist().index(7)
    assert curve.high[at] == close(1 - survival ** np.exp(-spread))
    assert curve.low[at] == close(1 - survival ** np.exp(spread))
    times, flags = np.array(TREATED[0], float), np.array(TREATED[1], bool)
    alive = ecdf(CensoredData(uncensored=times[flags], right=times[~flags])).sf
    expected = alive.confidence_interval(method="log-log")
    assert curve.high[1:] == close(1 - expected.low.probabilities)
    assert curve.low[1:] == close(1 - expected.high.probabilities)


def test_published_medians():
    # 13 is the first week with a lower limit of at most one half: 0.503 at 11, 0.432 at 13.
    assert cumulative_incidence(*TREATED).median() == Estimate(23, 13, None)
    assert cumulative_incidence(*PLACEBO).median() == Estimate(8, 4, 11)


def test_median_where_exactly_half_recover():
    """12 of 24 trials: 23/24 * 22/23 * ... * 12/13 is one half, and a little more in floating point."""
    for half in range(1, 101):
        times, flags = [*range(1, half + 1), *[half + 1] * half], [1] * half + [0] * half
        assert cumulative_incidence(times, flags).median().value == half


def test_restricted_mean_by_hand():
    # survival 1 to 6, 18/21 to 7, 288/357 to 10, then nothing before the horizon of 10
    survival = [1, 18 / 21, 18 / 21 * 16 / 17]
    mean = survival[0] * 6 + survival[1] * 1 + survival[2] * 3
    right_of_6, right_of_7 = survival[1] + 3 * survival[2], 3 * survival[2]
    error = sqrt(right_of_6**2 * 3 / (21 * 18) + right_of_7**2 * 1 / (17 * 16))
    estimate = cumulative_incidence(*TREATED).restricted_mean(10)
    margin = norm.ppf(0.975) * error
    assert estimate == Estimate(close(mean), close(mean - margin), close(min(10, mean + margin)))


def test_restricted_mean_without_censoring_is_the_mean():
    """Then its variance is that of a mean, with n for n - 1."""
    times = np.array(PLACEBO[0])
    estimate = cumulative_incidence(*PLACEBO).restricted_mean(23)
    margin = norm.ppf(0.975) * times.std() / sqrt(21)
    mean = times.mean()
    assert estimate == Estimate(close(mean), close(mean - margin), close(mean + margin))
    assert cumulative_incidence(*PLACEBO).restricted_mean(1000).value == close(times.mean())
    cut = np.minimum(times, 9)
    assert cumulative_incidence(*PLACEBO).restricted_mean(9).value == close(cut.mean())


def test_restricted_mean_is_unknown_beyond_the_last_watch():
    assert cumulative_incidence(*TREATED).restricted_mean(36) == Estimate(None, None, None)
    assert cumulative_incidence(*TREATED).restricted_mean(35).value == close(23.28739495798319)


def test_nobody_recovers():
    curve = cumulative_incidence([5, 5, 5], [0, 0, 0])
    assert curve.share.tolist() == [0, 0]
    assert curve.high == close([1 - 0.025 ** (1 / 3)] * 2), "Clopper-Pearson: 0 of 3"
    assert curve.low.tolist() == [0, 0]
    assert curve.median() == Estimate(None, 0, None)
    assert curve.restricted_mean(5) == Estimate(5, None, None)
    share = curve.share_recovered(5)
    assert share == Estimate(0, 0, close(1 - 0.025 ** (1 / 3)))


def test_all_recover_at_once():
    curve = cumulative_incidence([5] * 10, [1] * 10)
    assert curve.share.tolist() == [0, 1]
    assert curve.low == close([0, 0.025 ** (1 / 10)])
    assert curve.high == close([1 - 0.025 ** (1 / 10), 1])
    assert curve.median() == Estimate(5, 5, 5)
    assert curve.restricted_mean(100) == Estimate(5, None, None)


def test_one_trial():
    assert cumulative_incidence([7.5], [True]).restricted_mean(10) == Estimate(7.5, None, None)
    assert cumulative_incidence([7.5], [True]).median() == Estimate(7.5, 0, None)
    assert cumulative_incidence([0], [False]).share.tolist() == [0]


@pytest.mark.parametrize(("times", "flags"), [([], []), ([1, 2], [1]), ([-1], [1]), ([float("nan")], [1])])
def test_no_curve(times, flags):
    with pytest.raises(ValueError, match="as many events as times"):
        cumulative_incidence(times, flags)


def test_by_hand_with_a_competing_end_before_a_recovery_and_one_censored():
    """Five trials: displaced at 1, recovered at 2, last seen at 3, recovered at 4, last seen at 5."""
    curve = cumulative_incidence([1, 2, 3, 4, 5], [2, 1, 0, 1, 0])
    assert curve.times.tolist() == [0, 1, 2, 3, 4, 5]
    assert curve.at_risk.tolist() == [5, 5, 4, 3, 2, 1]
    assert curve.recovered.tolist() == [0, 0, 1, 0, 1, 0]
    assert curve.competing.tolist() == [0, 1, 0, 0, 0, 0]
    assert curve.free == close([1, 4 / 5, 3 / 5, 3 / 5, 3 / 10, 3 / 10])
    assert curve.share == close([0, 0, 1 / 5, 1 / 5, 1 / 2, 1 / 2])
    # Kaplan and Meier, who would censor the displaced one, say 1 - 3/4 * 1/2 = 5/8.
    at_4 = (0.5**2 / 20) + (0.8**2 * 3 / 64 - 2 * 0.8 * 0.3 / 16 + 0.3**2 / 12) + 0.6**2 / 8
    assert curve.variance() == close([0, 0, 0.2 * 0.8 / 5, 0.2 * 0.8 / 5, at_4, at_4])
    spread = norm.ppf(0.975) * sqrt(at_4) / (0.5 * np.log(0.5))
    assert curve.share_recovered(4) == Estimate(
        close(0.5), close(1 - 0.5 ** np.exp(spread)), close(1 - 0.5 ** np.exp(-spread))
    )
    assert curve.median() == Estimate(4, 0, None), "0 of 5 do not exclude one half (Clopper-Pearson)"
    assert curve.restricted_mean(5).value == close(2 + 2 * 4 / 5 + 1 / 2)


def test_events_come_before_a_censoring_at_the_same_time():
    curve = cumulative_incidence([3, 3, 3, 3], [1, 2, 0, 0])
    assert curve.share.tolist() == [0, 0.25]
    assert curve.free.tolist() == [1, 0.5]


@given(NOTHING_COMPETES)
def test_where_nothing_competes_it_is_one_minus_kaplan_meier(trials):
    times, flags = (np.array(part) for part in zip(*trials, strict=True))
    curve = cumulative_incidence(times, flags)
    alive = ecdf(CensoredData(uncensored=times[flags == 1], right=times[flags == 0])).sf
    expected = np.asarray(alive.evaluate(curve.times))
    assert curve.share == close(1 - expected)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # where the limits are undefined
        band = alive.confidence_interval(method="log-log")
    inner = (expected > 0) & (expected < 1)
    assert curve.low[inner] == close(1 - band.high.evaluate(curve.times)[inner])
    assert curve.high[inner] == close(1 - band.low.evaluate(curve.times)[inner])


@given(NOBODY_CENSORED)
def test_without_censoring_it_is_a_share_and_its_variance_binomial(trials):
    times, events = (np.array(part) for part in zip(*trials, strict=True))
    curve = cumulative_incidence(times, events)
    shares = np.array([((times <= t) & (events == Event.RECOVERED)).mean() for t in curve.times])
    assert curve.share == close(shares)
    assert curve.variance() == close(shares * (1 - shares) / len(times))


@given(NOBODY_CENSORED, st.integers(1, 25))
def test_without_censoring_the_restricted_mean_is_a_mean(trials, horizon):
    """Who ends otherwise than by recovery never recovers: it has the horizon."""
    times, events = (np.array(part) for part in zip(*trials, strict=True))
    until = np.where(events == Event.RECOVERED, np.minimum(times, horizon), horizon)
    estimate = cumulative_incidence(times, events).restricted_mean(horizon)
    assert estimate.value == close(until.mean())
    if estimate.low is not None:
        margin = norm.ppf(0.975) * until.std() / sqrt(len(until))
        assert estimate.low == pytest.approx(max(until.mean() - margin, 0), abs=1e-6)


@given(ANYTHING)
def test_the_shares_of_recovered_competing_and_free_add_up(trials):
    times, events = (np.array(part) for part in zip(*trials, strict=True))
    ours = cumulative_incidence(times, events)
    swapped = cumulative_incidence(times, np.array([0, 2, 1])[events])
    assert ours.share + swapped.share + ours.free == close(np.ones(ours.times.size))
    for line in (ours.low, ours.high, ours.variance()):
        assert np.isfinite(line).all()
    assert (ours.low <= ours.share + 1e-12).all()
    assert (ours.share <= ours.high + 1e-12).all()
    assert (np.diff(ours.share) >= 0).all()


def test_variance_by_the_delta_method_itself():
    """The curve's gradient by the hazards, in differences, with the hazards' multinomial spread."""
    random = np.random.default_rng(3)
    times, events = random.integers(1, 15, 60), random.integers(0, 3, 60)
    curve = cumulative_incidence(times, events)
    risk = np.maximum(curve.at_risk, 1)
    hazards = np.stack([curve.recovered / risk, curve.competing / risk])

    def share(hazards):
        free = np.concatenate([[1], np.cumprod(1 - hazards.sum(axis=0))[:-1]])
        return np.cumsum(free * hazards[0])

    variance = np.zeros(curve.times.size)
    for step, (ours, theirs) in enumerate(hazards.T):
        gradient = []
        for kind in (0, 1):
            nudge = np.zeros_like(hazards)
            nudge[kind, step] = 1e-6
            gradient.append((share(hazards + nudge) - share(hazards - nudge)) / 2e-6)
        mine, other = gradient
        alone = mine**2 * ours * (1 - ours) + other**2 * theirs * (1 - theirs)
        variance += (alone - 2 * mine * other * ours * theirs) / risk[step]
    assert curve.variance()[:-1] == pytest.approx(variance[:-1], rel=1e-6)
