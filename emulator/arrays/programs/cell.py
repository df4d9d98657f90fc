"""The three events of a cell, compiled: its program is called, and its failures are seen to.

As ``emulator.reference.board`` and ``firmware.runtime``, on rows of 256 bytes.
"""

import signal
from typing import Any, Final, NamedTuple

import numpy as np

from emulator.arrays.compiled.draws import entropy
from emulator.arrays.compiled.jit import inner, njit
from emulator.arrays.programs import mail
from emulator.arrays.programs.call import (
    bits,
    call_boot,
    call_cell_boot,
    call_cell_receive,
    call_cell_wake,
    call_hear,
    call_wake,
    copy256,
    load8,
    load32,
    load64,
    store8,
    store32,
    store64,
)
from emulator.arrays.programs.python import BOARD_PITCH, HANG, REFUSED, STATUS_BITS, TRAP
from emulator.arrays.programs.wakes import move
from emulator.world.rate import DARK
from firmware.budget import RAM_BYTES
from firmware.frame import FRAME_BYTES, SEQUENCE_MODULO
from firmware.memory import FIELD

PRNG, SEQUENCE, FRAME_ERRORS = (FIELD[name].offset for name in ("prng", "sequence", "frame_errors"))
FRAME_ERRORS_MAX: Final = 255
SIGVTALRM: Final = int(signal.SIGVTALRM) if hasattr(signal, "SIGVTALRM") else -1

_WORD: Final = 0xFFFFFFFF

KEPT, FRAME, OUTPUT, MADE, DESK_BYTES = 0, 256, 288, 328, 352
"""What lies on the desk: RAM as it was before the event, the frame that is to go out or at which a cell has
failed, what a C cell puts out, and a frame of which a message is made."""

WAIT_US, SENT_BYTES, SENT_FRAME = 0, 4, 8
"""Offsets in ``struct output``."""

BOOT, HEAR, WAKE = range(3)
"""What happens to a cell."""

AT_US, WHO, EVENT, STATUS, DETAIL, MORE, ON_BOARD, EVIDENCE_WORDS = 0, 1, 2, 3, 4, 5, 6, 8
"""Of the first failure: when, which cell, in which event and how; of a boot entropy and strap, and of a frame
that came in the port and its length; two words of what was on the board."""


class Program(NamedTuple):
    """A program's functions, and the memory they work on, as addresses.

    ``native`` says that they are those of a C cell, with their ``image``.
    """

    native: bool
    boot: int
    hear: int
    wake: int
    image: int
    ram: int
    desk: int
    rows: int


DUE, RATE, BOOTED, BOOTS, BROADCASTS, WIRED, BOARD, ROW_WORDS = 0, 1, 2, 3, 4, 5, 6, BOARD_PITCH // 8
"""Words of a cell's row: when the next update ends in us, or DARK, or NEVER; how fast its clock runs; when it
has booted last, how often it has, how many broadcasts it has sent; a bit for each port
that is not open; two words of its board. Four more words say where the ports lead."""

SLOTS: Final = 16
"""The first of those as int32, of which there are eight."""


class Cells(NamedTuple):
    """What there is of cells besides their RAM, and of the first failure.

    Attributes:
        rows: int64[cells + 1, 12].
        slots: int32[cells + 1, 24], the same bytes.
        leaving: uint8[cells + 1], scratch: who loses power.
        running: bool[cells], the observer's.
        pending: bool[cells], the observer's.
        evidence: int64[8] of the first failure, if its first word is not negative.
        desk: uint8[352], scratch of an event.
        found: uint8[352], what lay on the desk at the first failure.
    """

    rows: Any
    slots: Any
    leaving: Any
    running: Any
    pending: Any
    evidence: Any
    desk: Any
    found: Any


class Run(NamedTuple):
    """All that cells live with."""

    world: Any
    program: Any
    wakes: Any
    cells: Any
    counters: Any
    transit: Any
    fronts: Any


@inner
def _advance(word):
    """The next PRNG state after one that is not 0, as firmware.prng."""
    word ^= word << 13 & _WORD
    word ^= word >> 17
    return word ^ (word << 5 & _WORD)


@njit(_nrt=False)
def draw_wait_us(world, address):
    """Draw a wait as firmware.clock does, from the PRNG state at an address, which moves on."""
    word = load32(address)
    word += word == 0
    wait = np.int64(0) if world.exponential else np.int64(world.mean_us >> 1)
    while True:
        # How long a falling run is, no processor guesses; so up to three numbers are drawn without a jump.
        first = _advance(word)
        second = _advance(first)
        third = _advance(second)
        word = _advance(third)
        falls, falls_on = second < first, (second < first) & (third < second)
        odd = falls == falls_on
        if falls_on & (word < third):
            last = third
            while word < last:
                last, odd = word, not odd
                word = _advance(last)
        else:
            word = word if falls_on else third if falls else second
        if odd or not world.exponential:
            store32(address, word)
            return max(np.int64(1), wait + (world.mean_us * (first >> 22) >> 10))
        wait += world.mean_us


