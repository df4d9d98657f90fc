"""Who is near whom, compiled: all that can matter before somebody has moved half a skin (Verlet 1967)."""

import numpy as np

from emulator.arrays.compiled.jit import kept
from emulator.arrays.programs.floor import Floor


def listed(floor: Floor) -> Floor:
    """The floor with new lists, by where robots are now."""
    side = _side(floor)
    bins = (floor.width // side + 1) * (floor.height // side + 1) + floor.robots
    if len(floor.bins) < bins:
        floor = floor._replace(bins=np.empty(bins, np.int32))
    while not make_lists(floor, side):
        touching, hearing = (np.empty(2 * len(old), np.int32) for old in (floor.touching, floor.hearing))
        floor = floor._replace(touching=touching, hearing=hearing)
    return floor


def _side(floor: Floor) -> int:
    """Of a bin: whoever is near is in the same one, or beside it."""
    return max(floor.reach, 2 * floor.radius) + floor.skin


@kept
def make_lists(floor, side):
    """Fill the lists; returns whether there is room enough."""
    places, begins, touching, hearing = floor.places, floor.begins, floor.touching, floor.hearing
    across, down = floor.width // side + 1, floor.height // side + 1
    heads, after = floor.bins[: across * down], floor.bins[across * down :]
    heads[:] = -1
    for robot in range(floor.robots - 1, -1, -1):
        at = places[robot, 1] // side * across + places[robot, 0] // side
        after[robot] = heads[at]
        heads[at] = robot
    touch2 = (2 * floor.radius + floor.skin) ** 2
    reach2 = (floor.reach + floor.skin) ** 2
    touch, hear = 0, 0
    for robot in range(floor.robots):
        begins[robot, 0], begins[robot, 1] = touch, hear
        x, y = places[robot, 0], places[robot, 1]
        col, row = x // side, y // side
        for r in range(max(0, row - 1), min(down, row + 2)):
            for c in range(max(0, col - 1), min(across, col + 2)):
                other = np.int64(heads[r * across + c])
                while other >= 0:
                    away2 = (places[other, 0] - x) ** 2 + (places[other, 1] - y) ** 2
                    if other != robot and away2 <= touch2:
                        if touch == len(touching):
                            return False
                        touching[touch] = other
                        touch += 1
                    if other != robot and away2 <= reach2:
                        if hear == len(hearing):
                            return False
                        place = hear
                        while place > begins[robot, 1] and hearing[place - 1] > other:
                            hearing[place] = hearing[place - 1]
                            place -= 1
                        hearing[place] = other
                        hear += 1
                    other = np.int64(after[other])
    begins[floor.robots, 0], begins[floor.robots, 1] = touch, hear
    floor.listed_at[:] = places
    return True
