"""Rates of bit flips in words that mean something: per cell and round, and in orbits."""

from collections.abc import Iterable

from emulator.faults import Fault
from emulator.faults.memory import Flips
from firmware.radiation import ORBIT_FLIPS_PER_BIT_AND_DAY, flips_per_cell_and_round, times_orbit


def describe_rates(faults: Iterable[Fault], mean_interval_us: int) -> list[str]:
    """A line for each rate of flips among some faults, the smallest first."""
    rates_hz = sorted({fault.rate_hz for fault in faults if isinstance(fault, Flips)})
    return [_describe(rate_hz, mean_interval_us) for rate_hz in rates_hz if rate_hz > 0]


def _describe(rate_hz: float, mean_interval_us: int) -> str:
    flips = flips_per_cell_and_round(rate_hz, mean_interval_us)
    orbits = f"{times_orbit(rate_hz):.1e}"
    return (
        f"{rate_hz:g} flips per bit and second are {flips:.3g} per cell and round, {orbits} times "
        f"low Earth orbit (Alsat-1: {ORBIT_FLIPS_PER_BIT_AND_DAY:g} per bit and day)"
    )
