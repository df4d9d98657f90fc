"""How cells with any program live, compiled: event by event, in the total order of SPEC.md.

A program may fail when it hears, and its cell then restarts; so every delivery is made at its time. What
happens at the same microsecond has the order of ``emulator.world.order``: deliveries by link, then wakes by
cell.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from emulator.arrays.compiled.jit import inner, kept, njit
from emulator.arrays.compiled.simd import put
from emulator.arrays.programs import mail
from emulator.arrays.programs.call import fetch, load64
from emulator.arrays.programs.cell import (
    BOOTED,
    DUE,
    ROW_WORDS,
    SLOTS,
    boot,
    fail_to_hear,
    forget,
    hear,
    observe,
    port_of,
    set_due,
    wait,
    wake,
)
from emulator.arrays.programs.mail import RECORD_BYTES, RECORD_CELL, RECORD_STATE
from emulator.arrays.programs.send import send
from emulator.arrays.programs.wakes import first_cell, first_due
from emulator.arrays.rows import LINE_BYTES
from emulator.world.rate import DARK
from firmware.budget import PORTS, RAM_BYTES

AHEAD: Final = 2
"""Broadcasts from now, for which memory is fetched."""


class World(NamedTuple):
    """What a run's configuration says, for compiled code; keys and ``cells`` are uint64.

    ``listed`` says whether messages are; ``fetches`` whether it pays to fetch memory ahead, for the cells are
    more than a cache holds. ``entropy`` uint64[4], ``boots`` and ``free`` are those of
    ``emulator.world.entropy``.
    """

    exponential: bool
    mean_us: int
    latency_us: int
    jitter_us: int
    compute_us: int
    listed: bool
    fetches: bool
    loss_base: np.uint64
    jitter_base: np.uint64
    lost_below: np.uint64
    cells: np.uint64
    entropy: Any
    boots: np.uint64
    free: np.uint64


@inner
def next_arrival(run):
    """When the next frame arrives, or DARK."""
    counters, transit = run.counters, run.transit
    if run.world.listed:
        if counters[mail.MESSAGES] == 0:
            return np.int64(DARK)
        return transit.messages[np.int64(transit.heap[0]), mail.ARRIVAL]
    if counters[mail.HEAD] == counters[mail.COUNT]:
        return np.int64(DARK)
    place = counters[mail.HEAD] & len(transit.queue) - 1
    return transit.queue[place, mail.SENT_US] + run.world.latency_us


@inner
def _all_hear(counters, begins):
    """Whether all cells have power, and none has booted since a frame began to come in: so it is mostly."""
    return counters[mail.ANY_DARK] == 0 and counters[mail.LAST_BOOT] <= begins


@inner
def is_deaf(cells, cell, begins):
    """Whether a cell has no power, or has booted since a frame began to come in."""
    return cells.rows[cell, DUE] == DARK or cells.rows[cell, BOOTED] > begins


@inner
def _fetch(run):
    """Fetch the RAM of those who will hear a broadcast soon."""
    counters, transit, slots = run.counters, run.transit, run.cells.slots
    soon = min(counters[mail.HEAD] + AHEAD, counters[mail.COUNT] - 1)
    sender = transit.queue[soon & len(transit.queue) - 1, mail.SENDER]
    for port in range(PORTS):
        ram = run.program.ram + RAM_BYTES * (np.int64(slots[sender, SLOTS + port]) >> 3)
        for line in range(0, RAM_BYTES, LINE_BYTES):
            fetch(ram + line)


@inner
def _fetch_first(run):
    """Fetch the RAM and the row of the cell that wakes next: until then there is something to deliver."""
    ram = run.program.ram + RAM_BYTES * first_cell(run.wakes)
    for line in range(0, RAM_BYTES, LINE_BYTES):
        fetch(ram + line)
    row = run.program.rows + 8 * ROW_WORDS * first_cell(run.wakes)
    fetch(row)
    fetch(row + LINE_BYTES)


@inner
def _deliver_broadcast(run, now):
    """The first broadcast in the queue arrives, at all its ports."""
    cells, counters, transit = run.cells, run.counters, run.transit
    one = transit.queue[counters[mail.HEAD] & len(transit.queue) - 1]
    frame = np.int64(one.ctypes.data) + 8 * mail.BROADCAST_FRAME
    sender = one[mail.SENDER]
    if run.world.fetches:
        _fetch(run)
    while one[mail.TO]:
        ports, form = one[mail.TO], one[mail.BROADCAST_FORM]
        if not _all_hear(counters, one[mail.SENT_US]):
            ports &= -ports  # the first of them
            slot = np.int64(cells.slots[sender, SLOTS + port_of(ports)])
            if is_deaf(cells, slot >> 3, one[mail.SENT_US]):
                counters[mail.UNHEARD] += (form & mail.SOUND) != 0
                one[mail.TO] ^= ports
                continue
        taken, status = hear(run, now, sender, ports, form, frame)
        one[mail.TO] ^= taken
        if status < 0:
            fail_to_hear(run, now, sender, taken, form, frame, status)
    counters[mail.HEAD] += 1


@njit(_nrt=False)
def _deliver_message(run, now):
    """The first message arrives; it waits in the ports if the present update of its receiver has begun."""
    world, cells, counters, transit = run.world, run.cells, run.counters, run.transit
    number = mail.pop(counters, transit)
    one = transit.messages[number]
    slot = np.int64(cells.slots[one[mail.LINK] >> 3, SLOTS + (one[mail.LINK] & 7)])
    begins = now - world.latency_us
    if not _all_hear(counters, begins) and is_deaf(cells, slot >> 3, begins):
        counters[mail.UNHEARD] += (one[mail.FORM] & mail.SOUND) != 0
        mail.release(counters, transit, number)
    elif now > cells.rows[slot >> 3, DUE] - world.compute_us:
        mail.enter_ports(transit, slot >> 3, number)
    else:
        _take(run, now, number)


@njit(_nrt=False)
def _take(run, now, number):
    """A message is received, and is no more."""
    counters, transit = run.counters, run.transit
    one = transit.messages[number]
    frame = np.int64(one.ctypes.data) + 8 * mail.MESSAGE_FRAME
    sender, port, form = one[mail.LINK] >> 3, np.int64(1) << (one[mail.LINK] & 7), one[mail.FORM]
    mail.release(counters, transit, number)
    taken, status = hear(run, now, sender, port, form, frame)
    if status < 0:
        fail_to_hear(run, now, sender, taken, form, frame, status)


@njit(_nrt=False)
def _look_into_ports(run, now, cell):
    """Receive what had arrived when the present update began."""
    transit = run.transit
    while transit.ports[cell, 0] != mail.NONE:
        first = np.int64(transit.ports[cell, 0])
        if transit.messages[first, mail.ARRIVAL] > run.cells.rows[cell, DUE] - run.world.compute_us:
            break
        _take(run, now, mail.leave_ports(transit, cell))


@inner
def update(run, now, cell):
    """Wake a cell once, as emulator.reference.board does."""
    length = wake(run, now, cell)
    if length < 0:
        return
    if length:
        send(run, now, cell, length)
    _record(run, now, cell)
    observe(run.cells, run.counters, cell)
    # As late as this, for what comes after depends on it, and nothing before it.
    wait(run, now, cell)
    _fetch_first(run)
    if run.world.listed:
        _look_into_ports(run, now, cell)


@inner
def _record(run, now, cell):
    """The trace's record of an update."""
    place = run.counters[mail.RECORDS] * RECORD_BYTES
    put(run.transit.records, place, now)
    put(run.transit.records, place + RECORD_CELL, np.int32(cell))
    state = run.program.ram + RAM_BYTES * cell
    put(run.transit.records, place + RECORD_STATE, load64(state))
    put(run.transit.records, place + RECORD_STATE + 8, load64(state + 8))
    run.counters[mail.RECORDS] += 1


