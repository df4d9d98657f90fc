"""Shares with intervals, and whether groups of trials recover alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest, chi2

CONFIDENCE: Final = 0.95
"""Of every two-sided interval, unless said otherwise."""

SINGULAR: Final = 1e-9
"""A singular value this small beside the largest is a rounding error."""

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


def at_risk(when: Numbers, moments: Numbers) -> Counts:
    """How many of the times are not before each moment."""
    return when.size - np.searchsorted(np.sort(when), moments, "left")


def happen(when: Numbers, moments: Numbers) -> Counts:
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

    Where other ends compete with recovery, a trial with such an end is given the time at which its watch
    would have ended and no recovery: it stays at risk until then, and the test is that of Gray (1988)
    for cumulative incidences.

    Args:
        groups: times in rounds and recovered flags of each; at least 0, a flag a time.
    """
    samples = [(np.asarray(times, float), np.asarray(flags, bool)) for times, flags in groups]
    moments = np.unique(np.concatenate([when[events] for when, events in samples]))
    risk = np.stack([at_risk(when, moments) for when, _ in samples], axis=1)
    events = np.stack([happen(when[flags], moments) for when, flags in samples], axis=1)
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
