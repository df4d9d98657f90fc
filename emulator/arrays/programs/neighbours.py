"""Who is near whom, compiled: all that can matter before somebody has moved half a skin (Verlet 1967)."""

from typing import Final

import numpy as np

from emulator.arrays.compiled.jit import kept
from emulator.arrays.programs.floor import Floor
from emulator.world.host_memory import check_memory
from emulator.world.plane import UM

BINS_A_ROBOT: Final = 4
"""At most: an empty floor has no more."""

NOTHING, TOUCHING, HEARING = range(3)
"""Lists that may lack room."""


def listed(floor: Floor) -> Floor:
    """The floor with new lists, by where robots are now."""
    # Whoever is near is in the same bin, or beside it; larger bins do, too.
    side = max(floor.reach, 2 * floor.radius) + floor.skin
    while (bins := (floor.width // side + 1) * (floor.height // side + 1)) > BINS_A_ROBOT * floor.robots + 1:
        side *= 2
    if len(floor.bins) < bins + floor.robots:
        floor = floor._replace(bins=np.empty(bins + floor.robots, np.int32))
    while (short := make_lists(floor, side)) != NOTHING:
        old = floor.touching if short == TOUCHING else floor.hearing
        check_memory("range_mm", f"{floor.reach // UM}", 2 * old.nbytes, "let the radio reach less far")
        larger = np.empty(2 * len(old), np.int32)
        floor = floor._replace(touching=larger) if short == TOUCHING else floor._replace(hearing=larger)
    return floor


@kept
def make_lists(floor, side):
    """Fill the lists; returns which of them has not room enough, or NOTHING."""
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
                            return TOUCHING
                        touching[touch] = other
                        touch += 1
                    if other != robot and away2 <= reach2:
                        if hear == len(hearing):
                            return HEARING
                        place = hear
                        while place > begins[robot, 1] and hearing[place - 1] > other:
                            hearing[place] = hearing[place - 1]
                            place -= 1
                        hearing[place] = other
                        hear += 1
                    other = np.int64(after[other])
    begins[floor.robots, 0], begins[floor.robots, 1] = touch, hear
    floor.listed_at[:] = places
    return NOTHING
