"""Power: cells that crash, boot again with something or nothing in their RAM, or come and go."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from emulator.cells import Cells
from emulator.faults.base import Fault, Life, parameter
from emulator.faults.memory import RAM_BITS, flip_masks, random_ram
from emulator.faults.tools import Tools
from emulator.world.draws import Stream, draw32, key, threshold
from firmware.limits import Limits

BLANK, STALE, RANDOM = "blank", "stale", "random"
"""What a cell finds in its RAM when it boots: nothing, what was there, or anything."""

_RAM: Final = Limits(words=(BLANK, STALE, RANDOM))
_ROUNDS: Final = Limits(1, 1_000_000)


@dataclass(frozen=True)
class Restart(Fault, kind="restart"):
    """Power fails for an instant, and the cells boot again.

    ``ram``: what they find: ``blank``, ``stale`` (what was there before) or ``random``.
    """

    destroys = True
    is_instant = True
    ram: str = parameter(_RAM, BLANK)

    def act(self, tools: Tools, number: int, cells: Cells) -> Life:
        """Cut, and restore at once."""
        tools.cut_power(number, cells, keep=self.ram == STALE)
        _boot(tools, number, self.ram)
        yield


@dataclass(frozen=True)
class Kill(Fault, kind="kill"):
    """Power fails, for a time or for ever (crash-stop); then the cells boot, with ``ram`` as for restart."""

    destroys = True
    ram: str = parameter(_RAM, BLANK)

    def act(self, tools: Tools, number: int, cells: Cells) -> Life:
        """Cut, and restore at the end."""
        tools.cut_power(number, cells, keep=self.ram == STALE)
        yield
        _boot(tools, number, self.ram)


@dataclass(frozen=True)
class Brownout(Fault, kind="brownout"):
    """The supply sags: the cells stop, and boot with what their RAM still holds.

    ``flipped``: share of its 2,048 bits that have changed by then, on average.
    """

    destroys = True
    flipped: float = parameter(Limits(0, 0.0095), 0.001)

    def act(self, tools: Tools, number: int, cells: Cells) -> Life:
        """Cut power and give it back; RAM stays, but for some bits that have flipped."""
        tools.cut_power(number, cells, keep=True)
        yield
        stale, ram = tools.left_in_ram(number)
        ram ^= flip_masks(tools.seed, number, 0, stale, RAM_BITS * self.flipped)
        tools.restore_power(number, stale, ram)
        tools.restore_power(number, tools.held(number))


@dataclass(frozen=True)
class Flaky(Fault, kind="flaky"):
    """Each cell by itself fails and is repaired, again and again, and boots from blank RAM.

    ``mtbf_rounds``, ``mttr_rounds``: mean time between failures and to repair, in rounds; each round a
    running cell fails with probability 1 / mtbf, and a failed one is repaired with 1 / mttr.
    """

    destroys = True
    ticks = True
    mtbf_rounds: float = parameter(_ROUNDS)
    mttr_rounds: float = parameter(_ROUNDS, 10.0)

    def act(self, tools: Tools, number: int, cells: Cells) -> Life:
        """At each tick some go and some come; at the end all come."""
        keys = key(tools.seed, Stream.FLAKY, np.uint64(number << 32) | cells.astype(np.uint64))
        fails_below, mends_below = threshold(1 / self.mtbf_rounds), threshold(1 / self.mttr_rounds)
        down = np.zeros(len(cells), np.bool_)
        tick, over = 0, False
        while not over:
            draws = draw32(keys, tick)
            mended, failed = down & (draws < mends_below), ~down & (draws < fails_below)
            tools.cut_power(number, cells[failed])
            tools.restore_power(number, cells[mended])
            down ^= mended | failed
            tick += 1
            over = yield
        tools.restore_power(number, cells[down])


def _boot(tools: Tools, number: int, ram: str) -> None:
    """Give power back to all cells that this fault holds."""
    cells = tools.held(number)
    if ram == STALE:
        stale, left = tools.left_in_ram(number)
        tools.restore_power(number, stale, left)
    elif ram == RANDOM:
        tools.restore_power(number, cells, random_ram(tools.seed, number, cells))
    tools.restore_power(number, tools.held(number))
