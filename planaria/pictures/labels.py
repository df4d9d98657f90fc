"""Texts of other people in figures: names, titles and parameters, shown letter for letter.

matplotlib reads ``$`` as mathematics, leaves lines whose label begins with ``_`` out of legends, and
warns of each letter that its font lacks.
"""

from functools import cache
from typing import Final

from planaria.pictures.drawing import FontProperties, findfont, get_font

LABEL_MAX: Final = 36
"""Characters of a label: more would take the room of what it stands beside."""

NO_GLYPH: Final = "\N{WHITE SQUARE}"
"""Stands for a letter that the font lacks."""


def in_figure(text: str) -> str:
    """A label as matplotlib shows it letter for letter, on one line; the middle of a long one is left out."""
    side = (LABEL_MAX - 1) // 2
    short = text if len(text) <= LABEL_MAX else f"{text[:side]}…{text[-side:]}"
    short = "".join(map(_letter, short))
    escaped = short.replace("$", r"\$")
    return f" {escaped}" if escaped.startswith("_") else escaped


@cache
def _letter(letter: str) -> str:
    """The letter, or what stands for it: a space for a line's end, a square for what the font has not."""
    if letter.isspace():
        return " "
    font = get_font(findfont(FontProperties()))
    return letter if letter.isprintable() and font.get_char_index(ord(letter)) else NO_GLYPH
