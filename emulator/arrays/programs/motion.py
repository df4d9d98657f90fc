"""Robots move, and push each other, compiled: as ``emulator.reference.motion``, by lists of who is near."""

from typing import Final

import numpy as np

from emulator.arrays.compiled.jit import inner, njit
from emulator.arrays.programs.call import load8
from emulator.arrays.programs.floor import NEXT_STEP, PHASE
from emulator.world.plane import STEP_US, TURN
from emulator.world.robots import (
    COSINES,
    DIRECTION_SHIFT,
    FULL,
    PASSES,
    SINE_SHIFT,
    SINES,
    STRENGTH_SHIFT,
)
from emulator.world.senses import NOWHERE
from firmware.budget import RAM_BYTES

HALF: Final = 1 << SINE_SHIFT - 1


@njit(_nrt=False)
def move(ram, floor):
    """Go on with a step; returns whether it is done, or the lists have to be made anew before.

    Args:
        ram: address of the RAM of all robots.
        floor: on which they are.
    """
    while floor.clock[PHASE] <= PASSES:
        far = _drive(ram, floor) if floor.clock[PHASE] == 0 else _push(floor)
        floor.clock[PHASE] += 1
        if 2 * far > floor.skin:
            return False
    floor.clock[PHASE] = 0
    floor.clock[NEXT_STEP] += STEP_US
    return True


@inner
def quotient(value, by):
    """The first by the second, rounded toward 0."""
    return value // by if value >= 0 else -(-value // by)


@inner
def _go(floor, robot, right, down):
    """A robot goes so far, or to a wall."""
    x, y = floor.places[robot, 0] + right, floor.places[robot, 1] + down
    floor.places[robot, 0] = min(max(x, floor.radius), floor.width - floor.radius)
    floor.places[robot, 1] = min(max(y, floor.radius), floor.height - floor.radius)


@inner
def _moved(floor, robot):
    """How far a robot is from where the lists were made, along the farther axis and half of the other.

    That is never less than its distance.
    """
    dx = abs(floor.places[robot, 0] - floor.listed_at[robot, 0])
    dy = abs(floor.places[robot, 1] - floor.listed_at[robot, 1])
    return max(dx, dy) + min(dx, dy) // 2 + 1


@njit(_nrt=False)
def _drive(ram, floor):
    """All robots drive; returns how far the farthest is from where the lists were made, or a little more."""
    farthest = np.int64(0)
    if floor.motors == NOWHERE:
        return farthest
    for robot in range(floor.robots):
        powers = ram + RAM_BYTES * robot + floor.motors
        one, other = load8(powers), load8(powers + 1)
        if one == 0 and other == 0:
            continue
        one = one * floor.strengths[robot, 0] >> STRENGTH_SHIFT
        other = other * floor.strengths[robot, 1] >> STRENGTH_SHIFT
        turn = quotient((other - one) * floor.step_turn, FULL)
        heading = (floor.headings[robot] + turn) % TURN
        floor.headings[robot] = heading
        ahead = (one + other) * floor.step_um // (2 * FULL)
        direction = heading >> DIRECTION_SHIFT
        right = SINES[direction] * ahead + HALF >> SINE_SHIFT
        down = -COSINES[direction] * ahead + HALF >> SINE_SHIFT
        _go(floor, robot, right, down)
        farthest = max(farthest, _moved(floor, robot))
    return farthest


@njit(_nrt=False)
def _push(floor):
    """Robots are pushed out of each other and out of walls; returns as ``_drive``."""
    places, touching, diameter = floor.places, floor.touching, 2 * floor.radius
    for robot in range(floor.robots):
        x, y = places[robot, 0], places[robot, 1]
        right = down = np.int64(0)
        for place in range(floor.begins[robot, 0], floor.begins[robot + 1, 0]):
            other = np.int64(touching[place])
            dx, dy = x - places[other, 0], y - places[other, 1]
            away2 = dx * dx + dy * dy
            if away2 >= diameter * diameter:
                continue
            # Exact, as all roots of whole numbers below 2**52 are: no diameter is longer than 10 m.
            distance = np.int64(np.sqrt(np.float64(away2)))
            over = diameter - distance
            if distance == 0:
                dx, distance = np.int64(1 if robot > other else -1), np.int64(1)
            right += quotient(dx * over, 2 * distance)
            down += quotient(dy * over, 2 * distance)
        floor.pushes[robot, 0], floor.pushes[robot, 1] = right, down
    farthest = np.int64(0)
    for robot in range(floor.robots):
        _go(floor, robot, floor.pushes[robot, 0], floor.pushes[robot, 1])
        farthest = max(farthest, _moved(floor, robot))
    return farthest
