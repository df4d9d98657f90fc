"""When cells wake next, compiled: a heap, for a program may ask for any wait at any time.

A node has four children, whose two words each (when, who) are one line of a processor's cache. All cells
are in it always; those without power are due at DARK. Addresses, not arrays: numba would look at every
index whether it is negative, and nothing is done more often.
"""

import numpy as np
from numpy.typing import NDArray

from emulator.arrays.compiled.jit import inner, njit
from emulator.arrays.programs.call import load32, load64, store32, store64
from emulator.arrays.rows import in_lines

DUE, CELL = 0, 1
"""Words of a node."""

NODE_BYTES = 16
CHILDREN = 4


def make_heap(cells: int, due_us: int) -> NDArray[np.int64]:
    """All cells due at the same time, each at the place of its number: int64[cells, 2]."""
    return in_lines(np.stack([np.full(cells, due_us), np.arange(cells)], axis=1))


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
def _put(heap, places, place, due, cell):
    store64(heap + NODE_BYTES * place, due)
    store64(heap + NODE_BYTES * place + 8, cell)
    store32(places + 4 * cell, place)


@njit(_nrt=False)
def move(heap, places, count, cell, due):
    """A cell is due then.

    Args:
        heap: address of so many nodes.
        places: address of int32[count], where each cell is.
        count: of cells.
        cell: its number.
        due: when.
    """
    place = load32(places + 4 * cell)
    while place > 0:
        above = (place - 1) >> 2
        node = heap + NODE_BYTES * above
        if _before(node, due, cell):
            break
        _put(heap, places, place, load64(node), load64(node + 8))
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
        _put(heap, places, place, load64(best), load64(best + 8))
        place = (best - heap) >> 4
    _put(heap, places, place, due, cell)
