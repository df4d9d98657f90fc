"""The look-ahead engine's inner loop, compiled by numba: SPEC.md once more, on arrays of cells.

A window is at most as long as the least latency, so nothing that is sent in it arrives in it: its
cells may be worked off in any order. Nobody is sent anything. A cell that wakes looks back at what
its neighbours have sent (``_look``); a sender keeps its last ``R`` frames, and before it overwrites
one it hands it over to those who have not looked yet (``_make_room``).

A cell is a row of ``memory``, a row of ``words`` and a place in ``wakes``; R is a power of two.
"""

from typing import Final

import numpy as np
from numba import njit

from emulator.kernels import copy16, perceive, settle
from firmware.budget import ALIVE_MIN, ALPHA, CHANNELS, HIDDEN_MAX, PERCEPTION, PORTS

DARK: Final = np.iinfo(np.int64).max
"""Next wake of a cell without power."""

DONE, GROW_HISTORY, GROW_RECORDS, TAKE_RECORDS = range(4)

# A row of `memory`, int8[N, BYTES + 17 * R]: state, inbox, two registers, then R frames sent, each the
# mask of ports on which it was lost, and its state.
INBOX: Final = CHANNELS
HEARD: Final = INBOX + PORTS * CHANNELS
LISTENED: Final = HEARD + 1
SENT: Final = LISTENED + 1
SENT_BYTES: Final = 1 + CHANNELS

# `wakes`, int64[N]: next wake in us.
# A row of `words`, int64[N, TIMES + R].
PRNG, BROADCASTS, SEEN, TIMES = 0, 1, 2, 2 + PORTS
"""PRNG; broadcasts so far; broadcasts of each neighbour that have been dealt with;
when the last R broadcasts were sent."""

# `fixed`, int64[10]; the bases of keys, mix(mix(seed) + stream), are uint64.
SHIFT1, SHIFT2, EXPONENTIAL, MEAN_US, LISTENING, LATENCY_US, JITTER_US = range(7)
LOSS_BASE, JITTER_BASE, ENTROPY_BASE = range(7, 10)

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_M1: Final = np.uint64(0xBF58476D1CE4E5B9)
_M2: Final = np.uint64(0x94D049BB133111EB)

COUNTERS = (
    "lost",
    "unheard",
    "sent",
    "updates",
    "left",
    "async_rounds",
    "now",
    "sorted",
    "count",
)
LOST, UNHEARD, SENT_FRAMES, UPDATES, LEFT, ROUNDS, NOW, SORTED, COUNT = range(len(COUNTERS))


@njit(forceinline=True)
def _mix(word):
    word = (word ^ (word >> np.uint64(30))) * _M1
    word = (word ^ (word >> np.uint64(27))) * _M2
    return word ^ (word >> np.uint64(31))


@njit(forceinline=True)
def _draw32(base, entity, index):
    """As emulator.draws."""
    key = _mix(base + np.uint64(entity))
    return _mix(key + np.uint64(index + 1) * _GOLDEN) >> np.uint64(32)


@njit(forceinline=True)
def _next(word):
    word = np.uint32(word ^ (word << np.uint32(13)))
    word = np.uint32(word ^ (word >> np.uint32(17)))
    return np.uint32(word ^ (word << np.uint32(5)))


@njit(forceinline=True)
def draw_wait(words, fixed, cell):
    """As firmware.clock."""
    mean, exponential = fixed[MEAN_US], fixed[EXPONENTIAL]
    word = np.uint32(words[cell, PRNG])
    if word == 0:
        word = np.uint32(1)
    wait = np.int64(0) if exponential else mean >> 1
    while True:
        word = _next(word)
        first = word
        length = 0
        last = word
        while True:
            last = word
            word = _next(word)
            length += 1
            if word >= last:
                break
        if length % 2 == 1 or not exponential:
            break
        wait += mean
    words[cell, PRNG] = word
    wait += mean * np.int64(first >> np.uint32(22)) >> 10
    return max(1, wait)


@njit
def boot(words, wakes, fixed, boots, which, now):
    """Power comes: entropy, and the first wait."""
    for cell in which:
        words[cell, PRNG] = _draw32(np.uint64(fixed[ENTROPY_BASE]), cell, boots[cell])
        wakes[cell] = now + draw_wait(words, fixed, cell)
        boots[cell] += 1


@njit(forceinline=True)
def _arrival(words, fixed, sender, port, index):
    """When a frame arrives if none before it on the link arrives later."""
    slot = index & (words.shape[1] - TIMES - 1)
    time = words[sender, TIMES + slot] + fixed[LATENCY_US]
    if fixed[JITTER_US]:
        draw = _draw32(np.uint64(fixed[JITTER_BASE]), PORTS * sender + port, index)
        time += np.int64(draw * np.uint64(fixed[JITTER_US] + 1) >> np.uint64(32))
    return time


