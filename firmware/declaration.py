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

A file may have several such classes, over the same variables, each for a role that some of the cells play.
A class without functions says where they are written in C: ``source = "leader.c"``.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from inspect import getattr_static
from types import FunctionType, MappingProxyType
from typing import Any, ClassVar, Final

from firmware.errors import InputError, written
from firmware.handlers import Handlers
from firmware.variables import TAKEN, Kind, Layout, is_name
from firmware.whole import is_whole

ARGUMENTS: Final = {"boot": ("me", "strap"), "hear": ("me", "port", "said"), "wake": ("me",)}

ROLES_MAX: Final = 256
"""Of one program."""

DEPTH_MAX: Final = 8
"""Tuples in tuples, of a parameter."""

_ATTRIBUTES: Final = ("source", "shows", "keeps", "hears", "inputs", "parameters", *ARGUMENTS)


class Program:
    """What a program in Python is derived from; its attributes are what it declares.

    Attributes:
        source: name of a C file beside, which has the functions; empty if the class has them.
        shows: public variables by name, at most 12 bytes; ``colour``, int8[4], is there in any case.
        keeps: variables of the cell alone.
        hears: names of what it shows, of which it wants the newest of each neighbour.
        inputs: variables of the board, at most 11 bytes; 10 where a file has several such classes.
        parameters: numbers, or tuples of numbers, that stand in ROM.
    """

    source: ClassVar[str] = ""
    shows: ClassVar[Mapping[str, Kind]] = {}
    keeps: ClassVar[Mapping[str, Kind]] = {}
    hears: ClassVar[Sequence[str]] = ()
    inputs: ClassVar[Mapping[str, Kind]] = {}
    parameters: ClassVar[Mapping[str, int | tuple[Any, ...]]] = {}


@dataclass(frozen=True)
class Declaration:
    """What a class of a program declares: its name, where its variables lie, and its parameters by name.

    ``source`` is the name of the C file that has its functions, or empty.
    """

    name: str
    layout: Layout
    parameters: dict[str, int | tuple[Any, ...]]
    source: str = ""


def boots(me, strap):  # type: ignore[no-untyped-def]
    """Of a program that has no ``boot``."""


def hears(me, port, said):  # type: ignore[no-untyped-def]
    """Of a program that has no ``hear``."""


def wakes(me):  # type: ignore[no-untyped-def]
    """Of a program that is written in C."""


def find_programs(names: Mapping[str, object]) -> tuple[type[Program], ...]:
    """The programs among the names of a module: its own classes that are derived from ``Program``, in order.

    One that has no ``wake``, and from which others are derived, is only what these have in common.
    """
    here = names.get("__name__")
    programs = (one for one in names.values() if isinstance(one, type) and issubclass(one, Program))
    own = dict.fromkeys(program for program in programs if program.__module__ == here)
    bases = {base for program in own for base in program.__mro__[1:]}
    return tuple(program for program in own if hasattr(program, "wake") or program not in bases)


def declared(
    programs: Sequence[type[Program]], name: str, chosen: Mapping[str, int] = MappingProxyType({})
) -> Handlers:
    """The functions of a program, with what it declares.

    Args:
        programs: a class for each role, at least one.
        name: of its file, for messages.
        chosen: other values for some of its parameters that are single numbers, in every role that has them.

    Raises:
        InputError: what it declares cannot be, a function is missing or takes other arguments, there are too
            many roles or not all have the same variables, or there is no such parameter.
    """
    if len(programs) > ROLES_MAX:
        limit = f"it has {len(programs)} roles, and there can be {ROLES_MAX}"
        raise InputError("program", name, limit, "make one of some, with an input")
    _check_chosen(programs, chosen, name)
    if len(programs) > 1 and (in_c := next((program for program in programs if program.source), None)):
        limit = f"{in_c.__name__} is written in C, and there is another class"
        raise InputError("program", name, limit, "choose roles in C, by an input")
    first, *others = (_of_role(program, name, chosen, several=len(programs) > 1) for program in programs)
    for program, other in zip(programs[1:], others, strict=True):
        if other.layout != first.layout:
            limit = f"{program.__name__} has other variables than {programs[0].__name__}"
            raise InputError("program", name, limit, "declare the same in all, or derive one from the other")
    return replace(first, others=tuple(others))


