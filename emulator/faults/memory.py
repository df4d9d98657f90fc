"""RAM: bits that flip, and what a cell finds when it boots."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emulator.cells import Cells
from emulator.faults.base import Fault, Life, parameter
from emulator.faults.tools import Tools
from emulator.world.draws import Stream, draw32, key
from firmware.budget import RAM_BYTES
from firmware.errors import InputError
from firmware.limits import Limits

RAM_BITS: Final = 8 * RAM_BYTES
FLIPS_MAX: Final = 63
"""Flips of one cell at one moment, at most."""

MEAN_FLIPS_MAX: Final = 20


@dataclass(frozen=True)
class Flips(Fault, kind="flips"):
    """Radiation: each bit of RAM flips at random.

    ``rate_hz``: flips per bit and second of simulated time. They happen every mean interval, the
    first at the beginning; a cell without power has none.
    """

    destroys = changes_ram = True
    ticks = True
    rate_hz: float = parameter(Limits(0, 1))

    def check_interval(self, mean_interval_us: int) -> None:
        """So many flips would be random RAM."""
        if self._mean_flips(mean_interval_us) > MEAN_FLIPS_MAX:
            limit = f"at {mean_interval_us} us it is more than {MEAN_FLIPS_MAX} flips a cell and round"
            raise InputError("fault", self, limit, "lower the rate, or use restart:...,ram=random")

    def _mean_flips(self, mean_interval_us: int) -> float:
        return RAM_BITS * self.rate_hz * mean_interval_us / 1e6

    def act(self, tools: Tools, number: int, cells: Cells) -> Life:
        """A Poisson number of flips for each cell at each tick."""
        mean_flips = self._mean_flips(tools.mean_us)
        tick, over = 0, False
        while not over:
            tools.flip(cells, flip_masks(tools.seed, number, tick, cells, mean_flips))
            tick += 1
            over = yield


@dataclass(frozen=True)
class Scramble(Fault, kind="scramble"):
    """Every byte of RAM is random all at once, and cells go on with it: the worst state to begin from.

    It is from here that a self-stabilising program must find back. A cell without power has none.
    """

    destroys = changes_ram = True
    is_instant = True

    def act(self, tools: Tools, number: int, cells: Cells) -> Life:
        """Write over all that the cells remember, but for what is on its way to them."""
        tools.overwrite(cells, random_ram(tools.seed, number, cells))
        yield


def flip_masks(seed: int, number: int, tick: int, cells: Cells, mean_flips: float) -> NDArray[np.uint8]:
    """Which bits flip in each cell: uint8[n, 256].

    The number of flips is a Poisson draw; the places are uniform. Draw ``64 * tick`` of the cell is the
    number's, those after it are the places'. SPEC.md, "Flipped bits".
    """
    thresholds = _poisson(mean_flips)
    keys = key(seed, Stream.FLIP, np.uint64(number << 32) | cells.astype(np.uint64))
    first = 64 * tick
    counts = np.searchsorted(thresholds, draw32(keys, first).astype(np.int64), side="right")
    masks = np.zeros((len(cells), RAM_BYTES), np.uint8)
    for flip in range(int(counts.max(initial=0))):
        hit = np.flatnonzero(counts > flip)
        bits = draw32(keys[hit], first + 1 + flip) * np.uint64(RAM_BITS) >> np.uint64(32)
        masks[hit, (bits >> np.uint64(3)).astype(np.intp)] ^= np.uint8(1) << (bits & np.uint64(7)).astype(
            np.uint8
        )
    return masks


@cache
def _poisson(mean: float) -> NDArray[np.int64]:
    """A draw of 32 bits gives k events when it is at or above the first k of these, and below the rest.

    In decimal arithmetic, which is the same on every machine.
    """
    exact = Decimal(mean)
    return np.array([round(p * (1 << 32)) for p in _cumulative(exact)], np.int64)


def _cumulative(mean: Decimal) -> Iterator[Decimal]:
    """P(at most k events), k = 0 to FLIPS_MAX - 1."""
    term = total = (-mean).exp()
    for k in range(1, FLIPS_MAX + 1):
        yield total
        term *= mean / k
        total += term


def random_ram(seed: int, number: int, cells: Cells) -> NDArray[np.uint8]:
    """What lies in RAM that nobody has written to: uint8[n, 256], 64 draws a cell, little-endian."""
    keys = key(seed, Stream.RAM, np.uint64(number << 32) | cells.astype(np.uint64))
    words = draw32(keys[:, None], np.arange(RAM_BYTES // 4, dtype=np.uint64))
    return np.ascontiguousarray(words.astype("<u4")).view(np.uint8)
