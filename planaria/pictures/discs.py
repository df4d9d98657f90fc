"""Robots on their floor: discs where they are, with a line to where they look."""

from math import isqrt
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from emulator.world.plane import TURN, Plane

FLOOR_PX: Final = 512
"""The longer side of a picture."""

RADIUS_MIN_PX: Final = 2

GROUND, RIM, NOSE = 255, 150, 110
"""Greys of the floor, of a disc's rim, and of the line to where a robot looks."""


class Discs:
    """Paints robots by their colours. A ``Canvas``.

    Args:
        plane: in which they are.

    Attributes:
        height: of a picture in pixels.
        width: likewise.
    """

    def __init__(self, plane: Plane) -> None:
        width_um, height_um = plane.walls_um
        self._um_a_pixel = max(width_um, height_um) / FLOOR_PX
        self.width, self.height = (max(1, round(side / self._um_a_pixel)) for side in (width_um, height_um))
        self._radius_px = max(RADIUS_MIN_PX, round(plane.radius_um / self._um_a_pixel))
        reach = np.arange(-self._radius_px, self._radius_px + 1)
        down, right = (offsets.ravel() for offsets in np.meshgrid(reach, reach, indexing="ij"))
        away2 = down**2 + right**2
        inside = away2 <= self._radius_px**2 + self._radius_px // 2
        self._disc = down[inside], right[inside]
        inner = isqrt(away2.max() // 2) - 1
        self._rim = away2[inside] > inner**2
        self._where = np.zeros((plane.cells, 3), np.int32)

    def at(self, where: NDArray[np.int32] | None) -> Self:
        """The same floor with robots there: int32[cells, 3], x and y in um, and heading."""
        assert where is not None
        self._where = where
        return self

    def paint(self, colours: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """All robots in their places: uint8[..., 3], one for each -> uint8[height, width, 3]."""
        picture = np.full((self.height, self.width, 3), GROUND, np.uint8)
        middles = (self._where[:, :2] / self._um_a_pixel).astype(np.intp)
        down, right = self._disc
        rows = np.clip(middles[:, 1, None] + down, 0, self.height - 1)
        cols = np.clip(middles[:, 0, None] + right, 0, self.width - 1)
        painted = np.repeat(colours.reshape(-1, 1, 3), len(down), axis=1)
        painted[:, self._rim] = RIM
        picture[rows, cols] = painted
        self._draw_noses(picture, middles)
        return picture

    def _draw_noses(self, picture: NDArray[np.uint8], middles: NDArray[np.intp]) -> None:
        angle = self._where[:, 2] * (2 * np.pi / TURN)
        ahead = np.stack([np.sin(angle), -np.cos(angle)], axis=1)
        for part in np.linspace(1, 1.7, 2 * self._radius_px):
            at = np.rint(middles + ahead * part * self._radius_px).astype(np.intp)
            at = np.clip(at, 0, [self.width - 1, self.height - 1])
            picture[at[:, 1], at[:, 0]] = NOSE
