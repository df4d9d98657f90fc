"""When to stop: an interval for a rate that stays valid however often, and whenever, one looks at it.

A fixed-size interval such as Clopper-Pearson's is wrong too often if trials go on until it looks
good. This one may be looked at after every trial. With a uniform prior over the rate, the ratio of
the mixture's likelihood to that of the true rate p,

    B(s + 1, n - s + 1) / (p**s (1 - p)**(n - s))        for s successes among n trials,

is a martingale that starts at 1, so by Ville's inequality it ever reaches 1/alpha with a chance of at
most alpha. The rates for which it has not done so are therefore, at all n at once, an interval that
holds p with confidence 1 - alpha (Robbins 1970; Howard, Ramdas, McAuliffe and Sekhon 2021).
"""

from math import exp, log, log1p

from scipy.optimize import brentq
from scipy.special import betaln

from firmware.errors import InputError


def interval(successes: int, trials: int, alpha: float) -> tuple[float, float]:
    """The rates that have never become implausible: (low, high), (0, 1) before the first trial.

    Args:
        successes: 0 to ``trials``.
        trials: so far.
        alpha: chance that the interval is ever wrong, between 0 and 1.

    Raises:
        InputError: an argument out of its limits.
    """
    if not 0 <= successes <= trials:
        raise InputError("successes", successes, f"they must be 0 to the {trials} trials", "count again")
    if not 0 < alpha < 1:
        raise InputError("alpha", alpha, "it must be between 0 and 1", "0.05 is usual")
    return _low(successes, trials, alpha), 1 - _low(trials - successes, trials, alpha)


def width(successes: int, trials: int, alpha: float) -> float:
    """How wide the interval is, 0 to 1; arguments as for ``interval``."""
    low, high = interval(successes, trials, alpha)
    return high - low


def _low(successes: int, trials: int, alpha: float) -> float:
    """The smaller rate at which the ratio is 1/alpha; the larger one follows by symmetry."""
    if successes == 0:
        return 0.0
    failures = trials - successes
    least = log(alpha) + float(betaln(successes + 1, failures + 1))
    bound = exp(least / successes)
    if failures == 0:
        return bound

    def margin(rate: float) -> float:
        return successes * log(rate) + failures * log1p(-rate) - least

    return float(brentq(margin, bound / 2, successes / trials, xtol=1e-15))
