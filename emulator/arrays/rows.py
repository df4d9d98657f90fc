"""All cells of a grid as one array, for the engines that live on arrays.

A cell is a row of 192 bytes, three lines of a processor's cache. The row after the last is *the
void*: open ports lead there, and so does what is lost; nobody reads it.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emulator.config import RunConfig
from emulator.world.entropy import Entropy
from emulator.world.rate import DARK, RATE_ONE, scaled
from firmware.budget import CHANNELS, PORTS, RAM_BYTES, VISIBLE
from firmware.clock import Law, Timing
from firmware.memory import FIELD

LAYOUT: Final = np.dtype(
    {
        "names": ["inbox", "state", "visible", "slots", "broadcasts", "listened", "wired"],
        "formats": [("i1", (PORTS, CHANNELS)), ("i1", CHANNELS), "V4", ("<i4", PORTS), "<u4", "u1", "u1"],
        "offsets": [0, 128, 128, 144, 176, 180, 181],
        "itemsize": 192,
    }
)
"""``visible`` is the beginning of the state; ``slots`` says where each port leads, ``8 * receiver + the
receiver's port``; ``broadcasts`` counts what a cell has sent since time 0;
``wired`` has a bit for each port that is not open."""

LINE_BYTES: Final = 64

AT_ONCE: Final = 1 << 16
"""Cells that boot at once, so that what is needed in between stays small."""


def offset(field: str) -> int:
    """Where a field begins in a row, in bytes."""
    fields = LAYOUT.fields
    assert fields is not None
    return int(fields[field][1])


class Population:
    """The cells; all without power until they boot.

    Args:
        config: the world.
        timing: the clock that is flashed.

    Attributes:
        rows: LAYOUT[cells + 1].
        wakes: int64[cells + 1], when the next update ends, in us, or DARK.
        prngs: uint32[cells + 1], the cells' PRNG states.
        heard: uint8[cells + 1], the ports heard in this listening period.
        rates: int64[cells + 1], how fast the clocks run, in 1 / RATE_ONE.
        booted: int64[cells + 1], when they booted last, in us.
        last_boot_us: when any of them did.
        had_rates: whether they ever ran at others than that.
        any_dark: whether some cell is without power.
    """

    def __init__(self, config: RunConfig, timing: Timing) -> None:
        count = config.topology.cells
        self.any_dark = True
        self._timing = timing
        self._compute_us = config.compute_us
        self._entropy = Entropy(config.seed, count)
        self.rows = _lines((count + 1) * LAYOUT.itemsize).view(LAYOUT)
        self.wakes = np.full(count + 1, DARK, np.int64)
        self.prngs = np.zeros(count + 1, np.uint32)
        self.heard = np.zeros(count + 1, np.uint8)
        self.rates = np.full(count + 1, RATE_ONE, np.int64)
        self.had_rates = False
        self.booted = np.zeros(count + 1, np.int64)
        self.last_boot_us = 0
        self._boots = np.zeros(count, np.uint64)
        self.rows["slots"][count] = PORTS * count
        slots = config.topology.slots(self.rows["slots"][:count])
        for port in range(PORTS):
            self.rows["wired"][:count] |= (slots[:, port] != PORTS * count).astype(np.uint8) << port

    @property
    def states(self) -> NDArray[np.int8]:
        """The states of all cells, int8[cells, 16], a view."""
        states: NDArray[np.int8] = self.rows["state"][:-1]
        return states

    @property
    def visible(self) -> NDArray[np.int8]:
        """int8[cells, 4], a copy of the visible channels."""
        return self.rows["visible"][:-1].copy().view(np.int8).reshape(-1, VISIBLE)

    def blank(self, cells: NDArray[np.intp]) -> None:
        """Power goes: RAM is lost, and no wake will come."""
        for field in ("inbox", "state", "listened"):
            self.rows[field][cells] = 0
        self.heard[cells] = 0
        self.wakes[cells] = DARK
        self.any_dark |= len(cells) > 0

    def boot(self, cells: NDArray[np.intp], now_us: int) -> None:
        """Power comes to cells: entropy, and the first wait."""
        for begin in range(0, len(cells), AT_ONCE):
            some = cells[begin : begin + AT_ONCE]
            entropy = self._entropy.draw(some.astype(np.uint64), self._boots[some]).astype(np.uint32)
            self.prngs[some], waits_us = draw_waits_us(self._timing, entropy)
            self.wakes[some] = now_us + scaled(waits_us, self.rates[some]) + self._compute_us
            self.booted[some] = now_us
            self._boots[some] += 1
        if len(cells):
            self.last_boot_us = now_us
        self.any_dark = bool((self.wakes[:-1] == DARK).any())

    def read_ram(self, cells: NDArray[np.intp]) -> NDArray[np.uint8]:
        """RAM of cells, uint8[n, 256], with all that the update and the clock depend on."""
        ram = np.zeros((len(cells), RAM_BYTES), np.uint8)
        for field in ("state", "inbox", "listened"):
            part = _part(ram, field)
            part[...] = self.rows[field][cells].view(np.uint8).reshape(part.shape)
        _part(ram, "heard")[...] = self.heard[cells, None]
        _part(ram, "prng")[...] = self.prngs[cells].astype("<u4").view(np.uint8).reshape(-1, 4)
        return ram

    def write_ram(self, cells: NDArray[np.intp], ram: NDArray[np.uint8]) -> None:
        """Change the RAM of cells to this, uint8[n, 256]."""
        for field in ("state", "inbox", "listened"):
            part = np.ascontiguousarray(_part(ram, field))
            self.rows[field][cells] = part.view(LAYOUT[field].base).reshape(len(cells), *LAYOUT[field].shape)
        self.heard[cells] = _part(ram, "heard")[:, 0]
        self.prngs[cells] = np.ascontiguousarray(_part(ram, "prng")).view("<u4")[:, 0]


def _part(ram: NDArray[np.uint8], field: str) -> NDArray[np.uint8]:
    return ram[:, FIELD[field].offset : FIELD[field].end]


def in_lines(array: NDArray[Any]) -> NDArray[Any]:
    """A copy that begins where a cache line begins."""
    room = _lines(array.nbytes).view(array.dtype).reshape(array.shape)
    room[...] = array
    return room


def _lines(size_bytes: int) -> NDArray[np.uint8]:
    """Zeroes that begin where a cache line begins."""
    room = np.zeros(size_bytes + LINE_BYTES, np.uint8)
    start = -room.ctypes.data % LINE_BYTES
    return room[start : start + size_bytes]


def draw_waits_us(timing: Timing, states: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Draw waiting intervals for many cells, as ``firmware.clock.draw_wait_us`` for one.

    Args:
        timing: law and mean of the interval.
        states: uint32[n], the cells' PRNG states.

    Returns:
        The new states, uint32[n], and the intervals in us, int64[n].
    """
    states = np.where(states, states, np.uint32(1))
    mean = timing.mean_interval_us
    exponential = timing.law is Law.EXPONENTIAL
    waits = np.full(len(states), 0 if exponential else mean >> 1, np.int64)
    waiting = np.arange(len(states))
    while len(waiting):
        state, first, odd = _falling_runs(states[waiting])
        states[waiting] = state
        done = odd if exponential else np.ones_like(odd)
        waits[waiting] += np.where(done, mean * (first >> 22).astype(np.int64) >> 10, mean)
        waiting = waiting[~done]
    return states, np.maximum(waits, 1)


def _falling_runs(
    states: NDArray[np.uint32],
) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.bool_]]:
    """New state, first number, and whether the length is odd, for a falling run of each."""
    first = _advance(states)
    ends, odd = first.copy(), np.zeros(len(states), np.bool_)
    falling, last, parity = np.arange(len(states)), first, True
    while len(falling):
        state = _advance(last)
        on = state < last
        ended = falling[~on]
        ends[ended], odd[ended] = state[~on], parity
        falling, last, parity = falling[on], state[on], not parity
    return ends, first, odd


def _advance(state: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Advance PRNG states that are not 0, as firmware.prng does."""
    moved = state << np.uint32(13)
    moved ^= state
    moved ^= moved >> np.uint32(17)
    moved ^= moved << np.uint32(5)
    return moved