@inner
def wait(run, now, cell):
    """After an event that has ended well: note when the cell's next update ends."""
    program, cells = run.program, run.cells
    if program.native:
        wait_us = load32(program.desk + OUTPUT + WAIT_US)
    else:
        wait_us = draw_wait_us(run.world, program.ram + RAM_BYTES * cell + PRNG)
    longer = wait_us * cells.rows[cell, RATE] >> 16
    set_due(run, cell, now + max(np.int64(1), longer) + run.world.compute_us)


@inner
def set_due(run, cell, due):
    """Note when the cell's next update ends; or NEVER, or DARK."""
    cells = run.cells
    run.counters[mail.ANY_DARK] += (due == DARK) - (cells.rows[cell, DUE] == DARK)
    cells.rows[cell, DUE] = due
    move(run.wakes, cell, due)


@njit(_nrt=False)
def boot(run, now, cell, strap):
    """A cell boots from what is in its RAM; if it does not start, it is without power. Returns if it does."""
    world, program, cells = run.world, run.program, run.cells
    ram, desk = program.ram + RAM_BYTES * cell, program.desk
    drawn = _entropy(world, cell, cells.rows[cell, BOOTS])
    cells.rows[cell, BOOTS] += 1
    cells.rows[cell, BOOTED] = run.counters[mail.LAST_BOOT] = now
    copy256(desk + KEPT, ram)
    if program.native:
        given = ram, program.image, _board(program, cell), drawn, strap, desk + OUTPUT
        number = call_cell_boot(program.boot, given)
        status = _ended(number, load32(desk + OUTPUT + WAIT_US), REFUSED)
    else:
        store32(ram + PRNG, drawn)
        status = call_boot(program.boot, (ram, strap, _board(program, cell)))
    if status >= 0:
        wait(run, now, cell)
        return True
    note(run, now, cell, BOOT, status, drawn, strap)
    clear(program, cell)
    set_due(run, cell, DARK)
    return False


@inner
def _ended(number, wait, without):
    """How an event of a C cell ended: by a signal, or ``without`` a wait, or as it should."""
    if number:
        return np.int64(HANG) if number == SIGVTALRM else np.int64(TRAP)
    return np.int64(0) if wait else np.int64(without)


@inner
def _entropy(world, cell, boots):
    place = np.uint64(1) + np.uint64(cell) + world.cells * (np.uint64(boots) % world.boots)
    word = entropy(world.entropy, place)
    return np.int64(word if word else world.free)


@inner
def _board(program, cell):
    """Address of the 16 bytes of a cell's board."""
    return program.rows + BOARD_PITCH * cell + 8 * BOARD


