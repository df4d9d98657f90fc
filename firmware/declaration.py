"""A program with declared variables: a class, of which functions on bytes are made.

    class Leader(Program):
        shows = {"leader": u16, "distance": u8}      # at most 12 bytes
        keeps = {"seen": u8}
        hears = ("leader", "distance")               # me.inbox[port].leader, and me.inbox[port].age
        inputs = {"weight": u8}                      # me.board.weight, beside me.board.id and me.board.strap
        parameters = {"limit": 64}                   # me.limit; cannot be changed

        def boot(me, strap): ...                     # may be missing, as may hear
        def hear(me, port, said): ...                # after the newest of the port has been kept
        def wake(me): ...

``me`` is a cell and ``said`` what a neighbour shows, in these functions and in those that they call.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import getattr_static
from types import FunctionType, MappingProxyType
from typing import Any, ClassVar, Final

from firmware.errors import InputError, written
from firmware.handlers import Handlers
from firmware.variables import TAKEN, Kind, Layout, is_name
from firmware.whole import is_whole

ARGUMENTS: Final = {"boot": ("me", "strap"), "hear": ("me", "port", "said"), "wake": ("me",)}

DEPTH_MAX: Final = 8
"""Tuples in tuples, of a parameter."""

_ATTRIBUTES: Final = ("shows", "keeps", "hears", "inputs", "parameters", *ARGUMENTS)


class Program:
    """What a program in Python is derived from; its attributes are what it declares.

    Attributes:
        shows: public variables by name, at most 12 bytes; ``colour``, int8[4], is there in any case.
        keeps: variables of the cell alone.
        hears: names of what it shows, of which it wants the newest of each neighbour.
        inputs: variables of the board, at most 11 bytes.
        parameters: numbers, or tuples of numbers, that stand in ROM.
    """

    shows: ClassVar[Mapping[str, Kind]] = {}
    keeps: ClassVar[Mapping[str, Kind]] = {}
    hears: ClassVar[Sequence[str]] = ()
    inputs: ClassVar[Mapping[str, Kind]] = {}
    parameters: ClassVar[Mapping[str, int | tuple[Any, ...]]] = {}


@dataclass(frozen=True)
class Declaration:
    """What a program declares: where its variables lie, and its parameters by name."""

    layout: Layout
    parameters: dict[str, int | tuple[Any, ...]]


def boots(me, strap):  # type: ignore[no-untyped-def]
    """Of a program that has no ``boot``."""


def hears(me, port, said):  # type: ignore[no-untyped-def]
    """Of a program that has no ``hear``."""


def find_program(names: Mapping[str, object]) -> type[Program] | None:
    """The program among the names of a module: the one class of its own that is derived from ``Program``.

    Raises:
        InputError: there are several.
    """
    here = names.get("__name__")
    programs = (one for one in names.values() if isinstance(one, type) and issubclass(one, Program))
    found = list(dict.fromkeys(program for program in programs if program.__module__ == here))
    if len(found) > 1:
        several = ", ".join(program.__name__ for program in found)
        raise InputError("program", several, "a file has one program", "put each into a file of its own")
    return found[0] if found else None


def declared(program: type[Program], name: str, chosen: Mapping[str, int] = MappingProxyType({})) -> Handlers:
    """The functions of a program, with what it declares.

    Args:
        program: the class.
        name: of its file, for messages.
        chosen: other values for some of its parameters that are single numbers.

    Raises:
        InputError: what it declares cannot be, a function is missing or takes other arguments, or there is no
            such parameter.
    """
    for attribute in ("shows", "keeps", "inputs", "parameters", "hears"):
        given = getattr_static(program, attribute)
        wanted = Sequence if attribute == "hears" else Mapping
        if not isinstance(given, wanted) or isinstance(given, str):
            limit = f"its {attribute} is a {type(given).__name__}"
            raise InputError("program", name, limit, "see the examples")
    layout = Layout.of(program.shows, program.keeps, program.hears, program.inputs)
    known = {*layout.own, *TAKEN}
    for parameter, value in program.parameters.items():
        if not is_name(parameter) or parameter in known:
            limit = f"its parameter {written(parameter)} has the name of a variable, or no name"
            raise InputError("program", name, limit, "choose another name")
        if not _is_constant(value):
            given = f"{parameter} = {written(value)}"
            limit = f"its parameter {given} is no whole number of 64 bits, nor a tuple of them"
            raise InputError("program", name, limit, "change it")
    _check_attributes(program, name)
    missing: dict[str, Callable[..., None]] = {"boot": boots, "hear": hears}
    found = {handler: getattr_static(program, handler, missing.get(handler)) for handler in ARGUMENTS}
    for handler, arguments in ARGUMENTS.items():
        function = found[handler]
        if not isinstance(function, FunctionType) or arguments_of(function) != arguments:
            asked = f"write: def {handler}({', '.join(arguments)})"
            raise InputError("program", name, f"{program.__name__} has no such function {handler}", asked)
    parameters = _with_chosen(program.parameters, chosen, name)
    return Handlers(**found, name=name, declaration=Declaration(layout, parameters))


def _with_chosen(
    parameters: Mapping[str, int | tuple[Any, ...]], chosen: Mapping[str, int], name: str
) -> dict[str, int | tuple[Any, ...]]:
    """The parameters of a program, some of them with other values."""
    single = [parameter for parameter, value in parameters.items() if not isinstance(value, tuple)]
    for parameter, value in chosen.items():
        if parameter not in single:
            limit = f"{name} has {', '.join(single) or 'declared none that is a single number'}"
            raise InputError("parameter", parameter, limit, "name one that is a single number")
        if not _is_constant(value) or isinstance(value, tuple):
            raise InputError(f"parameter {parameter}", value, "it is no whole number of 64 bits", "e.g. 40")
    return {**parameters, **chosen}


def _check_attributes(program: type[Program], name: str) -> None:
    """Refuse what a program has and nobody reads: a name may be misspelt."""
    for one in program.__mro__[: program.__mro__.index(Program)]:
        for attribute in vars(one):
            if not attribute.startswith("_") and attribute not in _ATTRIBUTES:
                limit = f"{one.__name__} has {attribute}, and a program has {', '.join(_ATTRIBUTES)}"
                raise InputError("program", name, limit, "put functions that help beside the class")


def arguments_of(function: FunctionType) -> tuple[str, ...]:
    """Names of the arguments of a function, in order."""
    return function.__code__.co_varnames[: function.__code__.co_argcount]


def _is_constant(value: object, depth: int = 0) -> bool:
    if isinstance(value, tuple):
        return depth < DEPTH_MAX and all(_is_constant(each, depth + 1) for each in value)
    return type(value) is int and is_whole(value)
