"""Rates of bit flips on scales that mean something: per cell and round, and in orbits."""

from typing import Final

from firmware.budget import RAM_BYTES

ORBIT_FLIPS_PER_BIT_AND_DAY: Final = 4.04e-7
"""Upsets of commercial memory in low Earth orbit, 8 years on the microsatellite Alsat-1: "A Review of
in-orbit Observations of Radiation-Induced Effects in Commercial Memories onboard Alsat-1" (abstract).
An earlier count, "one error bit in one million bits per day", is in Y. Bentoutou and M. Djaifri,
"Observations of single-event upsets and multiple-bit upsets in random access memories on-board the
Algerian satellite", IEEE Nuclear Science Symposium Conference Record 2008, pp. 2568-2570,
doi:10.1109/NSSMIC.2008.4774882."""

ORBIT_RATE_HZ: Final = ORBIT_FLIPS_PER_BIT_AND_DAY / 86_400
"""The same per bit and second: 4.7e-12."""


def flips_per_cell_and_round(rate_hz: float, mean_interval_us: int) -> float:
    """How many of a cell's 2,048 bits of RAM flip in a mean interval, on average.

    Args:
        rate_hz: flips per bit and second.
        mean_interval_us: of the clock; a round is so long.
    """
    return rate_hz * 8 * RAM_BYTES * mean_interval_us / 1_000_000


def times_orbit(rate_hz: float) -> float:
    """A rate of flips per bit and second as a multiple of that in low Earth orbit."""
    return rate_hz / ORBIT_RATE_HZ
