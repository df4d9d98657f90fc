"""The light on a floor: pictures that follow each other, so that lamps move, and then begin again."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from emulator.world.plane import Plane


class Light(NamedTuple):
    """The light on the floor of a plane.

    Attributes:
        pictures: int16[pictures, down, across], 0 to 1023; their pixels cover the floor.
        each_us: how long each lasts.
    """

    pictures: NDArray[np.int16]
    each_us: int

    def below(self, plane: Plane, places_um: NDArray[np.int64], time_us: int) -> NDArray[np.int16]:
        """How much of it falls on some places.

        Args:
            plane: whose floor it is.
            places_um: int64[..., 2].
            time_us: from the start of the run.

        Returns:
            int16[...].
        """
        (width_um, height_um), (count, down, across) = plane.walls_um, self.pictures.shape
        falls: NDArray[np.int16] = self.pictures[
            time_us // self.each_us % count,
            places_um[..., 1] * down // height_um,
            places_um[..., 0] * across // width_um,
        ]
        return falls


DARK = Light(np.zeros((1, 1, 1), np.int16), 1)
"""One dark pixel, for ever."""
