"""The functions that cells run: of a program, or of each of its roles, by what is on their boards."""

from typing import Final

from firmware.access import ON_BOARD
from firmware.declaration import ARGUMENTS
from firmware.handlers import Handlers
from firmware.numbers import PREFIX
from firmware.subset import MADE, TURNS, Function, translate
from firmware.variables import ROLE

_ASKED: Final = f"{PREFIX}role"
"""Variable of what is made here."""


def functions(handlers: Handlers) -> dict[str, Function]:
    """The functions of a program, checked, by handler.

    Where it has several roles, each of them asks the board for the role, and calls the one of that
    role; of a number that no role has, the first one's.

    Raises:
        InputError: one of them is not of this kind of Python; says the file and the line.
    """
    first = translate(handlers)
    if not handlers.others:
        return first
    roles = [first, *map(translate, handlers.others)]
    assert handlers.declaration is not None
    place = handlers.declaration.layout.board[ROLE].offset
    return {handler: _by_role(handler, [role[handler] for role in roles], place) for handler in ARGUMENTS}


def _by_role(handler: str, roles: list[Function], place: int) -> Function:
    """A function that calls the one of the role that is at this place on the board."""
    name, arguments = f"{MADE}{handler}", ", ".join((*ARGUMENTS[handler], TURNS, ON_BOARD))
    calls: dict[str, Function] = {}
    called: dict[str, str] = {}
    lines = [f"def {name}({arguments}):", f"    {_ASKED} = {PREFIX}read_u8({ON_BOARD}, {place})"]
    for number, function in enumerate(roles):
        # What a role has from another one is made and compiled once.
        call = called.setdefault(function.text, f"{name}_{number}")
        calls.setdefault(call, function)
        if call != called[roles[0].text]:
            lines += [f"    if {_ASKED} == {number}:", f"        return {call}({arguments})"]
    source = "\n".join([*lines, f"    return {called[roles[0].text]}({arguments})"])
    text = source + "".join(f"{call}={function.text}" for call, function in calls.items())
    return Function(name, compile(source, "<roles>", "exec"), {}, calls, text)
