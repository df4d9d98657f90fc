"""Frames on their way from cell to cell, for the program core.

As long as messages arrive in the order in which they were sent, a broadcast is one entry of a queue. With
jitter, when links suffer faults, or when updates take time, each message is *listed* by itself: on its
way in a heap by (arrival, link, order of sending), and then, while its receiver updates, in its ports.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from emulator.arrays.compiled.jit import inner, njit
from emulator.arrays.rows import in_lines
from emulator.record.trace import RECORD
from firmware.budget import CHANNELS, PORTS

RECORD_BYTES: Final = RECORD.size
RECORD_CELL: Final = RECORD_BYTES - CHANNELS - 4
RECORD_STATE: Final = RECORD_BYTES - CHANNELS

COUNTERS: Final = 21
HEAD, COUNT, RECORDS, MESSAGES, FREE, ORDER, SOONEST = range(7)
"""The first broadcast in the queue, and the number of all that ever were; records; messages on their way;
free places for messages; messages that ever were listed; when the next thing happens."""

SENT, LOST, UNHEARD, CORRUPTED, CUT, DELIVERED = range(7, 13)
UPDATES, LEFT, ROUNDS = range(13, 16)
"""The observer's counters."""

TRAPS, HANGS, REFUSALS, ANY_DARK, LAST_BOOT = range(16, COUNTERS)
"""How often programs failed; how many cells are without power, and when a cell booted last."""

SENT_US, SENDER, TO, BROADCAST_FORM, BROADCAST_FRAME, BROADCAST_WORDS = 0, 1, 2, 3, 4, 7
"""A broadcast: when and by which cell; to which ports it still is on its way, a bit each; its form; three
words of its frame."""

ARRIVAL, LINK, NEXT, LEAVES, FORM, MESSAGE_FRAME, MESSAGE_WORDS = 0, 1, 2, 3, 4, 5, 8
"""A message: when it arrives, on which link; its place in the order of sending, and in ports the next message
or NONE; when the last bit leaves its sender; its form; three words of its frame."""

SOUND, SHORT, LENGTH = 1 << 32, 1 << 33, (1 << 32) - 1
"""Bits of a form: whether a cell takes it for a valid frame, whether it has been cut, and its length."""

NONE: Final = -1


class Transit(NamedTuple):
    """What is on its way, and the records of the trace.

    Attributes:
        records: uint8[n * 28].
        queue: int64[n, 5], broadcasts, n a power of two.
        messages: int64[n, 8], where they are listed.
        heap: int32[n], places in ``messages`` of those on their way, the first to arrive first.
        free: int32[n], places in ``messages`` where there is none.
        ports: int32[cells + 1, 2], the first and the last message in the ports of a cell, or NONE.
        latest: int64[cells, 8], the last arrival on each link.
    """

    records: Any
    queue: Any
    messages: Any
    heap: Any
    free: Any
    ports: Any
    latest: Any


def make_transit(cells: int, records: int, queue: int, listed: bool) -> Transit:
    """Nothing on its way; room for so many records and broadcasts."""
    return Transit(
        np.empty(records * RECORD_BYTES, np.uint8),
        np.empty((queue, BROADCAST_WORDS), np.int64),
        in_lines(np.empty((0, MESSAGE_WORDS), np.int64)),
        np.empty(0, np.int32),
        np.empty(0, np.int32),
        np.full((cells + 1 if listed else 0, 2), NONE, np.int32),
        in_lines(np.zeros((cells if listed else 0, PORTS), np.int64)),
    )


