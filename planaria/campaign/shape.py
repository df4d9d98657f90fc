"""What a certificate's file may be: one JSON object with these keys, and values of these kinds."""

from math import isfinite
from typing import Any, Final

from firmware.strict import parse_json, unique_keys

_TEXT, _WHOLE, _NUMBER, _LIST = (str,), (int,), (int, float), (list,)

KINDS: Final[dict[str, tuple[type, ...]]] = {
    **dict.fromkeys(("format", "planaria", "statement", "yardstick", "genome", "plan"), _TEXT),
    **dict.fromkeys(("genome_sha256", "plan_sha256", "genome_base64", "sha256"), _TEXT),
    **dict.fromkeys(("confidence", "within_rounds", "healed_share_at_least"), _NUMBER),
    **dict.fromkeys(("wounds", "healed", "displaced", "unharmed", "not_grown", "point"), _WHOLE),
    "trials": _LIST,
}

ROW: Final[tuple[tuple[type, ...], ...]] = (_WHOLE, _WHOLE, _TEXT, (float, type(None)), _TEXT)
"""Index, seed, outcome, rounds, trace."""


LIST_BYTES: Final = 16
"""A trial takes 90 at least; a file of empty lists would take a hundred times its size of memory."""

LISTS_MIN: Final = 100


def parse(content: bytes) -> Any:
    """JSON of which all readers have the same opinion, with at most one object.

    Raises:
        ValueError: it is something else.
    """
    if content.count(b"[") > LISTS_MIN + len(content) // LIST_BYTES:
        raise ValueError("it has more lists than trials take")
    objects = 0

    def only(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
        nonlocal objects
        objects += 1
        if objects > 1:
            raise ValueError("an object within")
        return unique_keys(pairs)

    return parse_json(content.decode(), only)


def has_shape(certificate: dict[str, Any]) -> bool:
    """Whether it has all keys, no others, and values of the right kinds; none of its trials either."""
    if certificate.keys() != KINDS.keys():
        return False
    if not all(_is(kinds, certificate[name]) for name, kinds in KINDS.items()):
        return False
    return all(
        type(row) is list and len(row) == len(ROW) and all(map(_is, ROW, row))
        for row in certificate["trials"]
    )


def _is(kinds: tuple[type, ...], value: Any) -> bool:
    """Of one of these kinds, which yes and no, endless and huge numbers are not."""
    return type(value) in kinds and (type(value) is not float or isfinite(value)) and not _is_huge(value)


def _is_huge(value: Any) -> bool:
    return type(value) is int and value.bit_length() > 64
