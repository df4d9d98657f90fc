"""Tables that a spreadsheet shows and does not compute: names of other people may be formulas."""

from typing import Final
from unicodedata import category, normalize

from planaria.campaign.trial import Value

FORMULA: Final = ("=", "+", "-", "@")
"""What a formula begins with, behind spaces, quotes and what is not seen."""

_SKIPPED: Final = ("'", '"')


def inert(value: Value | None) -> Value | None:
    """A cell: numbers as they are, and a text that may be a formula with an apostrophe in front."""
    if not isinstance(value, str):
        return value
    seen = (letter for letter in normalize("NFKC", value) if letter not in _SKIPPED and _is_seen(letter))
    return f"'{value}" if value[:1] in ("\t", "\r", "\n") or next(seen, "") in FORMULA else value


def _is_seen(letter: str) -> bool:
    return category(letter)[0] not in "ZC"
