"""How long a cell waits until it wakes again: drawn by the cell, in integer microseconds.

SPEC.md, "Clock". Two laws with the same mean: ``uniform`` between half and one and a half mean
intervals, and ``exponential`` (memoryless, as the paper's random update mask).
"""

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from firmware.errors import InputError

MEAN_INTERVAL_MAX_US = (1 << 20) - 1
"""Longest mean interval: every product of the clock then fits in 32 bits."""

LISTENING_WAKES_MAX = 255


class Law(IntEnum):
    """Distribution of the waiting interval; the value is the byte in the flash image."""

    UNIFORM = 0
    EXPONENTIAL = 1


@dataclass(frozen=True)
class Timing:
    """The clock settings that are flashed along with a genome.

    Attributes:
        law: distribution of the intervals.
        mean_interval_us: mean interval, which is also one *round* of simulated time.
        listening_wakes: length of a listening period; a port that stays silent through a whole
            one is forgotten, so a dead neighbour is forgotten after 1 to 2 periods.
    """

    law: Law = Law.EXPONENTIAL
    mean_interval_us: int = 10_000
    listening_wakes: int = 16

    def __post_init__(self) -> None:
        if not 1 <= self.mean_interval_us <= MEAN_INTERVAL_MAX_US:
            raise InputError(
                "mean_interval_us",
                self.mean_interval_us,
                f"it must be 1 to {MEAN_INTERVAL_MAX_US}",
                "the default is 10000",
            )
        if not 1 <= self.listening_wakes <= LISTENING_WAKES_MAX:
            raise InputError(
                "listening_wakes",
                self.listening_wakes,
                f"it must be 1 to {LISTENING_WAKES_MAX}",
                "the default is 16",
            )


LN2_Q10: Final = 710
"""ln 2 in units of 1/1024."""

QUANTILES_Q10: Final = tuple(round(-1024 * math.log((16 + i) / 32)) for i in range(17))
"""-ln u at u = 16/32, 17/32 ... 32/32, in units of 1/1024; listed in SPEC.md, pinned by a test."""


def exponential_q10(word: int) -> int:
    """-ln(word / 2**32) in units of 1/1024, from a table of 17 knots, linearly interpolated.

    Args:
        word: 1 <= word < 2**32, uniform; the result is then exponential with mean 1.
    """
    halvings = 32 - word.bit_length()
    mantissa = word << halvings
    knot = (mantissa >> 27) & 15
    fraction = (mantissa >> 19) & 255
    low, high = QUANTILES_Q10[knot], QUANTILES_Q10[knot + 1]
    return halvings * LN2_Q10 + low - (((low - high) * fraction) >> 8)


def wait_us(timing: Timing, word: int) -> int:
    """The next waiting interval, >= 1 us, from one random word of the cell (1 <= word < 2**32)."""
    mean = timing.mean_interval_us
    quantile = 512 + (word >> 22) if timing.law is Law.UNIFORM else exponential_q10(word)
    return max(1, mean * (quantile >> 10) + ((mean * (quantile & 1023)) >> 10))
