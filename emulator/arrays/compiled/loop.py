"""How cells live, compiled: SPEC.md once more, on arrays of cells.

Time goes on slice by slice. All wakes of a slice are known at its beginning (``wakes`` beside this), so
that memory can be fetched before a wake needs it.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from emulator.arrays.compiled import mail
from emulator.arrays.compiled.fronts import list_message, send_listed
from emulator.arrays.compiled.jit import inner, kept
from emulator.arrays.compiled.mail import (
    ARRIVAL,
    COUNT,
    HEAD,
    INBOX,
    LEFT,
    LOST,
    MESSAGES,
    NOW,
    RECORD_BYTES,
    RECORD_CELL,
    RECORD_STATE,
    ROUNDS,
    ROW,
    SENT,
    SLOTS,
    STATE,
    UPDATES,
)
from emulator.arrays.compiled.rule import PAIR, think, think_pair
from emulator.arrays.compiled.simd import (
    LANES,
    choose8,
    copy16,
    get8,
    get32,
    get64,
    lost_ports,
    perceive,
    prefetch,
    put,
    settle,
)
from emulator.arrays.compiled.wakes import BINS, CELL, collect, sort
from emulator.arrays.rows import LINE_BYTES, offset
from firmware.budget import ALIVE_MIN, ALPHA, CHANNELS, PORTS

LISTENED, WIRED = offset("listened"), offset("wired")
TARGETS_BYTES: Final = 4 * PORTS
BROADCASTS: Final = offset("broadcasts")

AHEAD: Final = 16
"""Wakes from now, for which memory is fetched."""

_BITS: Final = np.array([mask.bit_count() for mask in range(256)], np.int64)


class World(NamedTuple):
    """What a run's configuration and genome say, for compiled code. Keys are uint64.

    ``flight_us`` is the latency and what an update takes: what is sent later than that before its end, no
    update knows. ``listed`` says whether messages are, ``had_fronts`` whether there ever was a front,
    ``had_rates`` whether clocks ever ran at different rates; ``fetches`` whether it pays to fetch memory
    ahead, for the cells are more than a cache holds.
    """

    exponential: bool
    mean_us: int
    listening_wakes: int
    shift1: int
    shift2: int
    latency_us: int
    jitter_us: int
    compute_us: int
    flight_us: int
    listed: bool
    had_fronts: bool
    had_rates: bool
    loss_base: np.uint64
    jitter_base: np.uint64
    slice_us: int
    fetches: bool


class Cells(NamedTuple):
    """The population, and what the observer counts.

    ``memory`` int8[N + 1, 192] and ``words`` int32[N + 1, 48] are the same bytes.
    """

    memory: Any
    words: Any
    wakes: Any
    prngs: Any
    heard: Any
    rates: Any
    booted: Any
    running: Any
    pending: Any


class Scratch(NamedTuple):
    """Of cells that think together: perception int8[PAIR, 64], of which 48 are used, what comes of it
    int32[PAIR, 16], whether a neighbour is alive, and whether they are themselves, bool[PAIR].
    """

    seen: Any
    change: Any
    near: Any
    alive: Any


class Slice(NamedTuple):
    """Some time in which no fault comes: its beginning and end in us, and its wakes in order.

    ``starts`` and ``shift`` say where to look for a time (``emulator.arrays.compiled.wakes``).
    """

    start: int
    end: int
    wakes: Any
    length: int
    starts: Any
    shift: int


class Run(NamedTuple):
    """All that a slice of time is lived with; compiled functions hand it on whole."""

    world: Any
    cells: Any
    counters: Any
    transit: Any
    fronts: Any
    kernel: Any
    scratch: Any
    ahead: Any
    lost_below: Any


@inner
def _fetch(run, place):
    """Fetch what the wakes to come will need: their cells, and who hears what has been sent."""
    world, cells, counters, transit, ahead = run.world, run.cells, run.counters, run.transit, run.ahead
    memory = cells.memory
    soon = min(place + AHEAD, ahead.length - 1)
    waking = get64(ahead.wakes, 8 * soon) & CELL
    for line in range(0, ROW, LINE_BYTES):
        prefetch(memory, waking * ROW + line)
    prefetch(cells.pending, waking)
    if world.listed:
        prefetch(transit.latest, waking * LINE_BYTES)
        mail.fetch_listed(cells, transit, soon, min(place + 2 * AHEAD, ahead.length - 1))
        return
    head = min(counters[HEAD] + AHEAD, counters[COUNT] - 1)
    for port in range(PORTS):
        slot = get32(transit.targets, 4 * (max(0, head) * PORTS + port))
        prefetch(memory, (slot >> 3) * ROW + INBOX + CHANNELS * (slot & 7))
        prefetch(cells.heard, slot >> 3)


@inner
def _blank(memory, position):
    """Clear 16 bytes at a position."""
    put(memory, position, np.int64(0))
    put(memory, position + 8, np.int64(0))


@inner
def _listen(world, cells, cell):
    """Forget neighbours that were silent for a whole listening period, as firmware.cell does."""
    row = cell * ROW
    listened = get8(cells.memory, row + LISTENED) + 1 & 255
    if listened >= world.listening_wakes:
        heard = get8(cells.heard, cell)
        for port in range(PORTS):
            if not heard >> port & 1:
                _blank(cells.memory, row + INBOX + CHANNELS * port)
        listened = 0
        put(cells.heard, cell, np.uint8(0))
    put(cells.memory, row + LISTENED, np.uint8(listened))


@inner
def _alpha(cells, cell):
    return np.int8(get8(cells.memory, cell * ROW + STATE + ALPHA))


@inner
def _wake(ahead, place):
    """When a wake of the slice is, in us, and whose."""
    wake = get64(ahead.wakes, 8 * place)
    return ahead.start + (wake >> 32), wake & CELL


@inner
def _sense(run, place, slot):
    """A cell wakes, hears what has arrived, and perceives."""
    world, cells, counters, transit, ahead = run.world, run.cells, run.counters, run.transit, run.ahead
    scratch = run.scratch
    now, cell = _wake(ahead, place)
    if world.fetches:
        _fetch(run, place)
    if world.listed:
        mail.take_listed(world, cells, counters, transit, place)
    else:
        mail.deliver(cells, counters, transit, now - world.flight_us)
    _listen(world, cells, cell)
    row = cell * ROW
    near = perceive(cells.memory, row + STATE, row + INBOX, scratch.seen, slot * LINE_BYTES) >= ALIVE_MIN
    scratch.near[slot] = near
    scratch.alive[slot] = near or _alpha(cells, cell) >= ALIVE_MIN


@inner
def _think(run, together):
    """The network, for those of the first slots that are alive."""
    world, kernel, scratch = run.world, run.kernel, run.scratch
    weights, bias, hidden = kernel
    seen, change, shift1 = scratch.seen, scratch.change, np.int32(world.shift1)
    second = together == PAIR and scratch.alive[1]
    if second and scratch.alive[0]:
        think_pair(weights, bias, seen, change, hidden, shift1)
    elif second or scratch.alive[0]:
        think(weights, bias, seen, change, hidden, shift1, np.int64(second))


@inner
def _act(run, place, slot):
    """Change a cell as it has thought, and tell its neighbours; as firmware.arithmetic.update."""
    world, cells, counters, scratch, ahead = run.world, run.cells, run.counters, run.scratch, run.ahead
    now, cell = _wake(ahead, place)
    alive = scratch.alive[slot]
    if alive:
        shift2 = np.int32(world.shift2)
        settle(cells.memory, cell * ROW + STATE, scratch.change, slot * LINE_BYTES, shift2)
        alive = scratch.near[slot] or _alpha(cells, cell) >= ALIVE_MIN
    if not alive:
        _blank(cells.memory, cell * ROW + STATE)
    _send(run, now, cell)
    _observe(cells, counters, cell)


@inner
def _independent(world, wakes, place):
    """Whether a wake and the next may go through the network together.

    They may when the second has begun before what the first sends arrives, and it is not the same cell.
    """
    # What the first sends arrives a flight after its wake. Two wakes of one cell are never apart: the second
    # needs what the first has made of the state.
    gap = (wakes[place + 1] >> 32) - (wakes[place] >> 32)
    return gap < world.flight_us and (wakes[place + 1] ^ wakes[place]) & CELL != 0


@inner
def _send(run, now, cell):
    """Broadcast the state: a record of it, and its frame on all ports that do not lose it."""
    world, cells, counters, transit = run.world, run.cells, run.counters, run.transit
    memory, words = cells.memory, cells.words
    record = counters[COUNT]
    put(transit.records, record * RECORD_BYTES, now)
    put(transit.records, record * RECORD_BYTES + RECORD_CELL, np.int32(cell))
    copy16(transit.records, record * RECORD_BYTES + RECORD_STATE, memory, cell * ROW + STATE)
    counters[COUNT] = record + 1

    # All eight ports at once: a bit for each that is wired, less one for each that loses the frame.
    ports = get8(memory, cell * ROW + WIRED)
    index = get32(memory, cell * ROW + BROADCASTS) & CELL
    put(memory, cell * ROW + BROADCASTS, np.int32(index + 1))
    counters[SENT] += _BITS[ports]
    lost = np.int64(0)
    if run.lost_below:
        lost = np.int64(lost_ports(world.loss_base, PORTS * cell, index, run.lost_below)) & ports
    if world.listed:
        send_listed(run, now, cell, index, ports, lost)
        return
    counters[LOST] += _BITS[lost]
    ports ^= lost
    # Where a port is open or loses the frame, it goes to the void.
    void = np.int32(PORTS * (len(cells.wakes) - 1))
    choose8(transit.targets, record * TARGETS_BYTES, words, cell * ROW + 4 * SLOTS, ports, void)


@inner
def _observe(cells, counters, cell):
    """Count an update, and asynchronous rounds, as emulator.record.observer does."""
    counters[UPDATES] += 1
    # ``pending`` is 1 for cells that the present round still awaits.
    counters[LEFT] -= get8(cells.pending, cell)
    put(cells.pending, cell, np.uint8(0))
    if counters[LEFT] == 0:
        counters[ROUNDS] += 1
        for other in range(len(cells.running)):
            cells.pending[other] = cells.running[other]
            counters[LEFT] += cells.running[other]


@inner
def _live_slice(run):
    world, counters, transit, ahead = run.world, run.counters, run.transit, run.ahead
    # Messages from before this slice are listed first; those sent in it are listed as they set out.
    if world.listed:
        for number in range(counters[MESSAGES]):
            list_message(world, transit, ahead, number, transit.messages[number, ARRIVAL])
    # Two cells at a time go through the network where neither can hear what the other sends now: the weights
    # are fetched once for both.
    place = 0
    while place < ahead.length:
        together = 1 + (place + 1 < ahead.length and _independent(world, ahead.wakes, place))
        for slot in range(together):
            _sense(run, place + slot, slot)
        _think(run, together)
        for slot in range(together):
            _act(run, place + slot, slot)
        place += together


@kept
def live(world, cells, counters, transit, fronts, kernel, scratch, until, lost_below, batch):
    """Live from ``counters[NOW]`` up to, but not including, ``until``; returns the new transit.

    Comes back sooner when there are ``batch`` new records.
    """
    keys, starts = np.empty(len(cells.wakes) + LANES, np.int64), np.empty(BINS + 2, np.int32)
    wakes = np.empty(0, np.int64)
    full = counters[COUNT] + batch
    while counters[NOW] < until and counters[COUNT] < full:
        start = counters[NOW]
        end = min(until, start + world.slice_us)
        keys, count = collect(world, cells, keys, start, end)
        if len(wakes) < count:
            wakes = np.empty(len(keys), np.int64)
        shift = sort(keys, wakes, starts, count, end - start)
        transit = mail.with_room(counters, transit, count, fronts.copies)
        ahead = Slice(start, end, wakes, count, starts, shift)
        _live_slice(Run(world, cells, counters, transit, fronts, kernel, scratch, ahead, lost_below))
        counters[NOW] = end if count else min(until, max(end, cells.wakes.min()))
    return transit


@kept
def deliver(world, cells, counters, transit, until):
    """All that arrives by this time is received, where messages are not listed, or waits in the ports."""
    mail.deliver(cells, counters, transit, until - world.flight_us)
    if world.compute_us:
        mail.deliver_between_updates(world, cells, counters, transit, until)
