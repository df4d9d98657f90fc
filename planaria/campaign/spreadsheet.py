"""Tables that a spreadsheet shows and does not compute: names of other people may be formulas.

Where a comma is part of numbers, spreadsheets part cells at semicolons, and then know no quotes in the middle
of a cell: what follows a semicolon, a tabulator or the end of a line begins a cell, too.
"""

import re
from typing import Final
from unicodedata import category, normalize

from planaria.campaign.trial import Value

FORMULA: Final = ("=", "+", "-", "@")
"""What a formula begins with, behind spaces, quotes and what is not seen."""

_SKIPPED: Final = ("'", '"')

_PARTED: Final = re.compile(r"([;\t\r\n])")
"""What parts cells and lines; it is kept."""


def inert(value: Value | None) -> Value | None:
    """A cell: numbers as they are, and a text that may be a formula with an apostrophe in front of that."""
    if not isinstance(value, str):
        return value
    first, *rest = _PARTED.split(value)
    front = "'" if value[:1] in ("\t", "\r", "\n") else ""
    return front + _inert(first) + "".join(map(_inert, rest))


def _inert(part: str) -> str:
    """Of a text, what a spreadsheet may take for a cell."""
    seen = (letter for letter in normalize("NFKC", part) if letter not in _SKIPPED and _is_seen(letter))
    return f"'{part}" if next(seen, "") in FORMULA else part


def _is_seen(letter: str) -> bool:
    return category(letter)[0] not in "ZC"
