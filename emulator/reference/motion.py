"""Robots move, and push each other: a step of all of them. SPEC.md, "Robots that move"."""

from math import isqrt

import numpy as np
from numpy.typing import NDArray

from emulator.world.plane import TURN, Plane
from emulator.world.robots import (
    COSINES,
    DIRECTION_SHIFT,
    FULL,
    PASSES,
    SINE_SHIFT,
    SINES,
    STRENGTH_SHIFT,
    Robots,
    hold,
)


def step(plane: Plane, robots: Robots, motors: NDArray[np.int64]) -> None:
    """All robots drive for a step; then those that stand in each other or in a wall are pushed out.

    Args:
        plane: in which they are.
        robots: where; they are changed.
        motors: int64[cells, 2], 0 to ``FULL``: which turns left, and which turns right; both go ahead.
    """
    for robot in range(plane.cells):
        _drive(plane, robots, robot, motors[robot])
    hold(plane, robots)
    for _ in range(PASSES):
        robots.places_um[...] += [_push(plane, robots, robot) for robot in range(plane.cells)]
        hold(plane, robots)


def _drive(plane: Plane, robots: Robots, robot: int, motors: NDArray[np.int64]) -> None:
    left, right = (int(power) for power in motors * robots.strengths[robot] >> STRENGTH_SHIFT)
    turn = _quotient((right - left) * plane.step_turn, FULL)
    heading = (int(robots.headings[robot]) + turn) % TURN
    ahead_um = (left + right) * plane.step_um // (2 * FULL)
    direction = heading >> DIRECTION_SHIFT
    robots.headings[robot] = heading
    half = 1 << SINE_SHIFT - 1
    robots.places_um[robot, 0] += int(SINES[direction]) * ahead_um + half >> SINE_SHIFT
    robots.places_um[robot, 1] += -int(COSINES[direction]) * ahead_um + half >> SINE_SHIFT


def _push(plane: Plane, robots: Robots, robot: int) -> tuple[int, int]:
    """How far a robot is pushed: half of the way out of each that it stands in."""
    away = robots.places_um[robot] - robots.places_um
    touching = np.flatnonzero((away**2).sum(1) < (2 * plane.radius_um) ** 2)
    down = right = 0
    for other in touching[touching != robot].tolist():
        dx, dy = away[other].tolist()
        distance = isqrt(dx * dx + dy * dy)
        over = 2 * plane.radius_um - distance
        if distance == 0:
            dx, distance = (1 if robot > other else -1), 1
        right += _quotient(dx * over, 2 * distance)
        down += _quotient(dy * over, 2 * distance)
    return right, down


def _quotient(value: int, by: int) -> int:
    """Rounded toward 0, so that two robots push each other alike."""
    return value // by if value >= 0 else -(-value // by)