@inner
def clear(program, cell):
    """Blank the RAM of a cell."""
    for word in range(RAM_BYTES // 8):
        store64(program.ram + RAM_BYTES * cell + 8 * word, 0)


@njit(_nrt=False)
def note(run, now, cell, event, status, detail, more):
    """A program has failed: count it, and keep what is needed to see the first failure again."""
    counters, evidence = run.counters, run.cells.evidence
    counters[mail.TRAPS] += status == TRAP
    counters[mail.HANGS] += status == HANG
    counters[mail.REFUSALS] += status == REFUSED
    if evidence[AT_US] < 0:
        evidence[AT_US], evidence[WHO], evidence[EVENT] = now, cell, event
        evidence[STATUS], evidence[DETAIL], evidence[MORE] = status, detail, more
        for word in range(2):
            evidence[ON_BOARD + word] = run.cells.rows[cell, BOARD + word]
        for byte in range(DESK_BYTES):
            run.cells.found[byte] = run.cells.desk[byte]


@njit(_nrt=False)
def restart(run, now, cell):
    """What the watchdog does after a failure: as if power had failed for an instant."""
    cells = run.cells
    forget(run, cell)
    cells.leaving[cell] = 1
    mail.cut(run.counters, run.transit, cells.leaving, now, run.world.latency_us)
    cells.leaving[cell] = 0
    if not boot(run, now, cell, 0):
        _stopped(cells, run.counters, cell)


@inner
def forget(run, cell):
    """What is in RAM and in the ports is lost."""
    counters, transit = run.counters, run.transit
    clear(run.program, cell)
    if run.world.listed:
        while transit.ports[cell, 0] != mail.NONE:
            number = mail.leave_ports(transit, cell)
            counters[mail.UNHEARD] += (transit.messages[number, mail.FORM] & mail.SOUND) != 0
            mail.release(counters, transit, number)


@inner
def hear(run, now, sender, ports, form, frame):
    """The frame at an address is received where some ports of its sender lead; in order, until a cell fails.

    It may be spoiled, which the runtime sees. Returns the ports at which it has been received, and how that
    ended.
    """
    program, counters = run.program, run.counters
    if program.native or not form & mail.SOUND:
        first = ports & -ports
        slot = np.int64(run.cells.slots[sender, SLOTS + port_of(first)])
        return first, _hear_one(run, slot, form, frame)
    slots = program.rows + 8 * ROW_WORDS * sender + 4 * SLOTS
    boards = _board(program, 0)
    ended = call_hear(program.hear, (program.ram, boards, slots, ports, frame, program.desk + KEPT))
    taken = ports & ~(ended >> STATUS_BITS)
    counters[mail.DELIVERED] += bits(taken)
    return taken, -(ended & (1 << STATUS_BITS) - 1)


@njit(_nrt=False)
def _hear_one(run, slot, form, frame):
    """A C cell receives a frame, or the runtime one that is spoiled."""
    program, counters = run.program, run.counters
    ram, desk = program.ram + RAM_BYTES * (slot >> 3), program.desk
    counters[mail.DELIVERED] += (form & mail.SOUND) != 0
    if not program.native:
        store8(ram + FRAME_ERRORS, min(FRAME_ERRORS_MAX, load8(ram + FRAME_ERRORS) + 1))
        return np.int64(0)
    copy256(desk + KEPT, ram)
    given = (ram, program.image, _board(program, slot >> 3), slot & 7, frame, form & mail.LENGTH)
    return _ended(call_cell_receive(program.hear, given), 1, 0)


@njit(_nrt=False)
def fail_to_hear(run, now, sender, taken, form, frame, status):
    """The last to whom a frame came has failed; ``taken`` are the ports on which it went out."""
    for word in range(0, FRAME_BYTES, 8):
        store64(run.program.desk + FRAME + word, load64(frame + word))
    slot = np.int64(run.cells.slots[sender, SLOTS + port_of(taken)])
    note(run, now, slot >> 3, HEAR, status, slot & 7, form & mail.LENGTH)
    restart(run, now, slot >> 3)


@inner
def port_of(ports):
    """The last port of some, of which there is one."""
    port = np.int64(0)
    while ports >> port > 1:
        port += 1
    return port


@inner
def wake(run, now, cell):
    """One update, after which a frame lies on the desk.

    Returns the length of the frame: 0 if the cell is silent, and less after a failure.
    """
    program = run.program
    ram, desk = program.ram + RAM_BYTES * cell, program.desk
    if program.native:
        copy256(desk + KEPT, ram)
        number = call_cell_wake(program.wake, (ram, program.image, _board(program, cell), desk + OUTPUT))
        length = load32(desk + OUTPUT + SENT_BYTES)
        for word in range(0, FRAME_BYTES, 8):
            store64(desk + FRAME + word, load64(desk + OUTPUT + SENT_FRAME + word))
        status = _ended(number, load32(desk + OUTPUT + WAIT_US), HANG)
    else:
        status = call_wake(program.wake, (ram, desk + KEPT, _board(program, cell)))
        length = FRAME_BYTES * status
        for word in range(0, 16, 8):
            store64(desk + FRAME + word, load64(ram + word))
        if status > 0:
            store8(ram + SEQUENCE, (load8(ram + SEQUENCE) + 1) % SEQUENCE_MODULO)
    if status < 0:
        note(run, now, cell, WAKE, status, 0, 0)
        restart(run, now, cell)
        return np.int64(-1)
    return np.int64(length)


@inner
def observe(cells, counters, cell):
    """A cell has updated, as for emulator.record.observer."""
    counters[mail.UPDATES] += 1
    if cells.pending[cell]:
        cells.pending[cell] = False
        counters[mail.LEFT] -= 1
        if counters[mail.LEFT] == 0:
            _close_round(cells, counters)


@njit(_nrt=False)
def _stopped(cells, counters, cell):
    """A cell no longer runs."""
    cells.running[cell] = False
    counters[mail.LEFT] -= cells.pending[cell]
    cells.pending[cell] = False
    if counters[mail.LEFT] == 0:
        _close_round(cells, counters)


@njit(_nrt=False)
def _close_round(cells, counters):
    for cell in range(len(cells.running)):
        cells.pending[cell] = cells.running[cell]
        counters[mail.LEFT] += cells.running[cell]
    counters[mail.ROUNDS] += counters[mail.LEFT] > 0
