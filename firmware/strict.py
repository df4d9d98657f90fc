"""Maps and JSON of which all readers have the same opinion, whoever has written them."""

import json
from collections.abc import Callable
from typing import Any, NoReturn


def unique_keys(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    """A map whose keys are texts, each there once.

    Args:
        pairs: its keys and values, as the readers of JSON and msgpack give them to an ``object_pairs_hook``.

    Raises:
        ValueError: it is another.
    """
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("a key is there twice")
    if any(type(key) is not str for key in content):
        raise ValueError("a key is no text")
    return content


def parse_json(text: str | bytes, of_map: Callable[[list[tuple[Any, Any]]], Any] = unique_keys) -> Any:
    """JSON in which no key is there twice, and every number is one.

    Args:
        text: of any origin; bytes as ``json.loads`` takes them.
        of_map: makes a map of its keys and values.

    Raises:
        ValueError: it is something else, or nested too deeply.
    """
    try:
        return json.loads(text, object_pairs_hook=of_map, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")
