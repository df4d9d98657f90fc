"""Frames on their way from cell to cell, for the compiled engine.

As long as messages arrive in the order in which they were sent, the records of the trace are at once the
queue of what is on its way. With jitter, or when links suffer faults, each message is *listed* at the
wake before which it arrives, for all wakes of a slice are known.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from emulator.arrays.compiled.jit import inner, njit
from emulator.arrays.compiled.simd import copy16, get32, get64, mark, prefetch
from emulator.arrays.rows import LAYOUT, in_lines, offset
from emulator.record.trace import RECORD
from emulator.world.rate import DARK
from firmware.budget import CHANNELS, PORTS

ROW: Final = LAYOUT.itemsize
INBOX, STATE = offset("inbox"), offset("state")
SLOTS: Final = offset("slots") // 4
RECORD_BYTES: Final = RECORD.size
RECORD_CELL: Final = RECORD_BYTES - CHANNELS - 4
RECORD_STATE: Final = RECORD_BYTES - CHANNELS

COUNTERS: Final = 14
NOW, HEAD, COUNT, SENT, LOST, UNHEARD, UPDATES, LEFT, ROUNDS, ANY_DARK, MESSAGES = range(11)
CORRUPTED, CUT, BOOTED = range(11, COUNTERS)
"""Time; the first record that may be on its way, and the number of records; messages; the observer's
counters; whether some cell is without power; the number of listed messages; of spoiled ones, and of those
cut short; and when a cell booted last."""

NONE: Final = -1
"""No message."""

ARRIVED: Final = -1
"""The time of a message that has arrived."""

ARRIVAL, SLOT, MESSAGE_WORDS = 0, 1, 4
MESSAGE_BYTES, MESSAGE_STATE = 8 * MESSAGE_WORDS, 16


class Transit(NamedTuple):
    """Records of the trace, and the eight slots to which the frame of each is on the way.

    A slot is ``8 * receiver + the receiver's port``, and may be the void's. Where messages are listed there
    are, instead of targets, ``messages`` int64[n, 4] in the order in which they were sent: arrival in us,
    slot, and the state; ``lefts`` int64[n] says when the last bit leaves the sender, once there ever was a
    front; before that it is when it arrives.
    ``nexts`` int32[n] link those that arrive before the same wake, of which ``ends`` int32[wakes, 2]
    says the first and the last. ``latest`` is the last arrival on each link, int64[cells, 8].
    """

    records: Any
    targets: Any
    messages: Any
    lefts: Any
    nexts: Any
    ends: Any
    latest: Any


def make_transit(cells: int, listed: bool) -> Transit:
    """A transit with nothing on its way."""
    return Transit(
        np.empty(0, np.uint8),
        np.empty(0, np.int32),
        np.empty((0, MESSAGE_WORDS), np.int64),
        np.empty(0, np.int64),
        np.empty(0, np.int32),
        np.empty((0, 2), np.int32),
        in_lines(np.zeros((cells if listed else 0, PORTS), np.int64)),
    )


@inner
def deliver(cells, counters, transit, sent_by):
    """All that was sent at this time or before is received."""
    head, count = counters[HEAD], counters[COUNT]
    while head < count and get64(transit.records, head * RECORD_BYTES) <= sent_by:
        _arrive(cells, counters, transit, head)
        head += 1
    counters[HEAD] = head


@inner
def deliver_between_updates(world, cells, counters, transit, until):
    """Receive what arrives by ``until``, where the receiver's update had not begun, or it comes in vain."""
    void = len(cells.wakes) - 1
    for record in range(counters[HEAD], counters[COUNT]):
        sent = get64(transit.records, record * RECORD_BYTES)
        if sent > until - world.latency_us:
            break
        for port in range(PORTS):
            target = record * PORTS + port
            receiver = get32(transit.targets, 4 * target) >> 3
            if receiver == void:
                continue
            in_time = sent + world.latency_us <= cells.wakes[receiver] - world.compute_us
            if in_time or cells.booted[receiver] > sent:
                _arrive_at(cells, counters, transit, record, port, sent, True)
                transit.targets[target] = PORTS * void


@inner
def _arrive(cells, counters, transit, record):
    """The frame of a record is received at all its targets."""
    sent = get64(transit.records, record * RECORD_BYTES)
    doubtful = _is_doubtful(counters, sent)
    for port in range(PORTS):
        _arrive_at(cells, counters, transit, record, port, sent, doubtful)


@inner
def _arrive_at(cells, counters, transit, record, port, sent, doubtful):
    """The frame of a record is received at one of its targets, unless that is deaf."""
    void = len(cells.wakes) - 1
    slot = get32(transit.targets, 4 * (record * PORTS + port))
    receiver, there = slot >> 3, slot & 7
    if doubtful and receiver != void and _is_deaf(cells, receiver, sent):
        counters[UNHEARD] += 1
        receiver = void
    # The void is written as everybody else: a branch would cost more.
    place = receiver * ROW + INBOX + CHANNELS * there
    copy16(cells.memory, place, transit.records, record * RECORD_BYTES + RECORD_STATE)
    mark(cells.heard, receiver, 1 << there)


@inner
def _is_doubtful(counters, begins):
    """Whether somebody may not hear a frame that begins to come in then: a look for all receivers at once."""
    return counters[ANY_DARK] != 0 or begins < counters[BOOTED]


