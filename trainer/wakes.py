"""Who wakes in the steps of a rollout and what is lost, as sets of cells: a bit each, in words of 64.

Bit ``r * (cols + 2) + c`` is the cell in row ``r`` and column ``c`` of a grid with a border of one cell.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware.budget import PORTS

WORD_BITS: Final = 64
LOSS_BITS: Final = 4
"""A share of messages is lost in sixteenths."""

Sets = NDArray[np.uint64]


def words(rows: int, cols: int) -> int:
    """Words of a set of cells."""
    return -(-(rows + 2) * (cols + 2) // WORD_BITS)


def packed(masks: NDArray[np.bool_]) -> Sets:
    """Sets of cells: bool[..., rows, cols] -> uint64[..., words]."""
    *more, rows, cols = masks.shape
    flat = np.zeros((*more, WORD_BITS * words(rows, cols)), np.bool_)
    inside = flat[..., : (rows + 2) * (cols + 2)].reshape(*more, rows + 2, cols + 2)
    inside[..., 1:-1, 1:-1] = masks
    return np.packbits(flat, -1, "little").view(np.uint64)


def unpacked(sets: Sets, rows: int, cols: int) -> NDArray[np.bool_]:
    """The cells of sets: uint64[..., words] -> bool[..., rows, cols]."""
    flat = np.unpackbits(sets.view(np.uint8), -1, bitorder="little").view(np.bool_)
    inside = flat[..., : (rows + 2) * (cols + 2)].reshape(*sets.shape[:-1], rows + 2, cols + 2)
    return inside[..., 1:-1, 1:-1]


def draw_fire(draws: np.random.Generator, steps: int, halvings: int, rows: int, cols: int) -> Sets:
    """Who wakes: in each step every cell with probability ``2 ** -halvings``; uint64[steps, words]."""
    shape = steps, words(rows, cols)
    found = _words(draws, shape)
    for _ in range(halvings - 1):
        found &= _words(draws, shape)
    return found


def draw_lost(draws: np.random.Generator, steps: int, sixteenths: int, rows: int, cols: int) -> Sets | None:
    """What is lost: of all messages so many sixteenths; uint64[steps, 8, words], None if nothing is."""
    if sixteenths == 0:
        return None
    shape = (steps, PORTS, words(rows, cols))
    lost = np.zeros(shape, np.uint64)
    # A random number of four bits is below the share: from the lowest bit up, the higher one decides.
    for bit in range(LOSS_BITS):
        drawn = _words(draws, shape)
        also = np.bitwise_or if sixteenths >> bit & 1 else np.bitwise_and
        also(lost, np.invert(drawn, out=drawn), out=lost)
    return lost


def _words(draws: np.random.Generator, shape: tuple[int, ...]) -> Sets:
    """What ``integers`` draws if it may be anything, in half of its time."""
    return draws.bit_generator.random_raw(math.prod(shape)).reshape(shape)
