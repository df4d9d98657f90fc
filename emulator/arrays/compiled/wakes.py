"""What will happen in a slice of time: all wakes, in order.

Nobody's clock depends on what it hears, so that they are known before anybody lives through them.
A wake is one int64: the time since the slice began << 32 | the cell.
"""

from typing import Final

import numpy as np

from emulator.arrays.compiled.jit import inner, njit
from emulator.arrays.compiled.simd import LANES, draw_waits

CELL: Final = 0xFFFFFFFF
"""The bits of a wake that say who."""

BINS: Final = 1 << 16


@njit
def collect(world, cells, keys, start, end):
    """All wakes in start..end - 1, in no order: the array that holds them, and their number.

    Moves the clocks on to the first wake at or after the end. ``keys`` is used again if it has room.
    """
    wakes = cells.wakes
    count = 0
    # A key is written for every cell and kept (counted) only if it is within the slice: no branch.
    for cell in range(len(wakes) - 1):
        keys[count] = (wakes[cell] - start) << 32 | cell
        count += wakes[cell] < end
    prngs, waits = np.empty(LANES, np.uint32), np.empty(LANES, np.uint32)
    # Each wake in the array is followed by another one of its cell, which is put behind all others if it is
    # within the slice too, and then followed itself: the array is both the result and what is left to do.
    place = 0
    while place < count:
        lanes = min(LANES, count - place)
        for lane in range(lanes):
            prngs[lane] = cells.prngs[keys[place + lane] & CELL]
        draw_waits(prngs, waits, world.mean_us, world.exponential)
        if count + lanes > len(keys):
            keys = np.concatenate((keys, keys))
        for lane in range(lanes):
            cell = keys[place + lane] & CELL
            wait = np.int64(waits[lane])
            if world.had_rates:
                wait = max(np.int64(1), wait * cells.rates[cell] >> 16)
            # The wait moves the upper half, the time; the cell stays in the lower one.
            key = keys[place + lane] + (wait + world.compute_us << 32)
            cells.prngs[cell] = prngs[lane]
            wakes[cell] = start + (key >> 32)
            keys[count] = key
            count += wakes[cell] < end
        place += lanes
    return keys, count


@njit
def sort(keys, spare, starts, count, span):
    """Put keys, of which the upper halves are below ``span``, into ``spare`` in order.

    First into bins by their upper half, then by insertion: a bin holds one or two, or what is in
    order already. Returns by how much an upper half is shifted to give its bin; ``starts[bin]`` is
    then where the bin ends.
    """
    # Bins about four times as many as keys, as far as ``starts`` has room.
    shift = 0
    while span >> shift > min(len(starts) - 1, 4 * count):
        shift += 1
    # How many keys each bin holds, counted one place too high; then where each bin starts.
    starts[: (span >> shift) + 2] = 0
    for place in range(count):
        starts[(keys[place] >> 32 + shift) + 1] += 1
    total = 0
    for place in range((span >> shift) + 1):
        total += starts[place]
        starts[place] = total
    # Each key goes where its bin's next one goes, which moves the start of a bin to its end.
    for place in range(count):
        key = keys[place]
        spare[starts[key >> 32 + shift]] = key
        starts[key >> 32 + shift] += 1
    # Keys can only be out of order within a bin, so that insertion moves a place or two.
    for place in range(1, count):
        key, hole = spare[place], place
        while hole > 0 and spare[hole - 1] > key:
            spare[hole] = spare[hole - 1]
            hole -= 1
        spare[hole] = key
    return shift


@inner
def first_from(wakes, starts, shift, count, time):
    """The first of ``count`` sorted wakes at ``time`` or after it, or ``count``."""
    # The bin of this time begins where the one before it ends.
    place = np.int64(starts[(time >> shift) - 1]) if time >> shift else 0
    while place < count and wakes[place] >> 32 < time:
        place += 1
    return place
