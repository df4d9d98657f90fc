"""How long a cell waits until it wakes again: drawn by the cell, in integer microseconds.

SPEC.md, "Clock". Two laws with the same mean: ``uniform`` between half and one and a half mean
intervals, and ``exponential`` (memoryless, as the paper's random update mask).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Self

from firmware import prng
from firmware.errors import InputError
from firmware.limits import Limits
from firmware.option import check_names, check_options, filled, option, options_by_field

MEAN_INTERVAL_MAX_US = (1 << 20) - 1
"""Longest mean interval: every product of the clock then fits in 32 bits."""

LISTENING_WAKES_MAX = 255


class Law(IntEnum):
    """Distribution of the waiting interval; the value is the byte in the flash image."""

    UNIFORM = 0
    EXPONENTIAL = 1

    @classmethod
    def named(cls, name: str) -> "Law":
        """The law of this name, in small letters.

        Raises:
            InputError: there is none.
        """
        known = {law.name.lower(): law for law in cls}
        if name not in known:
            raise InputError("clock", name, "it is unknown", f"choose one of {', '.join(known)}")
        return known[name]


_LAWS: Final = Limits(words=tuple(law.name.lower() for law in Law))


@dataclass(frozen=True)
class Timing:
    """The clock settings that are flashed along with a genome.

    Attributes:
        law: distribution of the intervals.
        mean_interval_us: mean interval, which is also one *round* of simulated time.
        listening_wakes: length of a listening period; a port that stays silent through a whole
            one is forgotten, so a dead neighbour is forgotten after 1 to 2 periods.
    """

    law: Law = option(
        Law.EXPONENTIAL, "law of the waiting intervals", "LAW", _LAWS, name="clock", read=Law.named
    )
    mean_interval_us: int = option(
        10_000, "mean waiting interval, one round", "T", Limits(1, MEAN_INTERVAL_MAX_US, whole=True)
    )
    listening_wakes: int = option(
        16,
        "wakes of a listening period: who is silent for a whole one is forgotten",
        "N",
        Limits(1, LISTENING_WAKES_MAX, whole=True),
    )

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """The settings of these options of a clock; the rest have their defaults.

        Raises:
            InputError: there is no such option, or its value cannot be.
        """
        check_names(options, [option.name for option in options_by_field(cls).values()])
        return filled(cls, options)

    def __post_init__(self) -> None:
        check_options(self)


def draw_wait_us(timing: Timing, state: int) -> tuple[int, int]:
    """Draw the next waiting interval from the cell's own random numbers.

    The exponential law is von Neumann's comparison method (1951), which needs neither a table nor a
    logarithm: draw numbers for as long as each is smaller than the one before it. Such a falling run
    that starts at u has an odd length with probability exp(-u), so then u is the fraction of an
    exponential number, and the runs of even length before it count its whole part.

    Args:
        timing: law and mean of the interval.
        state: the cell's PRNG state.

    Returns:
        The new PRNG state, and the interval in us, >= 1.
    """
    mean = timing.mean_interval_us
    exponential = timing.law is Law.EXPONENTIAL
    wait = 0 if exponential else mean >> 1
    while True:
        state, first, length = _falling_run(state)
        if length % 2 == 1 or not exponential:
            return state, max(1, wait + (mean * (first >> 22) >> 10))
        wait += mean


def _falling_run(state: int) -> tuple[int, int, int]:
    """New state, first number and length of a falling run; the number that ends it is not in it."""
    first = last = prng.advance(state)
    length = 1
    while (state := prng.advance(last)) < last:
        last = state
        length += 1
    return state, first, length
