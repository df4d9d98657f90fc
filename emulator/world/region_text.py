"""Regions as people write them."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from emulator.world.region import Ball, Everything, LivingTissue, Near, Region, Scatter
from emulator.world.shapes import SIDES, SWIPE_MAX, Band, Disc, Frame, Half, Rectangle, Swipe
from firmware.errors import InputError

_NUMBERS: Final = re.compile(r"\d{1,9}(,\d{1,9})*", re.ASCII)
_BALL: Final = re.compile(r"([\w.-]{1,64}),(\d{1,9})", re.ASCII)


def _halved(numbers: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two places, or a place and a size."""
    return tuple(numbers[: len(numbers) // 2]), tuple(numbers[len(numbers) // 2 :])


_FORMS: Final[dict[str, tuple[tuple[int, ...], Callable[[Sequence[int]], Region]]]] = {
    "band": ((2,), lambda numbers: Band(*numbers)),
    "disc": ((3, 4), lambda numbers: Disc(tuple(numbers[:-1]), numbers[-1])),
    "rect": ((4, 6), lambda numbers: Rectangle(*_halved(numbers))),
    "frame": ((4, 6), lambda numbers: Frame(*_halved(numbers))),
    "line": ((4, 6), lambda numbers: Swipe(*_halved(numbers), 1)),
    "near": ((3,), lambda numbers: Near(*numbers)),
    "swipe": ((5, 7), lambda numbers: Swipe(*_halved(numbers[:-1]), numbers[-1])),
}
"""How many numbers each has, in two and in three dimensions, and what is made of them."""

_EXAMPLES: Final = (
    "all, half:left, disc:16,16,5 (row, column, radius), rect:8,8,4,6 (row, column, height, width), "
    "frame:8,8,16,16 (all but a rectangle), "
    "line:0,16,31,16 (from row, column to row, column), swipe:0,16,31,16,3 (the same, width), random:0.33, "
    "band:0,4 (number, how many), ball:5,2 (cell, hops), "
    "near:300,200,80 (of robots: x, y, radius in mm), in a cube with the layer before each row, "
    "and living:REGION"
)


def parse_region(text: str) -> Region:
    """Read a region, e.g. ``disc:16,16,5``.

    Raises:
        InputError: not a region, or a number out of its limits.
    """
    name, _, rest = text.partition(":")
    if text == "all":
        return Everything()
    if name == "half" and rest in SIDES:
        return Half(rest)
    if name == "living" and not rest.startswith("living"):
        return LivingTissue(parse_region(rest))
    if name == "random" and re.fullmatch(r"\d*\.?\d+", rest, re.ASCII):
        return Scatter(_fraction(float(rest), text))
    if name == "ball" and (ball := _BALL.fullmatch(rest)):
        return Ball(ball[1], int(ball[2]))
    counts, make = _FORMS.get(name, ((), None))
    numbers = list(map(int, rest.split(","))) if _NUMBERS.fullmatch(rest) else []
    if make is None or len(numbers) not in counts:
        raise InputError("region", text, "it is not a region", f"regions are {_EXAMPLES}")
    if name in ("line", "swipe") and max(numbers) >= SWIPE_MAX:
        raise InputError("region", text, f"its numbers must be below {SWIPE_MAX}", "e.g. line:0,16,31,16")
    return make(numbers)


def _fraction(fraction: float, text: str) -> float:
    if fraction > 1:
        raise InputError("region", text, "a fraction must be 0 to 1", "e.g. random:0.33")
    return fraction
