"""Parameters of a plan: swept from point to point or drawn by each trial, and put in for ``{name}``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, TypeVar

import numpy as np

from emulator.world.draws import Stream, draw32, key
from firmware.errors import InputError
from planaria.campaign.trial import TrialResult, Value
from planaria.toml_table import NUMBER_MAX, TEXT_MAX, TomlTable, on_one_line, quoted

_PARAMETER: Final = re.compile(r"\{([^{}]*)\}")

_COLUMNS: Final = ("genome", *(field.name for field in fields(TrialResult)))
"""Columns of the table of results, of which each parameter is one as well."""

Given = TypeVar("Given")


@dataclass(frozen=True)
class Between:
    """A whole number from ``low`` to ``high``, each as likely."""

    low: int
    high: int

    def pick(self, draw: int) -> Value:
        """The number that a draw of 32 bits stands for."""
        return self.low + (draw * (self.high - self.low + 1) >> 32)

    @property
    def extremes(self) -> tuple[Value, ...]:
        """What a plan is checked with: every limit that holds at both ends holds between them."""
        return self.low, self.high

    @property
    def count(self) -> int:
        """How many numbers it may be."""
        return self.high - self.low + 1


@dataclass(frozen=True)
class OneOf:
    """One of these values, each as likely."""

    values: tuple[Value, ...]

    def pick(self, draw: int) -> Value:
        """The value that a draw of 32 bits stands for."""
        return self.values[draw * len(self.values) >> 32]

    @property
    def extremes(self) -> tuple[Value, ...]:
        """What a plan is checked with."""
        return self.values

    @property
    def count(self) -> int:
        """How many values it may be."""
        return len(self.values)


Choice = Between | OneOf


def draw_all(choices: Mapping[str, Choice], seed: int) -> dict[str, Value]:
    """What the trial of this seed draws, by name in alphabetical order (SPEC.md, "Draws")."""
    return {
        name: choices[name].pick(draw32(key(seed, Stream.PARAMETER, place), 0))
        for place, name in enumerate(sorted(choices))
    }


def names_in(given: object) -> list[str]:
    """Parameters that a text mentions; a value that is not a text mentions none."""
    return _PARAMETER.findall(given) if isinstance(given, str) else []


def substitute(text: str, values: Mapping[str, Value]) -> str:
    """A text with every ``{name}`` replaced by its value, decimal numbers without an exponent."""
    return _PARAMETER.sub(lambda match: _as_text(values[match[1]]), text)


def substitute_option(given: Given, values: Mapping[str, Value]) -> Given | Value:
    """An option's value: ``"{name}"`` alone becomes the parameter's value, whatever its type."""
    if not isinstance(given, str):
        return given
    alone = _PARAMETER.fullmatch(given)
    return values[alone[1]] if alone else substitute(given, values)


def _as_text(value: Value) -> str:
    return np.format_float_positional(value, trim="-") if isinstance(value, float) else str(value)


def plain(given: Any) -> Any:
    """The same, but whole numbers are ints: a parameter's ``1.0`` is put in as ``1``."""
    if isinstance(given, dict):
        return {name: plain(value) for name, value in given.items()}
    if isinstance(given, list | tuple):
        return [plain(value) for value in given]
    return int(given) if isinstance(given, float) and given.is_integer() else given


def read_sweep(table: TomlTable) -> dict[str, tuple[Value, ...]]:
    """The swept parameters: name -> values.

    Raises:
        InputError: a bad name, no values, or one that is neither a text nor a number, or there twice.
    """
    return {_checked_name(table, name): _read_values(table, name) for name in table.names()}


def read_draw(table: TomlTable) -> dict[str, Choice]:
    """The drawn parameters: name -> what a trial chooses from.

    Raises:
        InputError: as ``read_sweep``, or a range that ends before it begins.
    """
    return {_checked_name(table, name): _read_choice(table.table(name)) for name in table.names()}


def check_names(
    source: str,
    places: Mapping[str, object],
    sweep: Mapping[str, tuple[Value, ...]],
    draw: Mapping[str, Choice],
) -> None:
    """Refuse a parameter that is used and not given, given and not used, or given twice.

    Args:
        source: what the error calls the plan.
        places: key -> value, wherever parameters can be used.
        sweep: the swept ones.
        draw: the drawn ones.

    Raises:
        InputError: there is one.
    """
    given = dict.fromkeys(sweep, "sweep") | dict.fromkeys(draw, "draw")
    for place, value in places.items():
        for name in names_in(value):
            if name not in given:
                known = ", ".join(given) or "none"
                limit, fix = (
                    "it is neither swept nor drawn",
                    f"give it in [sweep] or [draw]; there are {known}",
                )
                raise InputError(f"{source}: {place}", on_one_line(f"{{{name}}}"), limit, fix)
    used = {name for value in places.values() for name in names_in(value)}
    for name, kind in given.items():
        what = f"{source}: {kind}.{name}"
        if name not in used:
            fix = f"write {{{name}}} in the timeline, [world] or [parameters]"
            raise InputError(what, name, "nothing uses it", fix)
        if name in sweep and name in draw:
            raise InputError(what, name, "it is swept and drawn", "leave one out")


def _read_choice(table: TomlTable) -> Choice:
    table.check_keys("from", "to", "of")
    if "of" in table.content:
        if len(table.content) > 1:
            raise table.error(
                "of", quoted(table.content), "it is a list and a range", "give either of, or from and to"
            )
        return OneOf(_read_values(table, "of"))
    low = table.whole("from", -NUMBER_MAX, NUMBER_MAX)
    return Between(low, table.whole("to", low, NUMBER_MAX))


def _read_values(table: TomlTable, name: str) -> tuple[Value, ...]:
    values, seen = table.items(name), set()
    for index, value in enumerate(values):
        item = f"{name}[{index}]"
        number = type(value) in (int, float) and abs(value) <= NUMBER_MAX
        if not number and type(value) is not str:
            raise table.error(
                item,
                quoted(value),
                f"it must be a text or a number, at most {NUMBER_MAX:,}",
                'e.g. "half:left" or 0.05',
            )
        if type(value) is str and len(value) > TEXT_MAX:
            raise table.error(item, value, f"it can have {TEXT_MAX:,} characters", "make it shorter")
        if value in seen:
            raise table.error(item, quoted(value), "it is there twice", "leave one out")
        seen.add(value)
    return tuple(values)


def _checked_name(table: TomlTable, name: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,63}", name, re.ASCII):
        limit = "a name has small letters, digits and _, at most 64"
        raise table.error(name, name, limit, "e.g. row, or loss_1")
    if name in _COLUMNS:
        raise table.error(name, name, "the table of results has a column of that name", "choose another")
    return name
