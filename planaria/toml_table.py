"""A table of a TOML file, read key by key; every refusal says file, key, value, limit and fix."""

import json
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from firmware.errors import InputError
from firmware.option import Option
from firmware.system.reading import read_input
from planaria.dotted import PARTS_MAX, long_key

NUMBER_MAX: Final = 10**9
"""No number of a plan but its seed is larger, or smaller than its negative."""

NUMBER_BITS_MAX: Final = 4096
"""Of a whole number, which decimal digits can still show; what may be asked of it is said elsewhere."""

SHOWN_MAX: Final = 80
"""Characters of a key or a value that an error repeats."""

LETTERS_MAX: Final = 1 << 18
"""Characters of a file: it is then read, or refused, within half a second."""

TEXT_MAX: Final = 1000
"""Characters of a text in it."""

ITEMS_MAX: Final = 1000
"""Values of a list."""

NAMES_MAX: Final = 100
"""Names that a table may make up."""


FIX: Final = "see a shipped plan"

BYTE_ORDER_MARK: Final = "\ufeff"
"""What some editors put in front of a text."""


def read_text(what: str, path: Path) -> str:
    """A file's text, byte order mark included.

    Raises:
        InputError: it cannot be read, or is no text in UTF-8.
    """
    content = read_input(what, path, LETTERS_MAX, "check the path")
    if b"\0" in content:
        raise InputError(what, path, "it is in UTF-16 or UTF-32, or no text", "save it as UTF-8")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise InputError(what, path, "it is not a text in UTF-8", "save it as UTF-8") from error


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
    def load(cls, what: str, path: Path, fix: str = FIX) -> "TomlTable":
        """Read a TOML file; ``what`` it is and the ``fix`` are for errors.

        Raises:
            InputError: it cannot be read, is no text in UTF-8, or as ``parse``.
        """
        return cls.parse(read_text(what, path).removeprefix(BYTE_ORDER_MARK), str(path), fix)

    @classmethod
    def parse(cls, text: str, source: str, fix: str = FIX) -> "TomlTable":
        """Read the text of a TOML file.

        Raises:
            InputError: it is not TOML, or too large; the message has line and column.
        """
        if len(text) > LETTERS_MAX:
            limit = f"there can be {LETTERS_MAX:,}"
            raise InputError(source, f"{len(text):,} characters", limit, fix)
        if key := long_key(text):
            limit = f"a key can have {PARTS_MAX} parts"
            raise InputError(source, on_one_line(key), limit, fix)
        try:
            text.encode()  # half a surrogate pair is in no file
            content = tomllib.loads(text)
            for number in _whole_numbers(content):
                if number.bit_length() > NUMBER_BITS_MAX:
                    said = f"a whole number has {number.bit_length():,} bits of {NUMBER_BITS_MAX:,}"
                    raise ValueError(f"{said} (at a number)")
            return cls(source, "", content)
        except RecursionError as error:
            raise InputError(source, "[[[...", "it is nested too deeply", fix) from error
        except ValueError as error:
            reason, _, place = str(error).partition(" (at ")
            where = place.rstrip(")") or "a number"
            why = f"it is not TOML: {reason[:1].lower()}{reason[1:]}"
            raise InputError(source, where, why, fix) from error

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
        shown = cut(key if re.fullmatch(r"[\w-]+(\[\d+\])?", key, re.ASCII) else json.dumps(key))
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
        """The value of a key, a number."""
        value = self._value(key, default)
        if type(value) not in (int, float) or not abs(value) <= NUMBER_MAX:
            raise self.error(
                key, quoted(value), f"it must be a number, at most {NUMBER_MAX:,}", f"e.g. {key} = 0.05"
            )
        return float(value)

    def flag(self, key: str, default: bool | None = None) -> bool:
        """The value of a key, yes or no."""
        value = self._value(key, default)
        if type(value) is not bool:
            raise self.error(key, quoted(value), "it must be true or false", f"e.g. {key} = true")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty."""
        value = self._value(key, default)
        if type(value) is not str or not value:
            raise self.error(key, quoted(value), "it must be a text", f'e.g. {key} = "..."')
        if len(value) > TEXT_MAX:
            raise self.error(key, value, f"it can have {TEXT_MAX:,} characters", "make it shorter")
        return value

    def option(self, option: Option) -> Any:
        """The value of an option of a world, or its default; numbers that are not whole are not checked."""
        if option.is_switch:
            return self.flag(option.name, option.default)
        if option.is_whole and (limits := option.limits):
            return self.whole(option.name, int(limits.low), int(limits.high), option.default)
        if option.is_number:
            return self.number(option.name, option.default)
        return self.text(option.name, option.default)

    def items(self, key: str) -> list[Any]:
        """A list that is not empty."""
        value = self._value(key, None)
        if type(value) is not list or not value:
            raise self.error(
                key, quoted(value), "it must be a list of at least one value", f"e.g. {key} = [...]"
            )
        if len(value) > ITEMS_MAX:
            raise self.error(key, f"{len(value):,} values", f"there can be {ITEMS_MAX:,}", "give fewer")
        return value

    def names(self) -> list[str]:
        """The keys of a table, where they are names that the file makes up."""
        if len(self.content) > NAMES_MAX:
            what, count = f"{self.source}: {self.path}", f"{len(self.content):,} names"
            raise InputError(what, count, f"there can be {NAMES_MAX}", "give fewer")
        return list(self.content)

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


def _whole_numbers(content: object) -> Iterator[int]:
    """All that are anywhere in it; hexadecimal ones may have more digits than Python writes down."""
    if isinstance(content, int):
        yield content
    elif isinstance(content, dict | list):
        for part in content.values() if isinstance(content, dict) else content:
            yield from _whole_numbers(part)


def on_one_line(value: object) -> str:
    """A value as an error repeats it: printable and not too long."""
    return cut(str(value) if str(value).isprintable() else quoted(value))


def cut(text: str) -> str:
    """What an error shows of a text that may be long."""
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}..."


def quoted(value: object) -> str:
    """A value with its type to be seen: texts in quotes, true and false small."""
    return json.dumps(value, default=str, ensure_ascii=False)
