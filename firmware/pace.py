"""How long an update takes on a chip, from cycles that were measured once: no toolchain is needed.

A phase of the C cell costs the same in every update, or it costs the same for each hidden unit; so
cycles are a line in the number of hidden units. The lines are those of a rule whose every unit is
awake, which no other rule is slower than, and of the slowest of the cells that ``firmware.hardware.sizes``
traces. ``tests/firmware/test_pace.py`` measures them again.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from firmware.budget import COMPUTE_MAX_US, HIDDEN_MAX
from firmware.errors import InputError
from firmware.hardware.chips import CHIPS, TARGETS


@dataclass(frozen=True)
class Pace:
    """Cycles of the slowest update of a living cell: so many, and so many more for each hidden unit."""

    update_cycles: int
    unit_cycles: int


PACES: Final = {
    "cortex-m0plus": Pace(4_872, 739),
    "rv32imc": Pace(4_183, 529),
    "rv32ec": Pace(4_108, 4_066),
}
"""Measured with zig 0.17.1 (clang 22) -Os for 1, 32, 64, 96 and 128 hidden units: exact for the two
chips with a multiplier. Without one the cycles of a product depend on its factors, and the line is
at most 1 % above what was measured. Cycles as in ``firmware.hardware.sizes.ASSUMPTIONS``."""

CLOCK_HZ_MIN: Final = 1_000
CLOCK_HZ_MAX: Final = 1_000_000_000

_CLOCK: Final = re.compile(r"(\d{1,12}(?:\.\d{1,12})?)(hz|khz|mhz)", re.ASCII | re.IGNORECASE)
_UNITS_HZ: Final = {"hz": 1, "khz": 1_000, "mhz": 1_000_000}


def update_cycles(name: str, hidden: int) -> int:
    """Cycles of the slowest update of a living cell.

    Args:
        name: of a chip, e.g. ``rv32imc``.
        hidden: hidden units of its rule, 1..128.

    Raises:
        InputError: no such chip, or no such rule.
    """
    if name not in PACES:
        limit = "it is no chip" if name in TARGETS else "it is unknown"
        raise InputError("chip", name, limit, f"choose one of {', '.join(CHIPS)}")
    if not 1 <= hidden <= HIDDEN_MAX:
        raise InputError("hidden units", hidden, f"they must be 1 to {HIDDEN_MAX}", "give a genome's number")
    pace = PACES[name]
    return pace.update_cycles + hidden * pace.unit_cycles


def update_us(chip: str, hidden: int) -> int:
    """How long the slowest update of a living cell takes, in whole microseconds, rounded up.

    It holds for every genome of this width, and is therefore more than one certain genome needs;
    ``planaria build`` measures that. A dead cell is done sooner: in less than 0.1 ms at 48 MHz.

    Args:
        chip: ``NAME@CLOCK``, e.g. ``cortex-m0plus@48MHz`` or ``rv32ec@7.5mhz``; the name alone means
            the clock of the target's example part.
        hidden: hidden units of the rule, 1..128.

    Raises:
        InputError: no such chip, not a clock, a clock out of range or too slow, or no such rule.
    """
    name, at, clock = chip.partition("@")
    cycles = update_cycles(name, hidden)
    clock_hz = _clock_hz(chip, clock) if at else Fraction(TARGETS[name].clock_hz)
    needed_us = -(-cycles * 1_000_000 // clock_hz)
    if needed_us > COMPUTE_MAX_US:
        limit = f"an update of {hidden} hidden units would take {needed_us:,} us, and may {COMPUTE_MAX_US:,}"
        raise InputError("chip", chip, limit, "give a faster clock")
    return needed_us


def _clock_hz(chip: str, clock: str) -> Fraction:
    match = _CLOCK.fullmatch(clock)
    if match is None:
        raise InputError("chip", chip, "after @ stands no clock", "write NAME@48MHz, or NAME alone")
    clock_hz = Fraction(match[1]) * _UNITS_HZ[match[2].lower()]
    if not CLOCK_HZ_MIN <= clock_hz <= CLOCK_HZ_MAX:
        raise InputError(
            "chip", chip, "the clock must be 1 kHz to 1,000 MHz", "write NAME@48MHz, or NAME alone"
        )
    return clock_hz