def with_room(transit: Transit, counters: Any, wanted: int) -> Transit:
    """Transit with so many free places for messages."""
    size = len(transit.messages)
    new = max(wanted, size // 2)
    messages = in_lines(np.empty((size + new, MESSAGE_WORDS), np.int64))
    messages[:size] = transit.messages
    heap, free = np.empty((2, size + new), np.int32)
    heap[: counters[MESSAGES]] = transit.heap[: counters[MESSAGES]]
    free[: counters[FREE]] = transit.free[: counters[FREE]]
    free[counters[FREE] : counters[FREE] + new] = np.arange(size, size + new)
    counters[FREE] += new
    return transit._replace(messages=messages, heap=heap, free=free)


def with_longer_queue(transit: Transit, counters: Any) -> Transit:
    """Transit with room for twice as many broadcasts."""
    old = transit.queue
    queue = np.empty((2 * len(old), BROADCAST_WORDS), np.int64)
    numbers = np.arange(counters[HEAD], counters[COUNT])
    queue[numbers % len(queue)] = old[numbers % len(old)]
    return transit._replace(queue=queue)


@inner
def _earlier(messages, one, other):
    """Whether one message arrives before another."""
    for word in (ARRIVAL, LINK, NEXT):
        if messages[one, word] != messages[other, word]:
            return messages[one, word] < messages[other, word]
    return False


@njit(_nrt=False)
def push(counters, transit, number):
    """A message is on its way."""
    heap, messages = transit.heap, transit.messages
    place = counters[MESSAGES]
    counters[MESSAGES] = place + 1
    while place > 0:
        above = (place - 1) >> 1
        if not _earlier(messages, number, np.int64(heap[above])):
            break
        heap[place] = heap[above]
        place = above
    heap[place] = number


@njit(_nrt=False)
def pop(counters, transit):
    """The first message to arrive is no longer on its way; returns its place."""
    heap, messages = transit.heap, transit.messages
    first, count = np.int64(heap[0]), counters[MESSAGES] - 1
    counters[MESSAGES] = count
    last, place = np.int64(heap[count]), 0
    while True:
        child = 2 * place + 1
        if child >= count:
            break
        if child + 1 < count and _earlier(messages, np.int64(heap[child + 1]), np.int64(heap[child])):
            child += 1
        if not _earlier(messages, np.int64(heap[child]), last):
            break
        heap[place] = heap[child]
        place = child
    heap[place] = last
    return first


@inner
def release(counters, transit, number):
    """A message is no more."""
    transit.free[counters[FREE]] = number
    counters[FREE] += 1


@inner
def enter_ports(transit, cell, number):
    """A message waits in the ports of a cell, after those that wait there."""
    transit.messages[number, NEXT] = NONE
    last = np.int64(transit.ports[cell, 1])
    if last == NONE:
        transit.ports[cell, 0] = number
    else:
        transit.messages[last, NEXT] = number
    transit.ports[cell, 1] = number


@inner
def leave_ports(transit, cell):
    """The first message that waits in the ports of a cell goes, of which there is one; returns its place."""
    first = np.int64(transit.ports[cell, 0])
    after = transit.messages[first, NEXT]
    transit.ports[cell, 0] = after
    if after == NONE:
        transit.ports[cell, 1] = NONE
    return first


@inner
def _shortened(form):
    return (form & LENGTH) >> 1 | SHORT


@njit(_nrt=False)
def cut(counters, transit, leaving, now, latency_us):
    """What has not left some cells whole by now is cut short; ``leaving`` uint8[cells + 1] says which."""
    queue, messages = transit.queue, transit.messages
    for broadcast in range(counters[HEAD], counters[COUNT]):
        one = queue[broadcast & len(queue) - 1]
        if leaving[one[SENDER]] and one[SENT_US] + latency_us >= now and not one[BROADCAST_FORM] & SHORT:
            for port in range(PORTS):
                counters[CUT] += one[TO] >> port & 1
            one[BROADCAST_FORM] = _shortened(one[BROADCAST_FORM])
    for place in range(counters[MESSAGES]):
        one = messages[np.int64(transit.heap[place])]
        if leaving[one[LINK] // PORTS] and one[LEAVES] >= now and not one[FORM] & SHORT:
            counters[CUT] += (one[FORM] & SOUND) != 0
            one[FORM] = _shortened(one[FORM])


def listed(transit: Transit, counters: Any, cells: int, latency_us: int) -> Transit:
    """From now on messages are listed one by one: first those that are on their way."""
    new = make_transit(cells, len(transit.records) // RECORD_BYTES, len(transit.queue), listed=True)
    queue = transit.queue[np.arange(counters[HEAD], counters[COUNT]) % len(transit.queue)]
    broadcast, port = np.nonzero(queue[:, TO, None] >> np.arange(PORTS) & 1)
    count = len(broadcast)
    counters[HEAD] = counters[COUNT]
    new = with_room(new._replace(records=transit.records), counters, count)
    messages = new.messages[:count]
    messages[:, ARRIVAL] = messages[:, LEAVES] = queue[broadcast, SENT_US] + latency_us
    messages[:, LINK] = PORTS * queue[broadcast, SENDER] + port
    messages[:, NEXT] = np.arange(count)
    messages[:, FORM] = queue[broadcast, BROADCAST_FORM]
    messages[:, MESSAGE_FRAME:] = queue[broadcast, BROADCAST_FRAME:]
    # In the order of arrival they are a heap.
    new.heap[:count] = np.arange(count)
    counters[MESSAGES] = counters[ORDER] = count
    counters[FREE] = len(new.messages) - count
    new.free[: counters[FREE]] = np.arange(count, len(new.messages))
    return new
