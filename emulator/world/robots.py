"""Where robots are in a plane, which way they look, and how strong their motors are.

SPEC.md, "Robots that move", says the same in prose.
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from emulator.world.draws import Stream, draw32, key
from emulator.world.plane import TURN, Plane

DIRECTIONS: Final = 1 << 12
"""Of which there are sines: headings lie closer."""

DIRECTION_SHIFT: Final = 4
"""From headings to directions."""

SINE_SHIFT: Final = 14
"""1.0, of a sine, is ``1 << SINE_SHIFT``."""

STRENGTH_SHIFT: Final = 10
"""1.0, of a motor."""

FULL: Final = 255
"""Of a motor, all that it can."""

PASSES: Final = 2
"""Of contacts in a step: after one alone robots in a crowd stand 4 % in each other."""

STRENGTH_MAX: Final = 64 << STRENGTH_SHIFT
"""Of a motor, whatever faults do to it."""

TANGENT: Final = (169, 408)
"""Of an eighth of a half turn, as a fraction: where one port's sector ends and the next begins."""

SINES: Final = np.array(
    [round(math.sin(2 * math.pi * k / DIRECTIONS) * (1 << SINE_SHIFT)) for k in range(DIRECTIONS)], np.int64
)
COSINES: Final = np.roll(SINES, -DIRECTIONS // 4)


class Robots(NamedTuple):
    """All robots of a plane; engines move them in these arrays.

    Attributes:
        places_um: int64[cells, 2], x and y of their middles.
        headings: int64[cells], 0 to ``TURN`` - 1: 0 is up, and they grow clockwise.
        strengths: int64[cells, 2], of the motor that turns left and of the one that turns right.
        blind: int64[cells], not 0 where sensors keep saying what they said last.
    """

    places_um: NDArray[np.int64]
    headings: NDArray[np.int64]
    strengths: NDArray[np.int64]
    blind: NDArray[np.int64]


def robots_of(plane: Plane, seed: int) -> Robots:
    """Robots in rows and columns, as they are when power comes.

    Args:
        plane: in which they are.
        seed: of the run, from which headings and strengths follow.
    """
    numbers = np.arange(plane.cells, dtype=np.uint64)
    headings = draw32(np.uint64(key(seed, Stream.HEADING, 0)), numbers) >> 16
    most = round(plane.spread * (1 << STRENGTH_SHIFT))
    motors = np.arange(2 * plane.cells, dtype=np.uint64)
    drawn = draw32(np.uint64(key(seed, Stream.MOTOR, 0)), motors) * np.uint64(2 * most + 1) >> 32
    strengths = (1 << STRENGTH_SHIFT) - most + drawn.astype(np.int64)
    starts_um, seeing = plane.starts_um(), np.zeros(plane.cells, np.int64)
    return Robots(starts_um, headings.astype(np.int64) % TURN, strengths.reshape(-1, 2), seeing)


def hold(plane: Plane, robots: Robots) -> None:
    """Keep robots within the walls."""
    low, high = plane.radius_um, np.array(plane.walls_um) - plane.radius_um
    np.clip(robots.places_um, low, high, out=robots.places_um)


def in_range(plane: Plane, robots: Robots) -> NDArray[np.int32]:
    """Whom each robot's radio reaches, by number: int32[cells, most], filled up with the number of robots."""
    near = KDTree(robots.places_um).query_pairs(plane.range_um + 1, output_type="ndarray")
    away = robots.places_um[near[:, 0]] - robots.places_um[near[:, 1]]
    near = near[(away**2).sum(1) <= plane.range_um**2]
    senders, receivers = np.concatenate([near, near[:, ::-1]]).T
    order = np.lexsort((receivers, senders))
    senders, receivers = senders[order], receivers[order]
    counts = np.bincount(senders, minlength=plane.cells)
    table = np.full((plane.cells, max(1, counts.max(initial=0))), plane.cells, np.int32)
    table[senders, np.arange(len(senders)) - np.repeat(np.cumsum(counts) - counts, counts)] = receivers
    return table


def sector(dx_um: int, dy_um: int, heading: int) -> int:
    """The port that faces what is so far to the right and down of a robot that looks there."""
    sine, cosine = (int(table[heading >> DIRECTION_SHIFT]) for table in (SINES, COSINES))
    ahead, right = dx_um * sine - dy_um * cosine, dx_um * cosine + dy_um * sine
    less, more = TANGENT
    if abs(right) * more < abs(ahead) * less:
        return 0 if ahead > 0 else 4
    if abs(ahead) * more < abs(right) * less:
        return 2 if right > 0 else 6
    if ahead > 0:
        return 1 if right > 0 else 7
    return 3 if right > 0 else 5


def distance_lost_below(plane: Plane, distance_um: int) -> int:
    """Below which a draw of 32 bits loses a message for its distance; 0 within what is clear."""
    if distance_um <= plane.clear_um:
        return 0
    return ((distance_um - plane.clear_um) << 32) // (plane.range_um - plane.clear_um)
