"""Broadcasts set out, compiled: as ``emulator.reference.link``."""

import numpy as np

from emulator.arrays.compiled.draws import draw32
from emulator.arrays.compiled.fronts import SOUND, TRUTH, echoes, meet, speak
from emulator.arrays.compiled.jit import inner, njit
from emulator.arrays.compiled.simd import get8, lost_ports
from emulator.arrays.programs import mail
from emulator.arrays.programs.call import bits, load8, load64, store8, store64
from emulator.arrays.programs.cell import BROADCASTS, FRAME, MADE, WIRED
from firmware.budget import CHANNELS, PORTS
from firmware.frame import CRC_START, FRAME_BYTES, SEQUENCE_MODULO


@inner
def send(run, now, cell, length):
    """Broadcast the frame on the desk, of so many bytes, on all ports of a cell."""
    world, cells, counters, transit = run.world, run.cells, run.counters, run.transit
    ports = cells.rows[cell, WIRED]
    index = cells.rows[cell, BROADCASTS]
    cells.rows[cell, BROADCASTS] = index + 1
    counters[mail.SENT] += bits(ports)
    lost = np.int64(0)
    if world.lost_below:
        lost = np.int64(
            lost_ports(world.loss_base, np.uint64(PORTS * cell), np.uint64(index), world.lost_below)
        )
        lost &= ports
    if world.listed:
        _send_listed(run, now, cell, index, ports, lost, length)
        return
    counters[mail.LOST] += bits(lost)
    ports ^= lost
    if ports:
        count = counters[mail.COUNT]
        one = transit.queue[count & len(transit.queue) - 1]
        counters[mail.COUNT] = count + 1
        one[mail.SENT_US], one[mail.SENDER], one[mail.TO] = now, cell, ports
        one[mail.BROADCAST_FORM] = mail.SOUND | length
        for word in range(3):
            one[mail.BROADCAST_FRAME + word] = load64(run.program.desk + FRAME + 8 * word)


@njit(_nrt=False)
def _send_listed(run, now, cell, index, ports, lost, length):
    """Send it as messages, one by one."""
    for port in range(PORTS):
        if ports >> port & 1:
            _set_out(run, now, cell, index, port, lost >> port & 1 != 0, length)


@njit(_nrt=False)
def _set_out(run, now, cell, index, port, lost, length):
    """Send a message on one port through all fronts."""
    world, counters, transit, fronts = run.world, run.counters, run.transit, run.fronts
    lost, bit, stray, held, voice = meet(fronts, cell, port, index, now, lost)
    if lost:
        counters[mail.LOST] += 1
        return
    arrival = now + world.latency_us + held
    if world.jitter_us:
        arrival += draw32(world.jitter_base, PORTS * cell + port, index) * (world.jitter_us + 1) >> 32
    if not stray:
        arrival = max(arrival, transit.latest[cell, port])
        transit.latest[cell, port] = arrival
    if voice != TRUTH:
        speak(fronts, voice, fronts.rules[voice, 0], PORTS * cell + port, cell, index)
        length = np.int64(FRAME_BYTES)
    leaves = arrival - held
    _post(run, cell, port, leaves, arrival, index, voice, bit, length)
    for front in range(len(fronts.rules)):
        if echoes(fronts, front, cell, port, index):
            counters[mail.SENT] += 1
            later = arrival + fronts.rules[front, 4]
            _post(run, cell, port, leaves, later, index, voice, bit, length)


@njit(_nrt=False)
def _post(run, cell, port, leaves, arrival, index, voice, bit, length):
    """Put one frame on its way: what the cell has sent, or what a front makes it say, perhaps spoiled."""
    counters, transit, messages = run.counters, run.transit, run.transit.messages
    counters[mail.FREE] -= 1
    number = np.int64(transit.free[counters[mail.FREE]])
    one = messages[number]
    one[mail.ARRIVAL], one[mail.LEAVES], one[mail.LINK] = arrival, leaves, PORTS * cell + port
    one[mail.NEXT] = counters[mail.ORDER]
    counters[mail.ORDER] += 1
    one[mail.FORM] = length if bit != SOUND else mail.SOUND | length
    counters[mail.CORRUPTED] += bit != SOUND
    desk = run.program.desk
    for word in range(3):
        store64(desk + MADE + 8 * word, load64(desk + FRAME + 8 * word))
    if voice != TRUTH:
        _say(run, desk + MADE, index)
    if bit != SOUND:
        place = desk + MADE + (bit >> 3) % length
        store8(place, load8(place) ^ 1 << (bit & 7))
    for word in range(3):
        one[mail.MESSAGE_FRAME + word] = load64(desk + MADE + 8 * word)
    mail.push(counters, transit, number)


@njit(_nrt=False)
def _say(run, place, index):
    """Put there what a false voice says: a state, and for a C cell the whole frame, as firmware.frame."""
    start = place
    if run.program.native:
        sequence = index % SEQUENCE_MODULO
        store64(place, 0x93 | sequence << 8 | 0x10C4 << 16)
        start = place + 4
    for byte in range(CHANNELS):
        store8(start + byte, get8(run.fronts.voice, byte))
    if run.program.native:
        check = np.int64(CRC_START)
        for byte in range(-1, CHANNELS):
            check ^= (sequence if byte < 0 else load8(start + byte)) << 8
            for _ in range(8):
                check = (check << 1 ^ (0x1021 if check >> 15 & 1 else 0)) & 0xFFFF
        for byte, value in enumerate((0xC4, 0x02, check & 0xFF, check >> 8)):
            store8(start + CHANNELS + byte, value)
