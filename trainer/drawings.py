"""Built-in targets, drawn by code: each is a few shapes on the square from -1 to 1, x right, y down.

A drawing is a function from a canvas to nothing; ``draw`` renders it with 8x8 samples per pixel.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

SAMPLES = 8
"""Samples per pixel and axis; their mean is the pixel."""

Mask = NDArray[np.bool_]
Colour = tuple[int, int, int]


class Canvas:
    """Coordinates ``x``, ``y`` of every sample, and the RGBA painted on each, float64[n, n, 4]."""

    def __init__(self, size_px: int) -> None:
        samples = size_px * SAMPLES
        ticks = (np.arange(samples) + 0.5) * 2 / samples - 1
        self.x, self.y = np.meshgrid(ticks, ticks)
        self.rgba = np.zeros((samples, samples, 4))

    def paint(self, where: Mask, colour: Colour) -> None:
        """Fill a shape with an opaque colour."""
        self.rgba[where] = (*colour, 255)

    def erase(self, where: Mask) -> None:
        """Make a shape of the drawing transparent."""
        self.rgba[where] = 0

    def ellipse(self, x: float, y: float, rx: float, ry: float) -> Mask:
        """Inside of an ellipse around (x, y)."""
        return ((self.x - x) / rx) ** 2 + ((self.y - y) / ry) ** 2 < 1

    def pixels(self) -> NDArray[np.uint8]:
        """Mean over the samples: uint8[size, size, 4], straight (not premultiplied) RGBA."""
        size = len(self.rgba) // SAMPLES
        blocks = self.rgba.reshape(size, SAMPLES, size, SAMPLES, 4)
        alpha = blocks[..., 3].mean((1, 3))
        weighted = (blocks[..., :3] * blocks[..., 3:]).mean((1, 3))
        colour = np.divide(
            weighted, alpha[..., None], out=np.zeros_like(weighted), where=alpha[..., None] > 0
        )
        return np.floor(np.concatenate([colour, alpha[..., None]], -1) + 0.5).astype(np.uint8)


def planarian(canvas: Canvas) -> None:
    """The flatworm that regrows from any piece: arrow-shaped head, two eye spots, tapering body."""
    x, y = canvas.x - 0.1 * np.sin(2.4 * canvas.y), canvas.y
    body = (np.abs(x) < 0.38 * np.sqrt(np.clip(1 - ((y - 0.05) / 0.92) ** 2, 0, 1))) & (y > -0.6)
    head = (y > -0.95) & (y < -0.35) & (np.abs(x) < 0.62 - 1.25 * np.abs(y + 0.5))
    canvas.paint(body | head, (122, 82, 56))
    canvas.paint((np.abs(x) < 0.13) & (y > -0.3) & (y < 0.65), (186, 132, 86))
    _eyes(canvas, -0.08, -0.55, -0.53)


def two_headed(canvas: Canvas) -> None:
    """A planarian with a head at each end, as it grows when cells of a piece cannot talk (Oviedo 2010)."""
    bend = 0.1 * np.sin(2.4 * canvas.y)
    x, y = canvas.x - bend, np.abs(canvas.y)
    body = (np.abs(x) < 0.34 - 0.1 * y) & (y < 0.7)
    head = (y > 0.35) & (y < 0.95) & (np.abs(x) < 0.62 - 1.25 * np.abs(y - 0.5))
    canvas.paint(body | head, (122, 82, 56))
    canvas.paint((np.abs(x) < 0.11) & (y < 0.3), (186, 132, 86))
    for end in (-1, 1):
        _eyes(canvas, 0.08 * end, 0.55 * end, 0.53 * end)


def _eyes(canvas: Canvas, x: float, y: float, pupil_y: float) -> None:
    for side in (-1, 1):
        canvas.paint(canvas.ellipse(side * 0.2 + x, y, 0.15, 0.15), (250, 246, 230))
        canvas.paint(canvas.ellipse(side * 0.15 + x, pupil_y, 0.08, 0.09), (20, 16, 20))


def letter_p(canvas: Canvas) -> None:
    """A capital P with slab serifs."""
    stem = (canvas.x > -0.55) & (canvas.x < -0.15) & (np.abs(canvas.y) < 0.95)
    bowl = canvas.ellipse(-0.05, -0.4, 0.72, 0.55) & (canvas.x > -0.4)
    counter = canvas.ellipse(-0.05, -0.4, 0.32, 0.25) & (canvas.x > -0.15)
    serif = (canvas.x > -0.8) & (canvas.x < 0.1) & (canvas.y > 0.7) & (canvas.y < 0.95)
    canvas.paint((stem | bowl | serif) & ~counter, (24, 78, 150))


def french_flag(canvas: Canvas) -> None:
    """Three stripes, Wolpert's problem of positional information; as evolved by Miller (2004)."""
    flag = (np.abs(canvas.y) < 0.75) & (np.abs(canvas.x) < 0.99)
    canvas.paint(flag, (244, 244, 240))
    canvas.paint(flag & (canvas.x < -0.34), (0, 62, 160))
    canvas.paint(flag & (canvas.x > 0.34), (226, 40, 52))