@inner
def _is_deaf(cells, cell, begins):
    """Whether a cell has no power, or has booted since a frame began to come in."""
    return cells.wakes[cell] == DARK or cells.booted[cell] > begins


@inner
def post(counters, transit, slot, arrival, memory, state):
    """A frame sets out to a port of a cell; returns its number. There is room for it."""
    messages, number = transit.messages, counters[MESSAGES]
    messages[number, ARRIVAL], messages[number, SLOT] = arrival, slot
    copy16(messages, number * MESSAGE_BYTES + MESSAGE_STATE, memory, state)
    counters[MESSAGES] = number + 1
    return number


@inner
def list_before(transit, number, wake):
    """A message arrives before this wake of the slice, after those listed there already."""
    ends = transit.ends
    if ends[wake, 0] == NONE:
        ends[wake, 0] = number
    else:
        transit.nexts[ends[wake, 1]] = number
    ends[wake, 1] = number
    transit.nexts[number] = NONE


@inner
def list_by_time(transit, number, wake):
    """List a message before a wake where messages overtake each other: by time, after those of its time."""
    # The list of a wake is linked by ``nexts`` from its first to its last message, by time:
    #
    #     ends[wake] = first, last     first -> nexts[first] -> ... -> last -> NONE
    #
    # Most messages come last; few come first, or, late or overtaken, somewhere in between.
    ends, nexts, messages = transit.ends, transit.nexts, transit.messages
    arrival = messages[number, ARRIVAL]
    first, last = np.int64(ends[wake, 0]), np.int64(ends[wake, 1])
    if first == NONE or arrival < messages[first, ARRIVAL]:
        nexts[number] = first
        ends[wake, 0] = number
        if first == NONE:
            ends[wake, 1] = number
        return
    # Not the first: it follows ``before``, the last message that arrives no later.
    before = last
    if arrival < messages[last, ARRIVAL]:
        before = first
        while messages[np.int64(nexts[before]), ARRIVAL] <= arrival:
            before = np.int64(nexts[before])
    else:
        ends[wake, 1] = number
    nexts[number] = nexts[before]
    nexts[before] = number


@inner
def take(world, cells, counters, messages, number):
    """A listed message is received, unless its receiver is deaf."""
    slot, begins = messages[number, SLOT], messages[number, ARRIVAL] - world.latency_us
    cell, port = slot >> 3, slot & 7
    messages[number, ARRIVAL] = ARRIVED
    if _is_doubtful(counters, begins) and _is_deaf(cells, cell, begins):
        counters[UNHEARD] += 1
    else:
        place = cell * ROW + INBOX + CHANNELS * port
        copy16(cells.memory, place, messages, number * MESSAGE_BYTES + MESSAGE_STATE)
        mark(cells.heard, cell, 1 << port)


@inner
def take_listed(world, cells, counters, transit, wake):
    """All messages that are listed at this wake are received."""
    number = np.int64(transit.ends[wake, 0])
    while number != NONE:
        take(world, cells, counters, transit.messages, number)
        number = np.int64(transit.nexts[number])


@inner
def fetch_listed(cells, transit, soon, later):
    """Fetch what the messages need that are listed at wake ``soon``, and those listed at ``later``."""
    number = np.int64(transit.ends[later, 0])
    while number != NONE:
        prefetch(transit.messages, number * MESSAGE_BYTES)
        number = np.int64(transit.nexts[number])
    number = np.int64(transit.ends[soon, 0])
    while number != NONE:
        slot = transit.messages[number, SLOT]
        prefetch(cells.memory, (slot >> 3) * ROW + INBOX + CHANNELS * (slot & 7))
        number = np.int64(transit.nexts[number])


@njit
def with_room(counters, transit, wakes, copies):
    """Transit with room for the records of so many more wakes, and all their messages with their copies.

    Messages that have arrived are forgotten, and no list has begun.
    """
    # Arrays grow by a quarter, so that this is rare. Listed messages that wait move to the front.
    records, targets, messages, lefts, nexts, ends, latest = transit
    wanted = counters[COUNT] + wakes
    if wanted * RECORD_BYTES > len(records):
        size = max(wanted, 5 * len(records) // (4 * RECORD_BYTES))
        records = _longer(records, size * RECORD_BYTES)
        if not len(latest):
            targets = _longer(targets, size * PORTS)
    if len(latest):
        waiting = 0
        for number in range(counters[MESSAGES]):
            if messages[number, ARRIVAL] != ARRIVED:
                messages[waiting], lefts[waiting] = messages[number], lefts[number]
                waiting += 1
        counters[MESSAGES] = waiting
        size = waiting + PORTS * wakes * copies
        if size > len(messages):
            size += size // 4
            messages = _longer(messages.reshape(-1), size * MESSAGE_WORDS).reshape(size, MESSAGE_WORDS)
            lefts = _longer(lefts, size)
            nexts = np.empty(size, np.int32)
        if len(ends) < wakes:
            ends = np.empty((wakes + wakes // 4, 2), np.int32)
        ends[:wakes] = NONE
    return Transit(records, targets, messages, lefts, nexts, ends, latest)


@njit
def _longer(array, size):
    longer = np.empty(size, array.dtype)
    longer[: len(array)] = array
    return longer
