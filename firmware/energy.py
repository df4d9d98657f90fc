"""The energy of an update on a chip, from its cycles and a published current.

Only of chips for which a source was at hand that can be looked up; the others have no figure.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Supply:
    """What a part draws while it computes.

    Attributes:
        part: what it was measured on.
        current_ua: at that clock, in uA.
        clock_hz: at which it was measured.
        source: where the current stands, and its conditions.
    """

    part: str
    current_ua: int
    clock_hz: int
    source: str


VOLTS: Final = 3.3
"""Assumed of all parts."""

SUPPLIES: Final = {
    "cortex-m0plus": Supply(
        "TI MSPM0G1106",
        4_900,
        48_000_000,
        "data sheet SLASF11C (October 2023), section 7.5.1: IDDRUN, typical, 25 °C, 48 MHz, CoreMark, "
        "execute from flash",
    ),
    "rv32imc": Supply(
        "ESP32-C3",
        26_800,
        160_000_000,
        "no data sheet but R. Dobson, Investigating ESP32-C3 Power Management (November 2023): measured, "
        "average of an empty loop at 160 MHz, radio off",
    ),
}
"""By name of the target. For a part with RV32EC we could not look up a figure."""


def update_uj(target: str, cycles: int) -> float | None:
    """Energy of so many cycles in uJ, at 3.3 V; None where there is no figure for this target.

    The current is taken to grow in proportion to the clock, so that the clock does not matter. Sleep,
    links and LEDs come on top.
    """
    if target not in SUPPLIES:
        return None
    supply = SUPPLIES[target]
    return cycles * supply.current_ua * VOLTS / supply.clock_hz
