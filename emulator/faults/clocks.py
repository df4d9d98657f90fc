"""Clocks: cells that stop, slow down, are made a little differently, drift, or jump."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emulator.cells import Cells
from emulator.faults.base import Fault, Life, parameter
from emulator.faults.tools import Tools
from emulator.world.draws import Stream, draw32, key
from emulator.world.rate import RATE_MAX, RATE_ONE
from firmware.limits import Limits

_SPREAD: Final = Limits(0, 0.9)


@dataclass(frozen=True)
class Pause(Fault, kind="pause"):
    """The cells do not wake; what arrives is kept, and the rest of the wait is still to come."""

    def act(self, tools: Tools, number: int, cells: Cells) -> Life:
        """Stop the clocks, and let them go on."""
        del number
        tools.pause(cells)
        yield
        tools.resume(cells)


@dataclass(frozen=True)
class Slow(Fault, kind="slow"):
    """Every wait of the cells that begins in this time is ``factor`` times as long (below 1: shorter)."""

    factor: float = parameter(Limits(1 / 64, 64))

    def act(self, tools: Tools, number: int, cells: Cells) -> Life:
        """Make all these clocks run at one rate."""
        tools.set_rates(number, cells, np.full(len(cells), round(self.factor * RATE_ONE)))
        yield
        tools.unset_rates(number)


@dataclass(frozen=True)
class Skew(Fault, kind="skew"):
    """Manufacturing spread: each cell's waits are longer or shorter by a share of its own.

    ``spread``: the share is uniform in -spread to +spread.
    """

    spread: float = parameter(_SPREAD)

    def act(self, tools: Tools, number: int, cells: Cells) -> Life:
        """Make each of these clocks run at a rate of its own."""
        tools.set_rates(number, cells, RATE_ONE + _deviations(tools.seed, number, cells, 0, self.spread))
        yield
        tools.unset_rates(number)


@dataclass(frozen=True)
class Drift(Fault, kind="drift"):
    """Clocks wander: each round, each cell's rate changes by a share of its own.

    ``step``: the share is uniform in -step to +step.
    """

    ticks = True
    step: float = parameter(_SPREAD)

    def act(self, tools: Tools, number: int, cells: Cells) -> Life:
        """A random walk of rates, within RATE_MAX."""
        rates = np.full(len(cells), RATE_ONE, np.int64)
        tick, over = 0, False
        while not over:
            deviations = _deviations(tools.seed, number, cells, tick, self.step)
            rates = np.clip(rates + (rates * deviations >> 16), RATE_ONE**2 // RATE_MAX, RATE_MAX)
            tools.set_rates(number, cells, rates)
            tick += 1
            over = yield
        tools.unset_rates(number)


@dataclass(frozen=True)
class Jump(Fault, kind="jump"):
    """Clocks jump: the next wake comes ``by_us`` earlier (at the earliest now), or later if negative."""

    is_instant = True
    by_us: int = parameter(Limits(-1_000_000_000, 1_000_000_000, whole=True))

    def act(self, tools: Tools, number: int, cells: Cells) -> Life:
        """Move these clocks, once, when the fault begins."""
        del number
        tools.jump(cells, self.by_us)
        yield


def _deviations(seed: int, number: int, cells: Cells, index: int, spread: float) -> NDArray[np.int64]:
    """Uniform in -spread to +spread, in units of 1 / RATE_ONE."""
    limit = round(spread * RATE_ONE)
    draws = draw32(key(seed, Stream.RATE, np.uint64(number << 32) | cells.astype(np.uint64)), index)
    shares: NDArray[np.int64] = (draws * np.uint64(2 * limit + 1) >> np.uint64(32)).astype(np.int64)
    return shares - limit
