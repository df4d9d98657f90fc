"""How the share of trials that have recovered grows with time, where other ends compete with recovery.

A trial that has not recovered when its watch ends is right-censored there. One that is displaced, has
relapsed, exploded or died out is no censored trial that might have: its end is another event, which
competes with recovery. The share of *all* trials that have recovered by a time is then the cumulative
incidence of Aalen and Johansen (1978), not one minus Kaplan and Meier's estimate with competing trials
censored, which is too large. A mean of the successes alone is nowhere computed.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from planaria.campaign.statistics import (
    CONFIDENCE,
    Counts,
    Estimate,
    Numbers,
    at_risk,
    clopper_pearson,
    happen,
)

HALF: Final = 0.5 * (1 - 1e-12)
"""One half for a sum of products of fractions, which rounding can leave just below."""

Z: Final = float(norm.ppf((1 + CONFIDENCE) / 2))


class Event(IntEnum):
    """What ended a trial's watch."""

    CENSORED = 0
    RECOVERED = 1
    COMPETING = 2


@dataclass(frozen=True)
class Incidence:
    """The share that has recovered, a step function that rises where trials recover.

    All arrays have one entry for each distinct time, the first of which is 0.

    Attributes:
        times: in rounds.
        share: of all trials, recovered at this time or before.
        low: lower limit of ``share``.
        high: upper limit.
        at_risk: trials watched, not recovered and without a competing end just before this time.
        recovered: trials that recover at this time.
        competing: trials whose competing end falls on this time.
        free: share with neither event at this time or before, by Kaplan and Meier.
    """

    times: Numbers
    share: Numbers
    low: Numbers
    high: Numbers
    at_risk: Counts
    recovered: Counts
    competing: Counts
    free: Numbers

    def share_recovered(self, rounds: float) -> Estimate:
        """Of all trials, those recovered at ``rounds`` after the last fault, or before."""
        step = int(np.searchsorted(self.times, rounds, "right")) - 1
        return Estimate(float(self.share[step]), float(self.low[step]), float(self.high[step]))

    def median(self) -> Estimate:
        """When half of the trials have recovered, in rounds.

        The limits are where those of the curve reach one half (Brookmeyer and Crowley 1982); None
        where a curve never does.
        """
        return Estimate(*(self._first_half(curve) for curve in (self.share, self.high, self.low)))

    def restricted_mean(self, horizon_rounds: float) -> Estimate:
        """Mean of the smaller of recovery time and horizon, in rounds; who never recovers has the horizon.

        It is the area above the curve. Its variance is that of the area below (``_weights``), the
        interval is normal. There is no interval if the variance is 0, and no mean if the curve is not
        known as far as the horizon.
        """
        if self.free[-1] > 0 and self.times[-1] < horizon_rounds:
            return Estimate(None, None, None)
        inside = self.times < horizon_rounds
        widths = np.diff(np.append(self.times[inside], horizon_rounds))
        areas = (self.share[inside] * widths)[::-1].cumsum()[::-1]
        left = horizon_rounds - self.times[inside]
        jump, growth = _before(self.free)[inside] * left, areas - self.share[inside] * left
        ours, both, later = (weight[inside] for weight in self._weights())
        variance = float((ours * jump**2 - 2 * both * jump * growth + later * growth**2).sum())
        mean, error = horizon_rounds - float(areas[0]), float(np.sqrt(max(variance, 0.0)))
        if error == 0:
            return Estimate(mean, None, None)
        return Estimate(mean, max(mean - Z * error, 0.0), min(mean + Z * error, float(horizon_rounds)))

    def variance(self) -> Numbers:
        """Of the share at each time."""
        jump, share = _before(self.free), self.share
        ours, both, later = self._weights()
        squares = (ours * jump**2 + 2 * both * jump * share + later * share**2).cumsum()
        mixed = (both * jump + later * share).cumsum()
        variance: Numbers = np.maximum(squares - 2 * share * mixed + share**2 * later.cumsum(), 0.0)
        return variance

    def _weights(self) -> tuple[Numbers, Numbers, Numbers]:
        """Of ``jump**2``, ``- 2 jump growth`` and ``growth**2`` in the variance, by the delta method.

        The variance of a quantity that follows from the curve is the sum over event times of
        ``jump**2 d1 (Y - d1) / Y**3 - 2 jump growth d1 / Y**2 + growth**2 d / (Y (Y - d))`` with Y at
        risk, d1 recovering, d with any event; ``jump`` is what it gains if all who are free of events
        just before recover, ``growth`` what it gains later. For the share itself jump is ``free`` just
        before, growth what the share rises by later, and this the formula of Marubini and Valsecchi
        (1995, section 10.2); without competing events it is Greenwood's.
        """
        risk, ours = np.maximum(self.at_risk, 1).astype(float), self.recovered
        events = ours + self.competing
        spared = np.maximum(risk - events, 1)  # where nobody is spared nothing grows
        return ours * (risk - ours) / risk**3, ours / risk**2, events / (risk * spared)

    def _first_half(self, curve: Numbers) -> float | None:
        reached = curve >= HALF
        return float(self.times[reached.argmax()]) if reached.any() else None


def cumulative_incidence(times: ArrayLike, events: ArrayLike) -> Incidence:
    """The estimate of Aalen and Johansen (1978) with pointwise bands.

    Events come before a censoring at the same time. The bands are those of the delta method on
    log(-log(1 - share)); where nothing competes they are Kaplan and Meier's log-log ones. Where that is
    undefined, before the first recovery and after the last of all, Clopper-Pearson's limits take their
    place, over the trials whose state is then known.

    Args:
        times: of each trial, in rounds; at least 0. (trials,)
        events: what happened then, an ``Event`` each. (trials,)

    Raises:
        ValueError: no trial, a negative time, or not one event a time.
    """
    when, what = np.asarray(times, float), np.asarray(events, int)
    if when.ndim != 1 or when.shape != what.shape or not when.size or not when.min() >= 0:
        raise ValueError(f"needs as many events as times, at least one, none negative: {when}, {what}")
    steps = np.union1d([0.0], when)
    risk = at_risk(when, steps)
    ours, theirs = (happen(when[what == event], steps) for event in (Event.RECOVERED, Event.COMPETING))
    free = np.cumprod(1 - (ours + theirs) / np.maximum(risk, 1), dtype=np.float64)
    share: Numbers = np.minimum(np.cumsum(_before(free) * ours / np.maximum(risk, 1)), 1.0)
    bare = Incidence(steps, share, share, share, risk, ours, theirs, free)
    low, high = _band(bare)
    return replace(bare, low=low, high=high)


def _band(curve: Incidence) -> tuple[Numbers, Numbers]:
    share = curve.share
    all_recovered = (curve.free == 0) & (curve.competing.cumsum() == 0)
    unsure = (share > 0) & ~all_recovered
    left = np.where(unsure, 1 - share, 0.5)
    spread = Z * np.sqrt(curve.variance()) / (left * np.log(left))
    low, high = 1 - left ** np.exp(spread), 1 - left ** np.exp(-spread)
    for step in np.flatnonzero(~unsure):
        known = int(curve.recovered.sum() if all_recovered[step] else curve.at_risk[step])
        limits = clopper_pearson(known if all_recovered[step] else 0, known)
        low[step], high[step] = limits.low, limits.high
    return low, high


def _before(free: Numbers) -> Numbers:
    """The same just before each time."""
    return np.concatenate([[1.0], free[:-1]])
