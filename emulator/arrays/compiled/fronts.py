"""Messages set out, compiled, where each is listed by itself: for jitter, and ``emulator.faults.fronts``."""

import numpy as np

from emulator.arrays.compiled import mail
from emulator.arrays.compiled.draws import draw32
from emulator.arrays.compiled.jit import inner
from emulator.arrays.compiled.mail import CORRUPTED, LOST, ROW, SENT, SLOTS, STATE
from emulator.arrays.compiled.simd import copy16, put
from emulator.arrays.compiled.wakes import first_from
from emulator.faults.fronts import (
    AMOUNT_US,
    BELOW,
    DRAWS,
    EFFECT,
    ENTER_BELOW,
    LEAVE_BELOW,
    PLACE,
    Effect,
)
from firmware.budget import ALPHA, ONE, PORTS
from firmware.frame import FRAME_BYTES

FRAME_BITS = 8 * FRAME_BYTES

LOSE, BURST, CUT, CORRUPT, DELAY, JITTER, STRAY, ECHO, LIMIT, STICK, BABBLE, LIE = (
    int(effect) for effect in Effect
)
TRUTH = -1
"""No front's: the sender says what it is."""

SOUND = -1
"""No bit: the frame is not spoiled."""


@inner
def list_message(world, transit, ahead, number, arrival):
    """See to it that a message is received before the right wake, if that is in this slice.

    An update that ends then must have begun when it had arrived.
    """
    known = arrival + world.compute_us
    if known < ahead.end:
        time = max(0, known - ahead.start)
        wake = first_from(ahead.wakes, ahead.starts, ahead.shift, ahead.length, time)
        if wake < ahead.length:
            if world.had_fronts:
                mail.list_by_time(transit, number, wake)
            else:
                mail.list_before(transit, number, wake)


@inner
def _loses(fronts, front, effect, below, link, sender, port, index, now):
    """Whether a front that can lose messages loses this one."""
    # Draw 0 decides whether a message is lost, draw 1 whether its link turns good or bad: a bit for each port
    # of the sender says which links are bad. Of a limit, memory is the time of the last frame let through.
    base, place = fronts.bases[front], fronts.rules[front, PLACE]
    if effect == LOSE:
        return draw32(base, link, DRAWS * index) < below
    if effect == BURST:
        bad = fronts.memory[place, sender] >> port & 1
        if draw32(base, link, DRAWS * index + 1) < fronts.rules[front, LEAVE_BELOW if bad else ENTER_BELOW]:
            fronts.memory[place, sender] ^= np.int64(1) << port
            bad ^= 1
        return bad == 1 and draw32(base, link, DRAWS * index) < below
    if effect == LIMIT:
        last = fronts.memory[place, sender]
        if last < now < last + fronts.rules[front, AMOUNT_US]:
            return True
        fronts.memory[place, sender] = now
        return False
    return effect == CUT


@inner
def meet(fronts, cell, port, index, now, lost):
    """A message goes through all fronts, as in ``emulator.faults.fronts``; ``lost`` if it is in any case.

    Returns whether it is lost, the bit that flips or SOUND, whether it strays, how many us the fronts hold
    it back, and the front that speaks for the sender, or TRUTH.
    """
    link = PORTS * cell + port
    bit, stray, held, voice = np.int64(SOUND), False, np.int64(0), np.int64(TRUTH)
    # Every front is met, also by a message that is lost already: a burst's links turn all the same.
    for front in range(len(fronts.rules)):
        if fronts.ports[front, cell] >> port & 1:
            base, effect = fronts.bases[front], fronts.rules[front, EFFECT]
            below, amount = fronts.rules[front, BELOW], fronts.rules[front, AMOUNT_US]
            if _loses(fronts, front, effect, below, link, cell, port, index, now):
                lost = True
            if effect == DELAY:
                held += amount
            if effect >= STICK:
                voice = np.int64(front)
            if effect == JITTER:
                held += draw32(base, link, DRAWS * index) * (amount + 1) >> 32
            if effect == CORRUPT and draw32(base, link, DRAWS * index) < below:
                bit = draw32(base, link, DRAWS * index + 1) * FRAME_BITS >> 32
            if effect == STRAY and draw32(base, link, DRAWS * index) < below:
                stray = True
                held += amount
    return lost, bit, stray, held, voice