@inner
def has_room(run):
    """Whether there is room for another wake: its record and its messages."""
    counters, transit = run.counters, run.transit
    if (counters[mail.RECORDS] + 1) * RECORD_BYTES > len(transit.records):
        return False
    if run.world.listed:
        return counters[mail.FREE] >= PORTS * run.fronts.copies
    return counters[mail.COUNT] - counters[mail.HEAD] < len(transit.queue)


@inner
def note_soonest(run):
    """Keep when the next thing happens to a cell."""
    run.counters[mail.SOONEST] = min(next_arrival(run), first_due(run.wakes))


@kept
def live(run, until):
    """Live up to, but not including, ``until``; returns whether it came so far, or room ran out before."""
    done = True
    while True:
        arrival, due = next_arrival(run), first_due(run.wakes)
        if min(arrival, due) >= until:
            break
        if arrival <= due:
            if run.world.listed:
                _deliver_message(run, arrival)
            else:
                _deliver_broadcast(run, arrival)
        elif has_room(run):
            update(run, due, first_cell(run.wakes))
        else:
            done = False
            break
    note_soonest(run)
    return done


BOOTS, DARKENS, WAKES = range(3)
"""What faults do to cells."""


@kept
def strike(run, what, chosen, values, now):
    """Something happens to these cells, int64[n], in their order, with a value each, int64[n].

    They boot, with their straps; or lose power; or their next updates end at another time.
    """
    cells = run.cells
    for place in range(len(chosen)):
        cell = chosen[place]
        if what == BOOTS:
            boot(run, now, cell, values[place])
        elif what == DARKENS:
            forget(run, cell)
            set_due(run, cell, np.int64(DARK))
            cells.leaving[cell] = 1
        else:
            set_due(run, cell, values[place])
            if run.world.listed:
                _look_into_ports(run, now, cell)
    if what == DARKENS:
        mail.cut(run.counters, run.transit, cells.leaving, now, run.world.latency_us)
        for place in range(len(chosen)):
            cells.leaving[chosen[place]] = 0
    note_soonest(run)
