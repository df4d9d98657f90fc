"""What robots live with besides what cells have: where they are, who is near whom, and their radio."""

from typing import Any, Final, NamedTuple

import numpy as np

from emulator.config import RunConfig
from emulator.world.draws import MASK, Stream, mix, threshold
from emulator.world.light import DARK, Light
from emulator.world.plane import STEP_US, UM, Plane
from emulator.world.robots import Robots
from emulator.world.senses import NOWHERE, Senses

SKIN_UM: Final = 10 * UM
"""Lists hold who is so much farther away than matters, so that they need not be made at each step."""

NEXT_STEP, PHASE, CLOCK_WORDS = 0, 1, 2
"""Of the clock: when the next step is, and how much of it has been done."""

ROOM: Final = 16
"""For neighbours of each robot, at first."""


class Floor(NamedTuple):
    """A plane as compiled code sees it. Lengths are in um; arrays are int64, but for three of them.

    Attributes:
        places: [robots, 2].
        headings: [robots].
        strengths: [robots, 2].
        blind: [robots].
        pushes: [robots, 2], scratch.
        listed_at: [robots, 2], where they were when the lists were made.
        busy_until: [robots], when each can hear the next frame.
        clock: [2].
        begins: [robots + 1, 2], where in ``touching`` and in ``hearing`` each robot's neighbours begin.
        touching: int32[n], who may touch whom.
        hearing: int32[n], who may hear whom, by number.
        bins: int32[n], scratch.
        light: int16[pictures, down, across], one dark pixel if there is none.
        light_us: how long each picture of it lasts.
    """

    robots: int
    width: int
    height: int
    radius: int
    reach: int
    clear: int
    step_um: int
    step_turn: int
    skin: int
    air_us: int
    motors: int
    distance: int
    distance_most: int
    light_byte: int
    light_us: int
    least_noted: int
    lost_below: int
    radio_base: np.uint64
    places: Any
    headings: Any
    strengths: Any
    blind: Any
    pushes: Any
    listed_at: Any
    busy_until: Any
    clock: Any
    begins: Any
    touching: Any
    hearing: Any
    bins: Any
    light: Any


def make_floor(
    plane: Plane,
    robots: Robots,
    senses: Senses,
    light: Light | None,
    config: RunConfig,
    skin_um: int = SKIN_UM,
) -> Floor:
    """A floor with robots, whose lists have still to be made.

    Args:
        plane: in which they are.
        robots: where; these arrays are moved in.
        senses: of their program.
        light: that falls on it.
        config: seed and loss.
        skin_um: by it the lists differ, and nothing else.
    """
    count = plane.cells
    clock = np.zeros(CLOCK_WORDS, np.int64)
    clock[NEXT_STEP] = STEP_US
    width, height = plane.walls_um
    return Floor(
        robots=count,
        width=width,
        height=height,
        radius=plane.radius_um,
        reach=plane.range_um,
        clear=plane.clear_um,
        step_um=plane.step_um,
        step_turn=plane.step_turn,
        skin=skin_um,
        air_us=plane.air_us,
        motors=senses.motors,
        distance=senses.distance,
        distance_most=(1 << 8 * senses.distance_bytes) - 1,
        light_byte=senses.light if light is not None else NOWHERE,
        light_us=(light or DARK).each_us,
        least_noted=senses.least,
        lost_below=threshold(config.loss),
        radio_base=np.uint64(mix((mix(config.seed) + Stream.RADIO) & MASK)),
        places=robots.places_um,
        headings=robots.headings,
        strengths=robots.strengths,
        blind=robots.blind,
        pushes=np.zeros((count, 2), np.int64),
        listed_at=np.zeros((count, 2), np.int64),
        busy_until=np.zeros(count, np.int64),
        clock=clock,
        begins=np.zeros((count + 1, 2), np.int64),
        touching=np.empty(ROOM * count, np.int32),
        hearing=np.empty(ROOM * count, np.int32),
        bins=np.empty(0, np.int32),
        light=np.ascontiguousarray((light or DARK).pictures),
    )