def ring(canvas: Canvas) -> None:
    """A ring whose colour goes round: a hole in the middle, and no two places alike."""
    angle = np.arctan2(canvas.y, canvas.x)
    radius = np.hypot(canvas.x, canvas.y)
    hue = [127.5 + 110 * np.cos(angle - shift) for shift in (0, 2.0944, 4.1888)]
    inside = (radius > 0.45) & (radius < 0.97)
    canvas.rgba[inside] = np.stack([*hue, np.full_like(angle, 255)], -1)[inside]


def heart(canvas: Canvas) -> None:
    """A heart with a highlight."""
    x, y = 1.15 * canvas.x, 0.25 - 1.15 * canvas.y
    canvas.paint((x**2 + y**2 - 0.75) ** 3 - x**2 * y**3 < 0, (214, 32, 60))
    canvas.paint(canvas.ellipse(-0.42, -0.38, 0.2, 0.14), (250, 150, 160))


def smiley(canvas: Canvas) -> None:
    """Draw a round, smiling face."""
    canvas.paint(canvas.ellipse(0, 0, 0.97, 0.97), (250, 202, 46))
    for side in (-1, 1):
        canvas.paint(canvas.ellipse(0.34 * side, -0.28, 0.13, 0.2), (70, 42, 16))
    grin = canvas.ellipse(0, 0.12, 0.62, 0.6) & (canvas.y > 0.18)
    canvas.paint(grin, (120, 30, 24))
    canvas.paint(grin & (canvas.y < 0.33), (255, 255, 255))


def butterfly(canvas: Canvas) -> None:
    """Draw four wings with spots."""
    for side in (-1, 1):
        canvas.paint(canvas.ellipse(0.5 * side, -0.36, 0.48, 0.52), (226, 110, 24))
        canvas.paint(canvas.ellipse(0.42 * side, 0.48, 0.4, 0.42), (240, 160, 40))
        canvas.paint(canvas.ellipse(0.58 * side, -0.42, 0.2, 0.24), (60, 110, 200))
        canvas.paint(canvas.ellipse(0.46 * side, 0.5, 0.16, 0.17), (60, 110, 200))
    canvas.paint(canvas.ellipse(0, 0, 0.13, 0.85), (40, 24, 24))


DRAWINGS: Final[dict[str, Callable[[Canvas], None]]] = {
    "butterfly": butterfly,
    "french-flag": french_flag,
    "heart": heart,
    "letter-p": letter_p,
    "planarian": planarian,
    "ring": ring,
    "smiley": smiley,
    "two-headed": two_headed,
}


def draw(name: str, size_px: int) -> NDArray[np.uint8]:
    """A built-in target: uint8[size, size, 4], straight RGBA. ``name`` is a key of ``DRAWINGS``."""
    canvas = Canvas(size_px)
    DRAWINGS[name](canvas)
    return canvas.pixels()
