"""Where a program's robots begin, and what light falls on them, as its file says."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from emulator.program_boards import asked, is_number
from emulator.world.light import Light
from emulator.world.plane import TURN, UM, Plane
from emulator.world.robots import Robots, robots_of
from emulator.world.topology import Topology
from firmware.errors import InputError, shortened, written

LIGHT_MAX: Final = 1023
"""Of ambient light, as a converter of ten bits measures it."""

PIXELS_MAX: Final = 1 << 24
"""Of all pictures of the light together."""

LASTS_MAX_MS: Final = 1_000_000_000
"""For which a picture stays."""

WRITTEN_MAX: Final = 40
"""Letters of a number in a message."""


@dataclass(frozen=True)
class ProgramFloor:
    """What the file of a program says of the plane in which its robots are.

    Attributes:
        name: of the program, for messages.
        starts: takes the topology and returns for each robot x and y in mm, and perhaps its heading in
            degrees, 0 up and clockwise; None is rows and columns.
        light: takes the topology and returns the light on the floor, whole numbers to 1023 in rows and
            columns of pixels, however many; or several such pictures and how many ms each lasts, after
            which they begin again; None if there is none.
    """

    name: str = "program"
    starts: Callable[[Topology], Any] | None = None
    light: Callable[[Topology], Any] | None = None

    def robots(self, plane: Plane, seed: int) -> Robots:
        """Robots as they are when power comes.

        Raises:
            InputError: ``starts`` raises, or puts robots where they cannot be.
        """
        robots = robots_of(plane, seed)
        if self.starts is None:
            return robots
        starts = self.starts
        given = asked(self.name, "starts", starts, lambda: np.asarray(starts(plane), np.float64))
        columns = 3 if given.ndim == 2 and given.shape[1] == 3 else 2
        if given.shape != (plane.cells, columns) or not np.isfinite(given).all():
            limit = f"its starts must be finite numbers, [{plane.cells}, 2] or [{plane.cells}, 3]"
            raise InputError("program", self.name, limit, f"they are {given.dtype}{list(given.shape)}")
        if columns == 3:
            robots.headings[...] = np.rint(given[:, 2] % 360 * (TURN / 360)).astype(np.int64) % TURN
        self._check(plane, given)
        robots.places_um[...] = np.rint(given[:, :2] * UM)
        return robots

    def _check(self, plane: Plane, given: NDArray[np.float64]) -> None:
        """Refuse robots outside, or in each other."""
        radius_mm = plane.radius_um / UM
        low, high = radius_mm, np.array(plane.walls_um) / UM - radius_mm
        outside = np.flatnonzero(((given[:, :2] < low) | (given[:, :2] > high)).any(1))
        if len(outside):
            x, y = given[outside[0], :2]
            limit = f"its starts put robot {outside[0]} at {x:g}, {y:g} mm, in a wall or outside"
            fix = f"x may be {low:g} to {high[0]:g} mm here, y to {high[1]:g}"
            raise InputError("program", self.name, limit, fix)
        pairs = KDTree(given[:, :2]).query_pairs(2 * radius_mm - 1 / UM)
        if pairs:
            one, other = min(pairs)
            limit = f"its starts put robots {one} and {other} in each other"
            raise InputError("program", self.name, limit, f"a robot has a diameter of {plane.diameter_mm} mm")

    def light_on(self, plane: Plane) -> Light | None:
        """The light on the floor; None if there is none.

        Raises:
            InputError: ``light`` raises, or is no such picture, or no such pictures.
        """
        if self.light is None:
            return None
        light = self.light
        pictures, lasts_ms = _pictures(asked(self.name, "light", light, lambda: light(plane)))
        if pictures.dtype.kind not in "iu" or pictures.ndim != 3 or not 0 < pictures.size <= PIXELS_MAX:
            limit = (
                "its light must be whole numbers in rows and columns, or pictures of such and how many ms "
                f"each lasts; at most {PIXELS_MAX:,}"
            )
            shape = [*pictures.shape] if lasts_ms != LASTS_MAX_MS else [*pictures.shape][1:]
            raise InputError("program", self.name, limit, f"it is {pictures.dtype}{shape}")
        if pictures.min() < 0 or pictures.max() > LIGHT_MAX:
            limit = (
                f"its light has {pictures.min()} to {pictures.max()}, and a robot measures 0 to {LIGHT_MAX}"
            )
            raise InputError("program", self.name, limit, "scale it")
        if not is_number(lasts_ms, LASTS_MAX_MS) or lasts_ms == 0:
            limit = f"each picture of its light must last 1 to {LASTS_MAX_MS:,} whole ms"
            lasts = f"{shortened(written(lasts_ms), WRITTEN_MAX)}, {type(lasts_ms).__name__}"
            raise InputError("program", self.name, limit, f"it lasts {lasts}")
        return Light(pictures.astype(np.int16), 1000 * int(lasts_ms))


def _pictures(given: Any) -> tuple[NDArray[Any], Any]:
    """What a function ``light`` has returned, as pictures and how many ms each lasts; one lasts for ever."""
    try:
        if isinstance(given, list | tuple) and len(given) == 2 and np.ndim(given[1]) == 0:
            return np.asarray(given[0]), given[1]
        return np.asarray(given)[None], LASTS_MAX_MS
    except ValueError:  # rows of unlike lengths
        return np.array([[None]]), LASTS_MAX_MS
