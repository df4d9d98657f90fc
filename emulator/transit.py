"""Frames on their way from cell to cell, for the compiled engine.

Without jitter messages arrive in the order in which they were sent, so that the records of the trace
are at once the queue of what is on its way. With jitter each link has a queue of its own, for a wire
keeps order; the receiver looks into its eight when it wakes.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit

from emulator.jit import inner
from emulator.lanes import copy16, get64
from emulator.population import DARK, LAYOUT, offset
from emulator.trace import RECORD
from firmware.budget import CHANNELS, PORTS

ROW: Final = LAYOUT.itemsize
INBOX, STATE = offset("inbox"), offset("state")
NEIGHBOURS: Final = offset("neighbours") // 4
RECORD_BYTES: Final = RECORD.size
RECORD_CELL: Final = RECORD_BYTES - CHANNELS - 4
RECORD_STATE: Final = RECORD_BYTES - CHANNELS

COUNTERS: Final = (
    "now",
    "head",
    "count",
    "sent",
    "lost",
    "unheard",
    "updates",
    "left",
    "rounds",
    "darkness",
    "queued",
    "free",
)
NOW, HEAD, COUNT, SENT, LOST, UNHEARD, UPDATES, LEFT, ROUNDS, DARKNESS, QUEUED, FREE = range(len(COUNTERS))
"""Time; the first record that may be on its way, and the number of records; messages; the observer's
counters; whether some cell is without power; messages in queues, and the first free place for one."""

NONE: Final = -1
"""No message."""


class Transit(NamedTuple):
    """Records of the trace, and the eight cells to which the frame of each is on the way; queues of links.

    A target may be the void. A link counts as ``8 * receiver + the receiver's port``. ``first`` and
    ``last`` are the ends of its queue; the rest says of a queued message when it arrives, what it says
    and which is next.
    """

    records: Any
    targets: Any
    first: Any
    last: Any
    arrivals: Any
    states: Any
    nexts: Any


def make_transit(cells: int, jitter_us: int) -> Transit:
    """Nothing on its way; queues only with jitter."""
    links = PORTS * (cells + 1) if jitter_us else 0
    return Transit(
        np.empty(0, np.uint8),
        np.empty(0, np.int32),
        np.full(links, NONE, np.int32),
        np.full(links, NONE, np.int32),
        np.empty(0, np.int64),
        np.empty(0, np.int8),
        np.empty(0, np.int32),
    )


@inner
def deliver(cells, counters, transit, sent_by):
    """All that was sent at this time or before arrives."""
    head, count = counters[HEAD], counters[COUNT]
    while head < count and get64(transit.records, head * RECORD_BYTES) <= sent_by:
        _arrive(cells, counters, transit, head)
        head += 1
    counters[HEAD] = head


@inner
def _arrive(cells, counters, transit, record):
    """A record's frame, at all its targets."""
    void = len(cells.wakes) - 1
    for port in range(PORTS):
        receiver, there = np.int64(transit.targets[record * PORTS + port]), (port + 4) & 7
        if counters[DARKNESS] and receiver != void and cells.wakes[receiver] == DARK:
            counters[UNHEARD] += 1
            receiver = void
        place = receiver * ROW + INBOX + CHANNELS * there
        copy16(cells.memory, place, transit.records, record * RECORD_BYTES + RECORD_STATE)
        cells.heard[receiver] |= 1 << there


@inner
def enqueue(counters, transit, link, arrival, memory, state):
    """A frame sets out on a link, in the order of the link; there is room for it."""
    place = counters[FREE]
    counters[FREE] = transit.nexts[place]
    counters[QUEUED] += 1
    if transit.first[link] == NONE:
        transit.first[link] = place
    else:
        before = transit.last[link]
        transit.nexts[before] = place
        arrival = max(arrival, transit.arrivals[before])
    transit.last[link] = place
    transit.nexts[place] = NONE
    transit.arrivals[place] = arrival
    copy16(transit.states, place * CHANNELS, memory, state)


@inner
def collect(cells, counters, transit, cell, until):
    """What has arrived at a cell by this time."""
    dark = cells.wakes[cell] == DARK
    for port in range(PORTS):
        link = PORTS * cell + port
        place = transit.first[link]
        while place != NONE and transit.arrivals[place] <= until:
            if dark:
                counters[UNHEARD] += 1
            else:
                copy16(cells.memory, cell * ROW + INBOX + CHANNELS * port, transit.states, place * CHANNELS)
                cells.heard[cell] |= 1 << port
            following = transit.nexts[place]
            transit.nexts[place] = counters[FREE]
            counters[FREE] = place
            counters[QUEUED] -= 1
            place = following
        transit.first[link] = place


@njit
def with_room(cells, counters, transit, more):
    """Transit with room for so many more records, and all their messages."""
    records, targets, first, last, arrivals, states, nexts = transit
    wanted = counters[COUNT] + more
    if wanted * RECORD_BYTES > len(records):
        size = max(wanted, 2 * len(records) // RECORD_BYTES)
        records, targets = _longer(records, size * RECORD_BYTES), _longer(targets, size * PORTS)
    if len(first) and counters[QUEUED] + PORTS * more > len(nexts):
        for cell in range(len(cells.wakes) - 1):
            collect(cells, counters, transit, cell, counters[NOW] - 1)
        size = max(counters[QUEUED] + PORTS * more, 2 * counters[QUEUED])
        if size > len(nexts):
            begin = len(nexts)
            arrivals, states = _longer(arrivals, size), _longer(states, size * CHANNELS)
            nexts = _longer(nexts, size)
            for place in range(begin, size):
                nexts[place] = place + 1
            nexts[size - 1] = counters[FREE]
            counters[FREE] = begin
    return Transit(records, targets, first, last, arrivals, states, nexts)


@njit
def _longer(array, size):
    longer = np.empty(size, array.dtype)
    longer[: len(array)] = array
    return longer