@inner
def echoes(fronts, front, cell, port, index):
    """Whether this front makes a message arrive once more."""
    if fronts.rules[front, EFFECT] != ECHO or not fronts.ports[front, cell] >> port & 1:
        return False
    return draw32(fronts.bases[front], PORTS * cell + port, DRAWS * index) < fronts.rules[front, BELOW]


@inner
def speak(fronts, front, effect, link, sender, index):
    """Put into ``fronts.voice`` what a false voice says."""
    place = fronts.rules[front, PLACE]
    if effect == STICK:
        for byte in range(len(fronts.voice)):
            fronts.voice[byte] = fronts.said[place, sender, byte]
        return
    for word in range(DRAWS):
        draw = draw32(fronts.bases[front], PORTS * sender if effect == BABBLE else link, DRAWS * index + word)
        put(fronts.voice, 4 * word, np.int32(draw))
    if effect == LIE:
        fronts.voice[ALPHA] = ONE


@inner
def _post(run, slot, left, arrival, cell, voice):
    """Put one frame on its way: what the cell is, or what a front makes it say."""
    world, transit, fronts = run.world, run.transit, run.fronts
    number = mail.post(run.counters, transit, slot, arrival, run.cells.memory, cell * ROW + STATE)
    if world.had_fronts:
        transit.lefts[number] = left
    if voice != TRUTH:
        copy16(transit.messages, number * mail.MESSAGE_BYTES + mail.MESSAGE_STATE, fronts.voice, 0)
    list_message(world, transit, run.ahead, number, arrival)


@inner
def _set_out(run, now, cell, index, port, lost):
    """Send a message on one port through all fronts, as emulator.reference.link does."""
    world, counters, transit, fronts = run.world, run.counters, run.transit, run.fronts
    link = PORTS * cell + port
    lost, bit, stray, held, voice = meet(fronts, cell, port, index, now, lost)
    if lost:
        counters[LOST] += 1
        return
    arrival = now + world.latency_us + held
    if world.jitter_us:
        arrival += draw32(world.jitter_base, link, index) * (world.jitter_us + 1) >> 32
    if not stray:
        arrival = max(arrival, transit.latest[cell, port])
        transit.latest[cell, port] = arrival
    if voice != TRUTH:
        speak(fronts, voice, fronts.rules[voice, EFFECT], link, cell, index)
    slot = np.int64(run.cells.words[cell, SLOTS + port])
    left = arrival - held
    if bit != SOUND:
        counters[CORRUPTED] += 1
    else:
        _post(run, slot, left, arrival, cell, voice)
    for front in range(len(fronts.rules)):
        if echoes(fronts, front, cell, port, index):
            counters[SENT] += 1
            if bit != SOUND:
                counters[CORRUPTED] += 1
            else:
                later = arrival + fronts.rules[front, AMOUNT_US]
                _post(run, slot, left, later, cell, voice)


@inner
def _set_out_late(run, now, cell, index, port):
    """Send a message on one port where there are no fronts, only jitter."""
    world, transit = run.world, run.transit
    late = draw32(world.jitter_base, PORTS * cell + port, index) * (world.jitter_us + 1) >> 32
    arrival = max(now + world.latency_us + late, transit.latest[cell, port])
    transit.latest[cell, port] = arrival
    slot = np.int64(run.cells.words[cell, SLOTS + port])
    _post(run, slot, arrival, arrival, cell, TRUTH)


@inner
def send_listed(run, now, cell, index, ports, lost):
    """Send a broadcast on all these ports; ``lost`` has a bit for each that loses it in any case."""
    for port in range(PORTS):
        if ports >> port & 1:
            gone = (lost >> port & 1) != 0
            if run.world.had_fronts:
                _set_out(run, now, cell, index, port, gone)
            elif gone:
                run.counters[LOST] += 1
            else:
                _set_out_late(run, now, cell, index, port)