@njit(forceinline=True)
def _newest(memory, words, fixed, sender, out, first, until):
    """Place and index of the newest frame from ``first`` on that has arrived by ``until``; or -1, -1.

    Wires keep order. Without jitter the newest that is not on its way any more has overtaken nobody,
    so that one may look from the end; with jitter an earlier one may hold up all that follow.
    """
    mask = words.shape[1] - TIMES - 1
    last = words[sender, BROADCASTS]
    if fixed[JITTER_US]:
        place = index = -1
        for candidate in range(first, last):
            frame = SENT + SENT_BYTES * (candidate & mask)
            if not memory[sender, frame] >> out & 1:
                if _arrival(words, fixed, sender, out, candidate) > until:
                    break
                place, index = frame, candidate
        return place, index
    for candidate in range(last - 1, first - 1, -1):
        frame = SENT + SENT_BYTES * (candidate & mask)
        if not memory[sender, frame] >> out & 1 and _arrival(words, fixed, sender, out, candidate) <= until:
            return frame, candidate
    return -1, -1


@njit(forceinline=True)
def _look(memory, words, neighbours, fixed, cell, port, until):
    """A running cell takes what has arrived on a port by ``until``: of several frames the newest.

    Returns the port's bit if there was something. Mostly the sender's last frame is the one, or has
    been seen before; for both there is one way without a branch, for a wrong guess costs more.
    """
    sender = neighbours[cell, port]
    if sender < 0:
        return 0
    out, width = (port + 4) & 7, memory.shape[1]
    first, index = words[cell, SEEN + port], words[sender, BROADCASTS] - 1
    slot = index & (words.shape[1] - TIMES - 1)
    place = SENT + SENT_BYTES * slot
    late = words[sender, TIMES + slot] + fixed[LATENCY_US] > until or memory[sender, place] >> out & 1
    if index >= first and (late or fixed[JITTER_US]):
        place, index = _newest(memory, words, fixed, sender, out, first, until)
    here = cell * width + INBOX + CHANNELS * port
    fresh = index >= first
    copy16(memory, here, sender * width + place + 1 if fresh else here)
    words[cell, SEEN + port] = index + 1 if fresh else first
    return 1 << port if fresh else 0


@njit
def drain(memory, words, wakes, neighbours, fixed, counters, which, until):
    """Deal with all that has arrived at these cells by ``until``: dark cells do not hear it."""
    mask = words.shape[1] - TIMES - 1
    for cell in which:
        for port in range(PORTS):
            sender = neighbours[cell, port]
            if sender < 0:
                continue
            if wakes[cell] != DARK:
                memory[cell, HEARD] |= _look(memory, words, neighbours, fixed, cell, port, until)
                continue
            out, first = (port + 4) & 7, words[cell, SEEN + port]
            _, index = _newest(memory, words, fixed, sender, out, first, until)
            for missed in range(first, index + 1):
                counters[UNHEARD] += not memory[sender, SENT + SENT_BYTES * (missed & mask)] >> out & 1
            words[cell, SEEN + port] = max(first, index + 1)


@njit
def on_their_way(memory, words, neighbours):
    """Frames that have not been lost and have not arrived, once all has been drained."""
    mask = words.shape[1] - TIMES - 1
    count = 0
    for cell in range(len(words)):
        for port in range(PORTS):
            sender = neighbours[cell, port]
            if sender >= 0:
                for index in range(words[cell, SEEN + port], words[sender, BROADCASTS]):
                    frame = SENT + SENT_BYTES * (index & mask)
                    count += not memory[sender, frame] >> ((port + 4) & 7) & 1
    return count


@njit(forceinline=True)
def _make_room(memory, words, wakes, neighbours, fixed, counters, cell, end):
    """Hand over the oldest frame, which the next will overwrite; False if it is too young for that."""
    history = words.shape[1] - TIMES
    oldest = words[cell, BROADCASTS] - history
    if oldest < 0:
        return True
    frame = SENT + SENT_BYTES * (oldest & (history - 1))
    for port in range(PORTS):
        reader = neighbours[cell, port]
        there = (port + 4) & 7
        if reader < 0 or words[reader, SEEN + there] > oldest:
            continue
        if not memory[cell, frame] >> port & 1:
            arrival = _arrival(words, fixed, cell, port, oldest)
            if arrival >= end or arrival > wakes[reader]:
                return False
            if wakes[reader] == DARK:
                counters[UNHEARD] += 1
            else:
                width = memory.shape[1]
                copy16(memory, reader * width + INBOX + CHANNELS * there, cell * width + frame + 1)
                memory[reader, HEARD] |= 1 << there
        words[reader, SEEN + there] = oldest + 1
    return True


@njit(forceinline=True)
def _alive(memory, cell):
    if memory[cell, ALPHA] >= ALIVE_MIN:
        return True
    for port in range(PORTS):  # noqa: SIM110
        if memory[cell, INBOX + CHANNELS * port + ALPHA] >= ALIVE_MIN:
            return True
    return False


