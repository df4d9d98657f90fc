"""How long recovery takes and how often it happens, with intervals, and no trial left out.

A trial that has not recovered when its watch ends is right-censored there. One that is extinct or has
exploded can never recover; it is no censored trial that might have, but a competing outcome. It is
therefore kept in the risk set to the horizon and beyond (the subdistribution of Fine and Gray 1999),
by giving it a censored time at the horizon. As the rest is censored by the clock alone, one minus
Kaplan-Meier is then the cumulative incidence of recovery: the share of *all* trials that have
recovered by t, whatever became of the others. A mean of the successes alone is nowhere computed.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import CensoredData, binomtest, chi2, ecdf, norm

CONFIDENCE: Final = 0.95
"""Of every two-sided interval, unless said otherwise."""

SINGULAR: Final = 1e-9
"""A singular value this small beside the largest is a rounding error."""

HALF: Final = 0.5 * (1 + 1e-12)
"""One half for a product of fractions, which rounding can leave just above."""

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Estimate:
    """A value with its interval.

    Attributes:
        value: None where the trials do not tell, e.g. the median if fewer than half recover.
        low: lower limit; None as above.
        high: upper limit; None as above, then it may be any.
    """

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Survival:
    """The share not yet recovered, a step function that falls where trials recover.

    All arrays have one entry for each distinct time, the first of which is 0.

    Attributes:
        times: in rounds.
        survival: share of trials not recovered at this time and before.
        low: lower limit of ``survival``.
        high: upper limit.
        at_risk: trials watched and not recovered just before this time.
        recovered: trials that recover at this time.
    """

    times: Numbers
    survival: Numbers
    low: Numbers
    high: Numbers
    at_risk: Counts
    recovered: Counts

    def share_recovered(self, rounds: float) -> Estimate:
        """Of all trials, those recovered at ``rounds`` after the last fault, or before."""
        step = int(np.searchsorted(self.times, rounds, "right")) - 1
        return Estimate(1 - float(self.survival[step]), 1 - float(self.high[step]), 1 - float(self.low[step]))

    def median(self) -> Estimate:
        """When half of the trials have recovered, in rounds.

        The limits are where those of the curve reach one half (Brookmeyer and Crowley 1982); None
        where a curve never does.
        """
        return Estimate(*(self._first_half(curve) for curve in (self.survival, self.low, self.high)))

    def restricted_mean(self, horizon_rounds: float) -> Estimate:
        """Mean of the smaller of recovery time and horizon: the area under the curve, in rounds.

        Its variance is the sum over times t of A(t)**2 d / (Y (Y - d)) with the area A(t) right of t,
        d recovering and Y at risk (Klein and Moeschberger 2003, section 4.5); the interval is normal.
        There is no interval if that sum has no term but zeros, and no mean if the curve is not known
        as far as the horizon.
        """
        if self.survival[-1] > 0 and self.times[-1] < horizon_rounds:
            return Estimate(None, None, None)
        inside = self.times < horizon_rounds
        edges = np.append(self.times[inside], horizon_rounds)
        pieces = self.survival[inside] * np.diff(edges)
        mean = float(pieces.sum())
        right = pieces[::-1].cumsum()[::-1]
        risk, events = self.at_risk[inside], self.recovered[inside]
        some = (events > 0) & (events < risk)
        terms = right[some] ** 2 * events[some] / (risk[some] * (risk[some] - events[some]))
        error = float(np.sqrt(terms.sum()))
        if error == 0:
            return Estimate(mean, None, None)
        margin = float(norm.ppf((1 + CONFIDENCE) / 2)) * error
        return Estimate(mean, max(mean - margin, 0.0), min(mean + margin, float(horizon_rounds)))

    def _first_half(self, curve: Numbers) -> float | None:
        reached = curve <= HALF
        return float(self.times[reached.argmax()]) if reached.any() else None


def kaplan_meier(times: ArrayLike, recovered: ArrayLike) -> Survival:
    """The product-limit estimate (Kaplan and Meier 1958) with pointwise bands.

    The bands are the exponential ones of Greenwood's variance (log-log). Where that is undefined,
    before the first recovery and after the last of all, Clopper-Pearson's limits take their place,
    over the trials whose state is then known.

    Args:
        times: of each trial, in rounds; at least 0. (trials,)
        recovered: whether it recovered then; otherwise it was last seen then. (trials,)

    Raises:
        ValueError: no trial, a negative time, or not one flag a time.
    """
    when, events = np.asarray(times, float), np.asarray(recovered, bool)
    if when.ndim != 1 or when.shape != events.shape or not when.size or not when.min() >= 0:
        raise ValueError(f"needs as many flags as times, at least one, none negative: {when}, {events}")
    curve = ecdf(CensoredData(uncensored=when[events], right=when[~events])).sf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # undefined limits, replaced below
        band = curve.confidence_interval(CONFIDENCE, method="log-log")
    steps = np.union1d([0.0], when)
    survival = np.asarray(curve.evaluate(steps))
    low, high = band.low.evaluate(steps), band.high.evaluate(steps)
    at_risk = _at_risk(when, steps)
    for undefined in np.flatnonzero((survival == 1) | (survival == 0)):
        all_recovered = survival[undefined] == 0
        known = int(events.sum() if all_recovered else at_risk[undefined])
        share = clopper_pearson(0 if all_recovered else known, known)
        low[undefined], high[undefined] = share.low, share.high
    return Survival(steps, survival, low, high, at_risk, _happen(when[events], steps))


def _at_risk(when: Numbers, moments: Numbers) -> Counts:
    """How many of the times are not before each moment."""
    return when.size - np.searchsorted(np.sort(when), moments, "left")


def _happen(when: Numbers, moments: Numbers) -> Counts:
    """How many of the times, each one of the moments, there are at each."""
    return np.bincount(np.searchsorted(moments, when), minlength=moments.size)


@dataclass(frozen=True)
class LogRank:
    """Whether groups of trials recover alike.

    Attributes:
        chi2: the statistic.
        freedom: its degrees of freedom.
        p: chance of a statistic this large or larger if they do.
    """

    chi2: float
    freedom: int
    p: float


def log_rank(groups: Sequence[tuple[ArrayLike, ArrayLike]]) -> LogRank:
    """The test of Mantel (1966) for two or more groups at once.

    With more than two groups it answers one question, whether any differs from any other, so that
    no correction for many comparisons is needed; which one does, the curves show. The statistic is
    Z' V^- Z with Z the recoveries minus those expected if all were alike, and V their hypergeometric
    covariance (Klein and Moeschberger 2003, section 7.3); its rank gives the degrees of freedom, one
    less than there are groups unless some group had nobody at risk when anybody recovered.

    Args:
        groups: times in rounds and recovered flags of each, as for ``kaplan_meier``.
    """
    samples = [(np.asarray(times, float), np.asarray(flags, bool)) for times, flags in groups]
    moments = np.unique(np.concatenate([when[events] for when, events in samples]))
    risk = np.stack([_at_risk(when, moments) for when, _ in samples], axis=1)
    events = np.stack([_happen(when[flags], moments) for when, flags in samples], axis=1)
    all_risk, all_events = risk.sum(axis=1), events.sum(axis=1)
    share = risk / all_risk[:, None]
    excess = (events - share * all_events[:, None]).sum(axis=0)
    spread = all_events * (all_risk - all_events) / np.maximum(all_risk - 1, 1)
    covariance = np.diag(spread @ share) - np.einsum("t,ti,tj->ij", spread, share, share)
    freedom = int(np.linalg.matrix_rank(covariance, rtol=SINGULAR, hermitian=True))
    statistic = float(excess @ np.linalg.pinv(covariance, rtol=SINGULAR, hermitian=True) @ excess)
    return LogRank(statistic, freedom, float(chi2.sf(statistic, freedom)) if freedom else 1.0)


def clopper_pearson(successes: int, trials: int) -> Estimate:
    """A rate with its two-sided exact interval (Clopper and Pearson 1934), (0, 1) without trials."""
    if trials == 0:
        return Estimate(None, 0.0, 1.0)
    limits = binomtest(successes, trials).proportion_ci(CONFIDENCE, "exact")
    return Estimate(successes / trials, float(limits.low), float(limits.high))


def lower_bound(successes: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """The rate is at least this with the given confidence: the one-sided exact bound."""
    if trials == 0:
        return 0.0
    return float(binomtest(successes, trials, alternative="greater").proportion_ci(confidence, "exact").low)


def holm(p_values: Sequence[float]) -> list[float]:
    """The same, corrected for their number (Holm 1979).

    If any is then below 0.05, it is a false alarm in one report of twenty, however many there are.
    """
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda at: p_values[at])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted
