"""A table of a TOML file, read key by key; every refusal says file, key, value, limit and fix."""

import json
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from firmware.errors import InputError

NUMBER_MAX: Final = 10**9
"""No number of a plan but its seed is larger, or smaller than its negative."""

SHOWN_MAX: Final = 80
"""Characters of a value that an error repeats."""


@dataclass(frozen=True)
class TomlTable:
    """A table and where it stands.

    A method that reads a key takes the value to use where the key is missing; None asks for the key.

    Attributes:
        source: the file, as errors call it.
        path: of the table in the file, ``""`` for the file itself.
        content: key -> value.
    """

    source: str
    path: str
    content: dict[str, Any]

    @classmethod
    def parse(cls, text: str, source: str) -> "TomlTable":
        """Read a file's text.

        Raises:
            InputError: it is not TOML; the message has line and column.
        """
        try:
            return cls(source, "", tomllib.loads(text))
        except RecursionError as error:
            raise InputError(source, "[[[...", "it is nested too deeply", "see a shipped plan") from error
        except ValueError as error:
            reason, _, place = str(error).partition(" (at ")
            where = place.rstrip(")") or "a number"
            raise InputError(
                source, where, f"it is not TOML: {reason[:1].lower()}{reason[1:]}", "see a shipped plan"
            ) from error

    def check_keys(self, *known: str) -> None:
        """Refuse a key that is not one of these.

        Raises:
            InputError: there is one; the message has the nearest known key.
        """
        for key in self.content:
            if key not in known:
                near = get_close_matches(key, known, 1)
                advice = f"did you mean '{near[0]}'? " if near else ""
                value = quoted(self.content[key])
                raise self.error(key, value, "there is no such key", f"{advice}known are {', '.join(known)}")

    def error(self, key: str, value: object, limit: str, fix: str) -> InputError:
        """The refusal of a key's value."""
        return InputError(f"{self.source}: {self.at(key)}", on_one_line(value), limit, fix)

    def at(self, key: str) -> str:
        """Path of a key in the file."""
        shown = key if re.fullmatch(r"[\w-]+(\[\d+\])?", key, re.ASCII) else json.dumps(key)
        return f"{self.path}.{shown}" if self.path else shown

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number from ``low`` to ``high``."""
        value = self._value(key, default)
        limit = f"it must be a whole number, {low:,} to {high:,}"
        if type(value) is not int:
            raise self.error(key, quoted(value), limit, f"e.g. {key} = {max(low, default or 0)}")
        if not low <= value <= high:
            raise self.error(key, value, limit, "choose another")
        return value

    def number(self, key: str, default: float | None = None) -> float:
        """A number."""
        value = self._value(key, default)
        if type(value) not in (int, float) or not abs(value) <= NUMBER_MAX:
            raise self.error(
                key, quoted(value), f"it must be a number, at most {NUMBER_MAX:,}", f"e.g. {key} = 0.05"
            )
        return float(value)

    def flag(self, key: str, default: bool | None = None) -> bool:
        """Yes or no."""
        value = self._value(key, default)
        if type(value) is not bool:
            raise self.error(key, quoted(value), "it must be true or false", f"e.g. {key} = true")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty."""
        value = self._value(key, default)
        if type(value) is not str or not value:
            raise self.error(key, quoted(value), "it must be a text", f'e.g. {key} = "..."')
        return value

    def items(self, key: str) -> list[Any]:
        """A list that is not empty."""
        value = self._value(key, None)
        if type(value) is not list or not value:
            raise self.error(
                key, quoted(value), "it must be a list of at least one value", f"e.g. {key} = [...]"
            )
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of at least one text, none of them empty."""
        numbered = {f"{key}[{index}]": value for index, value in enumerate(self.items(key))}
        listed = TomlTable(self.source, self.path, numbered)
        return tuple(listed.text(item) for item in numbered)

    def table(self, key: str) -> "TomlTable":
        """A table within; an empty one where the key is missing."""
        value = self._value(key, {})
        if type(value) is not dict:
            raise self.error(key, quoted(value), "it must be a table", f"e.g. [{self.at(key)}]")
        return TomlTable(self.source, self.at(key), value)

    def _value(self, key: str, default: Any) -> Any:
        value = self.content.get(key, default)
        if value is None:
            raise self.error(key, "nothing", "it is missing", f"add {key} = ...")
        return value

    @contextmanager
    def naming(self) -> Iterator[None]:
        """Within, a refusal of an option gets the name of the key in this table."""
        try:
            yield
        except InputError as error:
            raise self.error(error.what, error.value, error.limit, error.fix) from error


def on_one_line(value: object) -> str:
    """A value as an error repeats it: printable and not too long."""
    text = str(value) if str(value).isprintable() else quoted(value)
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}..."


def quoted(value: object) -> str:
    """A value with its type to be seen: texts in quotes, true and false small."""
    return json.dumps(value, default=str, ensure_ascii=False)