@njit(forceinline=True)
def _update(memory, fixed, think, weights, bias, scratch, cell):
    """As firmware.arithmetic.update."""
    seen, change, hidden = scratch
    if _alive(memory, cell):
        row = cell * memory.shape[1]
        perceive(memory, row, row + INBOX, seen)
        think(weights, bias, seen, change, hidden, np.int32(fixed[SHIFT1]))
        settle(memory, row, change, np.int32(fixed[SHIFT2]))
        if _alive(memory, cell):
            return
    for c in range(CHANNELS):
        memory[cell, c] = 0


@njit(forceinline=True)
def _wake(memory, words, wakes, neighbours, fixed, counters, think, weights, bias, scratch, cell, loss_below):
    now = wakes[cell]
    heard = memory[cell, HEARD]
    for port in range(PORTS):
        heard |= _look(memory, words, neighbours, fixed, cell, port, now)
    listened = (memory[cell, LISTENED] & 255) + 1
    if listened >= fixed[LISTENING]:
        for port in range(PORTS):
            if not heard >> port & 1:
                for c in range(CHANNELS):
                    memory[cell, INBOX + CHANNELS * port + c] = 0
        heard = listened = 0
    memory[cell, HEARD] = heard
    memory[cell, LISTENED] = listened
    _update(memory, fixed, think, weights, bias, scratch, cell)
    index = words[cell, BROADCASTS]
    slot = index & (words.shape[1] - TIMES - 1)
    lost = 0
    for port in range(PORTS):
        if neighbours[cell, port] >= 0:
            counters[SENT_FRAMES] += 1
            if loss_below and _draw32(np.uint64(fixed[LOSS_BASE]), PORTS * cell + port, index) < loss_below:
                counters[LOST] += 1
                lost |= 1 << port
    words[cell, TIMES + slot] = now
    frame = SENT + SENT_BYTES * slot
    memory[cell, frame] = lost
    row = cell * memory.shape[1]
    copy16(memory, row + frame + 1, row)
    words[cell, BROADCASTS] = index + 1
    wakes[cell] = now + draw_wait(words, fixed, cell)


@njit(forceinline=True)
def _observe(running, pending, counters, cell):
    """As emulator.observer."""
    counters[UPDATES] += 1
    if pending[cell]:
        pending[cell] = False
        counters[LEFT] -= 1
        if counters[LEFT] == 0 and running.any():
            counters[ROUNDS] += 1
            pending[:] = running
            counters[LEFT] = pending.sum()


@njit(forceinline=True)
def _close_window(running, pending, counters, times, updated, states, trace):
    """Put the window's updates into the order of the trace."""
    first, count = counters[SORTED], counters[COUNT]
    order = np.argsort(times[first:count], kind="mergesort")
    for place in range(count - first):
        source = first + order[place]
        time, cell = times[source], updated[source]
        for byte in range(8):
            trace[first + place, byte] = time >> 8 * byte & 255
        for byte in range(4):
            trace[first + place, 8 + byte] = cell >> 8 * byte & 255
        for c in range(CHANNELS):
            trace[first + place, 12 + c] = np.uint8(states[source, c])
        _observe(running, pending, counters, cell)
    counters[SORTED] = count


@njit
def advance(
    memory,
    words,
    wakes,
    neighbours,
    fixed,
    running,
    pending,
    counters,
    times,
    updated,
    states,
    trace,
    think,
    weights,
    bias,
    until,
    loss_below,
):
    """Live from ``counters[NOW]`` up to, but not including, ``until``.

    Returns DONE; or what is to be done before it is called again to go on: TAKE_RECORDS at the end of
    a window when they are half full, and GROW_RECORDS, GROW_HISTORY in the middle of one.
    """
    scratch = (np.empty(PERCEPTION, np.int8), np.empty(CHANNELS, np.int32), np.empty(HIDDEN_MAX, np.int32))
    while counters[NOW] < until:
        end = min(counters[NOW] + fixed[LATENCY_US], until)
        soonest = DARK
        for cell in range(len(words)):
            while wakes[cell] < end:
                place = counters[COUNT]
                if place == len(times):
                    return GROW_RECORDS
                if not _make_room(memory, words, wakes, neighbours, fixed, counters, cell, end):
                    return GROW_HISTORY
                times[place], updated[place] = wakes[cell], cell
                _wake(
                    memory,
                    words,
                    wakes,
                    neighbours,
                    fixed,
                    counters,
                    think,
                    weights,
                    bias,
                    scratch,
                    cell,
                    loss_below,
                )
                for c in range(CHANNELS):
                    states[place, c] = memory[cell, c]
                counters[COUNT] = place + 1
            soonest = min(soonest, wakes[cell])
        _close_window(running, pending, counters, times, updated, states, trace)
        counters[NOW] = min(until, max(end, soonest))
        if 2 * counters[COUNT] > len(times):
            return TAKE_RECORDS
    return DONE
