"""When cells wake next, compiled: a calendar, for a program may ask for any wait at any time.

Of each day there is a list of the cells that wake then, in no order; the days come round again, so that it
may also hold some of later times. Those that wake up to today are in a heap: mostly one, for days are short.
If all want to wake on the same day, that is no slower than a heap alone. Cells without power, and those whose
clocks stand still, are in neither.

A node of the heap has four children, whose two words each (when, who) are one line of a processor's cache.
Addresses, not arrays: numba would look at every index whether it is negative, and nothing is done more often.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from emulator.arrays.compiled.jit import inner, njit
from emulator.arrays.programs.call import load32, load64, store32, store64, trailing_zeros
from emulator.arrays.rows import in_lines
from emulator.world.rate import DARK, NEVER

NODE_BYTES = 16
CHILDREN = 4

NOWHERE, LISTED = (1 << 32) - 1, (1 << 32) - 2
"""Instead of a place in the heap."""

DAYS_A_CELL: Final = 8
"""At least; all of them last two mean intervals or more, where a day has more than 1 us."""

NEAR, FAR, TODAY = 0, 8, 16
"""Offsets of three words: how many cells are in the heap, how many in lists, and which day it is."""


class Wakes(NamedTuple):
    """Addresses of what there is, and how long a day is.

    Attributes:
        heap: of int64[cells, 2], when and who.
        places: of int32[cells], where in the heap each cell is, or NOWHERE, or LISTED.
        nodes: of int64[cells, 2]: of a cell in a list when, and the next one's number + 1, or 0.
        lists: of int32[days], the first one's number + 1, or 0.
        marks: of int64[days / 64], a bit for each list that is not empty.
        counts: of three words.
        shift: a day has ``1 << shift`` us.
        last: the number of days - 1, which is a power of two.
    """

    heap: int
    places: int
    nodes: int
    lists: int
    marks: int
    counts: int
    shift: int
    last: int


def make_wakes(cells: int, mean_us: int) -> tuple[Wakes, Any]:
    """Cells that do not wake, and what must live as long as that is used."""
    days = 1 << max(6, (DAYS_A_CELL * cells - 1).bit_length())
    arrays = (
        in_lines(np.tile(np.array([DARK, 0]), (cells, 1))),
        np.full(cells, -1, np.int32),
        in_lines(np.zeros((cells, 2), np.int64)),
        np.zeros(days, np.int32),
        np.zeros(days // 64, np.int64),
        np.zeros(3, np.int64),
    )
    shift = max(0, (mean_us // (2 * cells)).bit_length() - 1)
    return Wakes._make([*(array.ctypes.data for array in arrays), shift, days - 1]), arrays


@inner
def first_due(wakes):
    """When the first cell wakes, or DARK."""
    return load64(wakes.heap)


@inner
def first_cell(wakes):
    """The cell that wakes first."""
    return load64(wakes.heap + 8)


@inner
def _add(address, number):
    store64(address, load64(address) + number)


@njit(_nrt=False)
def move(wakes, cell, due):
    """A cell is due then; or NEVER, or DARK."""
    place, near = load32(wakes.places + 4 * cell), wakes.counts + NEAR
    is_near = due >> wakes.shift <= load64(wakes.counts + TODAY)
    if place < LISTED:
        if is_near:
            _sift(wakes, place, cell, due)
            return
        _add(near, -1)
        last = wakes.heap + NODE_BYTES * load64(near)
        if place != load64(near):
            _sift(wakes, place, load64(last + 8), load64(last))
    elif place == LISTED:
        _unlist(wakes, cell)
    if is_near:
        _add(near, 1)
        _sift(wakes, load64(near) - 1, cell, due)
    elif due < NEVER:
        _enlist(wakes, cell, due)
    else:
        store32(wakes.places + 4 * cell, NOWHERE)
    if load64(near) == 0:
        _begin_day(wakes)


@inner
def _enlist(wakes, cell, due):
    day = due >> wakes.shift & wakes.last
    node, first, mark = wakes.nodes + NODE_BYTES * cell, wakes.lists + 4 * day, wakes.marks + (day >> 6 << 3)
    store64(node, due)
    store64(node + 8, load32(first))
    store32(first, cell + 1)
    store64(mark, load64(mark) | np.int64(1) << (day & 63))
    store32(wakes.places + 4 * cell, LISTED)
    _add(wakes.counts + FAR, 1)


@njit(_nrt=False)
def _unlist(wakes, cell):
    """Take a cell from its list, whose mark stays: the list may be looked at in vain."""
    node = wakes.nodes + NODE_BYTES * cell
    first = wakes.lists + 4 * (load64(node) >> wakes.shift & wakes.last)
    if load32(first) == cell + 1:
        store32(first, load64(node + 8))
    else:
        other = load32(first)
        while load64(wakes.nodes + NODE_BYTES * (other - 1) + 8) != cell + 1:
            other = load64(wakes.nodes + NODE_BYTES * (other - 1) + 8)
        store64(wakes.nodes + NODE_BYTES * (other - 1) + 8, load64(node + 8))
    _add(wakes.counts + FAR, -1)


@inner
def _begin_day(wakes):
    """The heap is empty: the next day begins on which a cell wakes."""
    if load64(wakes.counts + FAR) == 0:
        store64(wakes.heap, DARK)
    else:
        today = load64(wakes.counts + TODAY)
        while load64(wakes.counts + NEAR) == 0:
            today = _next_marked(wakes, today + 1)
            _open(wakes, today)
        store64(wakes.counts + TODAY, today)


@inner
def _next_marked(wakes, day):
    """The first day from this on whose list is marked, of which there is one."""
    word = np.uint64(load64(wakes.marks + ((day & wakes.last) >> 6 << 3))) >> np.uint64(day & 63)
    while word == 0:
        day = (day >> 6) + 1 << 6
        word = np.uint64(load64(wakes.marks + ((day & wakes.last) >> 6 << 3)))
    return day + trailing_zeros(np.int64(word))


@inner
def _open(wakes, day):
    """Cells that wake on this day leave its list for the heap."""
    place = day & wakes.last
    first, mark = wakes.lists + 4 * place, wakes.marks + (place >> 6 << 3)
    one, left = load32(first), np.int64(0)
    while one:
        cell = one - 1
        node = wakes.nodes + NODE_BYTES * cell
        due, one = load64(node), load64(node + 8)
        if due >> wakes.shift == day:
            near = load64(wakes.counts + NEAR)
            store64(wakes.counts + NEAR, near + 1)
            _add(wakes.counts + FAR, -1)
            _sift(wakes, near, cell, due)
        else:
            store64(node + 8, left)
            left = cell + 1
    store32(first, left)
    if left == 0:
        store64(mark, load64(mark) & ~(np.int64(1) << (place & 63)))


@inner
def _before(node, due, cell):
    """Whether the node at an address comes before this."""
    here = load64(node)
    return (here < due) | ((here == due) & (load64(node + 8) < cell))


@inner
def _earlier(one, other):
    """Of two nodes, by their addresses; without a jump, for which the processor would have to guess."""
    return one if _before(one, load64(other), load64(other + 8)) else other


@inner
def _put(wakes, place, due, cell):
    store64(wakes.heap + NODE_BYTES * place, due)
    store64(wakes.heap + NODE_BYTES * place + 8, cell)
    store32(wakes.places + 4 * cell, place)


@inner
def _sift(wakes, place, cell, due):
    """Put a cell into the heap, up or down from a place that is free."""
    heap, count = wakes.heap, load64(wakes.counts + NEAR)
    while place > 0:
        above = (place - 1) >> 2
        node = heap + NODE_BYTES * above
        if _before(node, due, cell):
            break
        _put(wakes, place, load64(node), load64(node + 8))
        place = above
    while True:
        first = CHILDREN * place + 1
        if first >= count:
            break
        best = node = heap + NODE_BYTES * first
        if first + 3 < count:
            left = _earlier(node, node + NODE_BYTES)
            best = _earlier(left, _earlier(node + 2 * NODE_BYTES, node + 3 * NODE_BYTES))
        else:
            for other in range(first + 1, count):
                best = _earlier(heap + NODE_BYTES * other, best)
        if not _before(best, due, cell):
            break
        _put(wakes, place, load64(best), load64(best + 8))
        place = (best - heap) >> 4
    _put(wakes, place, due, cell)
