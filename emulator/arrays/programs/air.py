"""The air between robots, compiled: as ``emulator.reference.air``."""

import numpy as np

from emulator.arrays.compiled.draws import draw32
from emulator.arrays.compiled.jit import inner, kept, njit
from emulator.arrays.programs import mail
from emulator.arrays.programs.call import store8
from emulator.arrays.programs.cell import BOARD, SLOTS, fail_to_hear, hear
from emulator.arrays.programs.floor import NEXT_STEP
from emulator.arrays.programs.loop import has_room, is_deaf, next_arrival, note_soonest, update
from emulator.arrays.programs.motion import move
from emulator.arrays.programs.python import BOARD_PITCH
from emulator.arrays.programs.wakes import first_cell, first_due
from emulator.world.plane import UM
from emulator.world.robots import COSINES, DIRECTION_SHIFT, SINES, TANGENT
from emulator.world.senses import NOWHERE
from firmware.budget import PORTS

DONE, FULL, STALE = range(3)
"""Why robots live no further: it is done, there is no room for a wake, or their lists are too old."""

_LESS, _MORE = TANGENT


@inner
def sector(dx, dy, heading):
    """The port that faces what is so far to the right and down, as emulator.world.robots."""
    sine, cosine = SINES[heading >> DIRECTION_SHIFT], COSINES[heading >> DIRECTION_SHIFT]
    ahead, right = dx * sine - dy * cosine, dx * cosine + dy * sine
    if abs(right) * _MORE < abs(ahead) * _LESS:
        return np.int64(0 if ahead > 0 else 4)
    if abs(ahead) * _MORE < abs(right) * _LESS:
        return np.int64(2 if right > 0 else 6)
    if ahead > 0:
        return np.int64(1 if right > 0 else 7)
    return np.int64(3 if right > 0 else 5)


@inner
def _on_board(run, robot):
    """Address of what is on the board of a robot."""
    return run.program.rows + BOARD_PITCH * robot + 8 * BOARD


@inner
def _note_distance(run, floor, receiver, distance_mm):
    noted = max(floor.least_noted, min(distance_mm, floor.distance_most))
    place = _on_board(run, receiver) + floor.distance
    store8(place, noted & 255)
    if floor.distance_most > 255:
        store8(place + 1, noted >> 8)


@inner
def _note_light(run, floor, now, robot):
    if floor.blind[robot]:
        return
    count, down, across = floor.light.shape
    row = floor.places[robot, 1] * down // floor.height
    col = floor.places[robot, 0] * across // floor.width
    noted = max(floor.least_noted, np.int64(floor.light[now // floor.light_us % count, row, col]))
    place = _on_board(run, robot) + floor.light_byte
    store8(place, noted & 255)
    store8(place + 1, noted >> 8)


@inner
def _lost_below(floor, distance):
    """Below which a draw loses a message, by chance and by distance."""
    if distance <= floor.clear:
        return np.int64(floor.lost_below)
    return max(np.int64(floor.lost_below), ((distance - floor.clear) << 32) // (floor.reach - floor.clear))


@njit(_nrt=False)
def _spread(run, floor, now, sender, form, frame):
    """What a robot says arrives at all in range, by number."""
    cells, counters, places = run.cells, run.counters, floor.places
    x, y = places[sender, 0], places[sender, 1]
    for place in range(floor.begins[sender, 1], floor.begins[sender + 1, 1]):
        receiver = np.int64(floor.hearing[place])
        dx, dy = x - places[receiver, 0], y - places[receiver, 1]
        away2 = dx * dx + dy * dy
        if away2 > floor.reach * floor.reach:
            continue
        distance = np.int64(np.sqrt(np.float64(away2)))
        lost_below = _lost_below(floor, distance)
        if lost_below and draw32(floor.radio_base, sender, now * floor.robots + receiver) < lost_below:
            counters[mail.LOST] += 1
            continue
        if floor.busy_until[receiver] > now:
            counters[mail.LOST] += 1
            continue
        floor.busy_until[receiver] = now + floor.air_us
        if floor.distance != NOWHERE and not floor.blind[receiver]:
            _note_distance(run, floor, receiver, distance // UM)
        if is_deaf(cells, receiver, now - run.world.latency_us):
            counters[mail.UNHEARD] += (form & mail.SOUND) != 0
            continue
        # Whom the sender's first port leads to is whom it now speaks to.
        cells.slots[sender, SLOTS] = PORTS * receiver + sector(dx, dy, floor.headings[receiver])
        taken, status = hear(run, now, sender, np.int64(1), form, frame)
        if status < 0:
            fail_to_hear(run, now, sender, taken, form, frame, status)


@njit(_nrt=False)
def _deliver(run, floor, now):
    """The first message on its way arrives."""
    counters, transit = run.counters, run.transit
    if run.world.listed:
        number = mail.pop(counters, transit)
        message = transit.messages[number]
        frame = np.int64(message.ctypes.data) + 8 * mail.MESSAGE_FRAME
        _spread(run, floor, now, message[mail.LINK] >> 3, message[mail.FORM], frame)
        mail.release(counters, transit, number)
    else:
        one = transit.queue[counters[mail.HEAD] & len(transit.queue) - 1]
        frame = np.int64(one.ctypes.data) + 8 * mail.BROADCAST_FRAME
        _spread(run, floor, now, one[mail.SENDER], one[mail.BROADCAST_FORM], frame)
        counters[mail.HEAD] += 1


@kept
def live_as_robots(run, floor, until):
    """Live up to, but not including, ``until``; returns whether it came so far, or what is lacking."""
    while True:
        arrival, due, step = next_arrival(run), first_due(run.wakes), floor.clock[NEXT_STEP]
        if min(arrival, due, step) >= until:
            note_soonest(run)
            return DONE
        if step <= min(arrival, due):
            if not move(run.program.ram, floor):
                return STALE
        elif arrival <= due:
            _deliver(run, floor, arrival)
        elif has_room(run):
            if floor.light_byte != NOWHERE:
                _note_light(run, floor, due, first_cell(run.wakes))
            update(run, due, first_cell(run.wakes))
        else:
            return FULL