def _of_role(program: type[Program], name: str, chosen: Mapping[str, int], several: bool) -> Handlers:
    """The functions of one role, with what it declares."""
    _check_types(program, name)
    try:
        layout = Layout.of(program.shows, program.keeps, program.hears, program.inputs, several)
    except InputError as error:
        limit = f"{error.limit} (in {program.__name__} of {name})"
        raise InputError(error.what, error.value, limit, error.fix) from None
    known = {*layout.own, *TAKEN}
    for parameter, value in program.parameters.items():
        if not is_name(parameter) or parameter in known:
            limit = (
                f"parameter {written(parameter)} of {program.__name__} has the name of a variable, or no name"
            )
            raise InputError("program", name, limit, "choose another name")
        if not _is_constant(value):
            given = f"parameter {parameter} = {written(value)}"
            limit = f"{given} of {program.__name__} is no whole number of 64 bits, nor a tuple of them"
            raise InputError("program", name, limit, "change it")
    _check_attributes(program, name)
    missing: dict[str, Callable[..., None]] = {"boot": boots, "hear": hears}
    if program.source:
        _check_source(program, name)
        missing["wake"] = wakes
    found = {handler: getattr_static(program, handler, missing.get(handler)) for handler in ARGUMENTS}
    for handler, arguments in ARGUMENTS.items():
        function = found[handler]
        if not isinstance(function, FunctionType) or arguments_of(function) != arguments:
            asked = f"write: def {handler}({', '.join(arguments)})"
            raise InputError("program", name, f"{program.__name__} has no such function {handler}", asked)
    parameters = {key: chosen.get(key, value) for key, value in program.parameters.items()}
    return Handlers(
        **found, name=name, declaration=Declaration(program.__name__, layout, parameters, program.source)
    )


def _check_source(program: type[Program], name: str) -> None:
    """Refuse what is no name of a C file, and functions beside it."""
    if not re.fullmatch(r"[\w.-]+\.c", program.source):
        limit = f"source {written(program.source)} of {program.__name__} is no C file in the same folder"
        raise InputError("program", name, limit, 'e.g. source = "leader.c"')
    for handler in ARGUMENTS:
        if hasattr(program, handler):
            limit = f"{program.__name__} has {handler}, and {program.source} has it, too"
            raise InputError("program", name, limit, "leave out one of them")


def _check_types(program: type[Program], name: str) -> None:
    if not isinstance(program.source, str):
        limit = f"source of {program.__name__} is a {type(program.source).__name__}"
        raise InputError("program", name, limit, 'e.g. source = "leader.c"')
    for attribute in ("shows", "keeps", "inputs", "parameters", "hears"):
        given = getattr_static(program, attribute)
        wanted = Sequence if attribute == "hears" else Mapping
        if not isinstance(given, wanted) or isinstance(given, str):
            limit = f"{attribute} of {program.__name__} is a {type(given).__name__}"
            raise InputError("program", name, limit, "see the examples")


def _check_chosen(programs: Sequence[type[Program]], chosen: Mapping[str, int], name: str) -> None:
    """Refuse other values for what is no parameter, or a row of numbers, and values that are no number."""
    if not chosen:
        return
    for program in programs:
        _check_types(program, name)
    given = [item for program in programs for item in program.parameters.items()]
    rows = {parameter for parameter, value in given if isinstance(value, tuple)}
    single = dict.fromkeys(parameter for parameter, _ in given if parameter not in rows)
    for parameter, value in chosen.items():
        if parameter not in single:
            limit = f"{name} has {', '.join(single) or 'declared none that is a single number'}"
            raise InputError("parameter", parameter, limit, "name one that is a single number")
        if not _is_constant(value) or isinstance(value, tuple):
            raise InputError(f"parameter {parameter}", value, "it is no whole number of 64 bits", "e.g. 40")


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
