"""Numbers as colours: what a variable is in each cell, and a bar that says which colour is which number."""

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from planaria.pictures.drawing import colormaps
from planaria.pictures.recording import NOTHING

BAR_PX: Final = 16
"""Height of the bar."""

Rgb = NDArray[np.uint8]


class Scale:
    """Colours of numbers between two of them, from dark to bright.

    Args:
        low: the smallest number.
        high: the largest.
    """

    def __init__(self, low: int, high: int) -> None:
        self._low, self._high = low, high
        self._colours = (colormaps["viridis"](np.arange(256))[:, :3] * 255).astype(np.uint8)

    @classmethod
    def of(cls, pictures: Iterable[NDArray[np.int64]]) -> "Scale":
        """The scale on which all numbers of some pictures have room; of none 0 to 0."""
        seen = (picture[picture != NOTHING] for picture in pictures)
        ends = [(int(numbers.min()), int(numbers.max())) for numbers in seen if numbers.size]
        return cls(min((low for low, _ in ends), default=0), max((high for _, high in ends), default=0))

    def paint(self, numbers: NDArray[np.int64]) -> Rgb:
        """Numbers, int64[...] -> uint8[..., 3]."""
        share = (numbers.astype(float) - self._low) / max(1, self._high - self._low)
        colours: Rgb = self._colours[np.clip(share * 255, 0, 255).astype(np.intp)]
        colours[numbers == NOTHING] = 255
        return colours

    def bar(self, width_px: int) -> Rgb:
        """A strip with all colours between both numbers: uint8[BAR_PX, width, 3]."""
        image = Image.new("RGB", (width_px, BAR_PX), "white")
        draw = ImageDraw.Draw(image)
        low, high = str(self._low), str(self._high)
        left, right = draw.textlength(low) + 6, width_px - draw.textlength(high) - 6
        draw.text((2, 2), low, fill="black")
        draw.text((right + 4, 2), high, fill="black")
        strip = np.array(image)
        places = np.arange(int(left), max(int(left), int(right)))
        strip[4:12, places] = self._colours[np.linspace(0, 255, len(places)).astype(np.intp)]
        return strip
