"""An option of a world is said once, at the field that holds it: name, unit, limits, default and text.

The flag and help of a command, the key of a plan, the keyword of Python, the check of a value and the words
of its refusal follow from there.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from enum import Enum
from functools import cache
from typing import Any, Final, TypeVar

from firmware.arguments import number, text, texts, whole
from firmware.errors import InputError
from firmware.limits import Limits, plain

_KEY: Final = "option"

Holder = TypeVar("Holder")


@dataclass(frozen=True)
class Option:
    """What can be chosen about a world.

    Attributes:
        default: as people write it; its type is that of all values.
        text: what it is, for ``--help`` and documents.
        metavar: what stands for a value; of a text it shows the form.
        limits: of a number or a word; None for other texts, and for yes or no.
        name: keyword of Python and key of a plan, its unit last.
        says: the limit in words of its own, instead of those of ``limits``.
        fix: what helps, instead of the default.
        read: makes of a value what the field holds.
    """

    default: Any
    text: str
    metavar: str = ""
    limits: Limits | None = None
    name: str = ""
    says: str = ""
    fix: str = ""
    read: Callable[[Any], Any] | None = None

    @property
    def flag(self) -> str:
        """How the command line calls it; a list is given one by one."""
        name = self.name.removesuffix("s") if self.is_list else self.name
        return f"--{name.replace('_', '-')}"

    @property
    def is_switch(self) -> bool:
        """Whether it is yes or no."""
        return isinstance(self.default, bool)

    @property
    def is_list(self) -> bool:
        """Whether it is a list of texts."""
        return isinstance(self.default, tuple)

    @property
    def is_number(self) -> bool:
        """Whether it is a number, whole or not."""
        return self.limits is not None and not self.limits.words

    @property
    def is_whole(self) -> bool:
        """Whether it is a whole number."""
        return self.limits is not None and self.limits.whole

    @property
    def shown_default(self) -> str:
        """The default as people type it."""
        if self.is_switch:
            return "yes" if self.default else "no"
        return plain(self.default).replace(",", "") if self.is_number else self.default or "none"

    @property
    def shown_limits(self) -> str:
        """What a value may be, for people."""
        if self.is_switch:
            return "yes or no"
        if self.limits is None:
            return self.metavar
        return str(self.limits)

    def of(self, value: Any) -> Any:
        """What the field holds for a value that somebody has given; NumPy's numbers are numbers.

        Raises:
            InputError: it is of another type, or cannot be read.
        """
        if self.is_switch:
            return bool(value)
        if self.is_list:
            value = texts(self.name, value or ())
        elif self.is_number:
            value = whole(self.name, value) if self.is_whole else number(self.name, value)
        else:
            value = text(self.name, value)
        return self.read(value) if self.read else value


def option(default: Any, text: str, metavar: str = "", limits: Limits | None = None, **more: Any) -> Any:
    """A field that is an option, with this default.

    Args:
        default: what the field holds.
        text: as of ``Option``, like all that follow.
        metavar: what stands for a value.
        limits: of a number or a word.
        more: other attributes of ``Option``; without a name, it has that of the field.
    """
    written = default.name.lower() if isinstance(default, Enum) else default
    return field(default=default, metadata={_KEY: Option(written, text, metavar, limits, **more)})


def options_by_field(holder: Any) -> dict[str, Option]:
    """The options among the fields of a dataclass, in their order: name of the field -> option."""
    return _options(holder)


@cache
def _options(holder: Any) -> dict[str, Option]:
    given = {place.name: place.metadata[_KEY] for place in fields(holder) if _KEY in place.metadata}
    return {place: replace(option, name=option.name or place) for place, option in given.items()}


def filled(holder: type[Holder], values: Mapping[str, Any], **others: Any) -> Holder:
    """A dataclass with the options that are given; the rest have their defaults.

    Args:
        holder: a dataclass.
        values: name of an option -> value, as a person or a program gives it; others are not looked at.
        others: fields that are no options.

    Raises:
        InputError: a value cannot be.
    """
    options = options_by_field(holder)
    named = {place: option for place, option in options.items() if option.name in values}
    given = {place: option.of(values[option.name]) for place, option in named.items()}
    return holder(**given, **others)


def check_options(held: Any) -> None:
    """Refuse a dataclass of which an option is out of its limits.

    Raises:
        InputError: one is; of several the first.
    """
    holder: Any = type(held)
    for place, option, limits in _limited(holder):
        if (value := getattr(held, place)) not in limits:
            limit, fix = option.says or f"it must be {limits}", f"the default is {option.shown_default}"
            raise InputError(option.name, value, limit, option.fix or fix)


@cache
def _limited(holder: Any) -> list[tuple[str, Option, Limits]]:
    """The numbers among the options of a dataclass: field, option, limits."""
    options = _options(holder).items()
    return [(place, option, option.limits) for place, option in options if option.limits and option.is_number]


def check_names(given: Mapping[str, Any], known: Iterable[str]) -> None:
    """Refuse a name that no option has.

    Args:
        given: name -> value.
        known: names that options have.

    Raises:
        InputError: there is one; the message has the nearest known name.
    """
    names = list(known)
    for name, value in given.items():
        if name not in names:
            near = get_close_matches(name, names, 1)
            advice = f"did you mean '{near[0]}'? " if near else ""
            raise InputError(
                name, repr(value), "there is no such option", f"{advice}known are {', '.join(names)}"
            )
