"""What a program in Python declares, as a header for the same program in C.

Its twin includes it, and writes the functions over these structures (``c/program.h``).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from firmware.budget import CHANNELS, PORTS
from firmware.declaration import Declaration, boots, hears
from firmware.errors import InputError, visible, written
from firmware.handlers import HANDLERS, Handlers
from firmware.memory import GUARD_BYTES, OWN_BYTES, STACK_MIN_BYTES
from firmware.program_in_c import PREFIX, literal
from firmware.variables import AGE, OLD, Kind, Variable, u8

LEFT: Final = "wakes_left"
"""How ``age`` is kept: 255 less it."""

_C_WORDS: Final = """
auto bool break case char const continue default do double else enum extern float for goto if inline int long
register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while
asm typeof
"""
"""No variable can be called so."""

_TAKEN: Final = re.compile(
    "NDEBUG|CELL_ON_.*|CHANNELS|PORTS|ALPHA|ONE|ALIVE_MIN|FRAME_BYTES|MEAN_INTERVAL_MAX_US|OWN_BYTES|PHASE|HEARS|BOARD|RAM_OF|"
    "ROLE_.*|PLANARIA_.*|U?INT(8|16|32|64|PTR|MAX|_LEAST.*|_FAST.*)_(MAX|MIN|C|WIDTH)|(SIZE|PTRDIFF|WCHAR|WINT|SIG_ATOMIC)_.*"
)
"""Macros and enumerators that a program in C finds there."""

MOST_BYTES: Final = OWN_BYTES - GUARD_BYTES - STACK_MIN_BYTES
"""Of the variables of a program in C, which leave the stack the least that it may have."""

_INT_MAX: Final = (1 << 31) - 1


def c_header(handlers: Handlers, command: str) -> str:
    """The header of a program.

    Args:
        handlers: of the program, which has declared variables.
        command: that writes it, for its first line.

    Raises:
        InputError: it has declared none, or a name or a parameter that C cannot have.
    """
    declaration = handlers.declaration
    if declaration is None:
        limit = "it declares no variables, of which a header could be made"
        raise InputError("program", handlers.name, limit, "write a class, as examples/leader.py")
    layout = declaration.layout
    parameters = _of_all_roles(handlers)
    for name in (*layout.own, *layout.board, *map(str.upper, parameters)):
        if name in _C_WORDS.split() or _TAKEN.fullmatch(name) or (name == LEFT and name in layout.heard):
            raise InputError("program", handlers.name, f"{name} is a word of C here", "choose another name")
    if layout.end > MOST_BYTES:
        limit = (
            f"its variables take {layout.end} B, and in C they may take {MOST_BYTES}: the stack needs some"
        )
        raise InputError("program", handlers.name, limit, "take smaller kinds, or fewer")
    rest = CHANNELS - max(variable.end for variable in layout.shown.values())
    said = [*map(_member, layout.shown.values()), *_rest(rest)]
    parts = [
        f"/* {_said(f'What {handlers.name} declares, written by `{command}`.')} */",
        "#include <stdint.h>",
        *_roles(handlers),
        *_parameters(parameters, handlers.name),
        _struct("What a cell shows, and hears of its neighbours.", "said", said),
        _struct("What is on the board.", "inputs", map(_member, layout.board.values())),
    ]
    own = [*said, *map(_member, layout.kept.values())]
    if layout.heard:
        heard = [_member(one) for name, one in layout.heard.items() if name != AGE]
        parts.append(_struct("The newest of a port.", "heard", [*heard, f"uint8_t {LEFT};"]))
        own.append(f"struct heard inbox[{PORTS}];")
    parts += [_struct("A cell.", "cell", own, "packed, aligned(4)"), *_functions(declaration)]
    parts.append('#include "program.h"')
    parts.append("static inline const struct inputs *board(void) { return board_bytes(); }")
    parts += [f"static {_EMPTY[handler]} {{}}" for handler in _EMPTY if handler not in written_by(handlers)]
    return "\n\n".join(parts) + "\n"


_EMPTY: Final = {
    "boot": "void boot(struct cell *me, uint32_t strap)",
    "hear": "void hear(struct cell *me, uint32_t port, const struct said *said)",
}
"""Functions that a program in Python may leave out."""


def written_by(handlers: Handlers) -> list[str]:
    """The functions that a program has, in any of its roles."""
    roles = (handlers, *handlers.others)
    absent = {"boot": boots, "hear": hears}
    return [name for name in HANDLERS if any(getattr(role, name) is not absent.get(name) for role in roles)]


def _roles(handlers: Handlers) -> list[str]:
    """The numbers of the roles, of which there is one on each board."""
    names = [f"ROLE_{declaration.name.upper()}" for declaration in handlers.declarations]
    if len(set(names)) < len(names):
        limit = f"two of its classes are alike in C: {', '.join(names)}"
        raise InputError("program", handlers.name, limit, "choose another name")
    numbers = (f"{name} = {number}" for number, name in enumerate(names))
    return [f"enum {{ {', '.join(numbers)} }};"] if handlers.others else []


def _of_all_roles(handlers: Handlers) -> dict[str, Any]:
    """Numbers in ROM; in C there is one of each name.

    Raises:
        InputError: two roles call other numbers alike.
    """
    for declaration in handlers.declarations:
        for name, value in declaration.parameters.items():
            first = handlers.parameters[name]
            if value != first:
                limit = f"{name} is {written(first)} in one of its classes and {written(value)} in another"
                raise InputError("program", handlers.name, limit, "C has one; give it two names")
    return handlers.parameters


def _said(text: str) -> str:
    """A text of somebody in a comment."""
    return visible(text).replace("*/", "* /")


def _functions(declaration: Declaration) -> list[str]:
    """What the runtime does by itself for a program that hears: it keeps the newest, which grows old."""
    heard = declaration.layout.heard
    if not heard:
        return []
    copies = "".join(f"    {_copied(one)}\n" for name, one in heard.items() if name != AGE)
    return [
        "#define HEARS",
        f"/* Of what was heard on a port: wakes since then, {OLD} if it was longer ago, or never. */\n"
        f"static inline int age(const struct heard *heard) {{ return {OLD} - heard->{LEFT}; }}",
        "static inline void keep_heard(struct cell *me, uint32_t port, const struct said *said)\n{\n"
        f"    struct heard *heard = &me->inbox[port];\n{copies}    heard->{LEFT} = {OLD};\n}}",
        "static inline void grow_old(struct cell *me)\n{\n"
        f"    for (int port = 0; port < {PORTS}; port++)\n"
        f"        me->inbox[port].{LEFT} -= me->inbox[port].{LEFT} != 0;\n}}",
    ]


def _copied(variable: Variable) -> str:
    name = variable.name
    if variable.kind.count is None:
        return f"heard->{name} = said->{name};"
    return f"for (int i = 0; i < {variable.kind.count}; i++) heard->{name}[i] = said->{name}[i];"


def _struct(what: str, name: str, members: Iterable[str], attributes: str = "packed") -> str:
    lines = "".join(f"    {member}\n" for member in members)
    return f"/* {what} */\nstruct __attribute__(({attributes})) {name} {{\n{lines}}};"


def _member(variable: Variable) -> str:
    row = "" if variable.kind.count is None else f"[{variable.kind.count}]"
    return f"{_type(variable.kind)} {variable.name}{row};"


def _rest(count: int) -> list[str]:
    return [f"{_type(u8)} _rest[{count}];"] if count else []


def _type(kind: Kind) -> str:
    return f"{'' if kind.signed else 'u'}int{8 * kind.size}_t"


def _parameters(parameters: Mapping[str, Any], program: str) -> list[str]:
    """Numbers in ROM, in capitals."""
    parts, seen = [], set[str]()
    for name, value in parameters.items():
        if (capitals := name.upper()) in seen:
            raise InputError("program", program, f"two parameters are {capitals} in C", "choose another name")
        seen.add(capitals)
        if isinstance(value, int):
            parts.append(_number(capitals, value))
        else:
            sizes, numbers = _table(name, value, program)
            widest = max(-1 - n if n < 0 else n for n in numbers)
            bits = next(bits for bits in (8, 16, 32, 64) if widest < 1 << bits - 1)
            row = "".join(f"[{size}]" for size in sizes)
            parts.append(f"static const int{bits}_t {capitals}{row} = {_braced(value)};")
    return parts


def _number(capitals: str, value: int) -> str:
    """A single number, unless ``ProgramInC`` gives another."""
    macro = f"{PREFIX}{capitals}"
    small = -_INT_MAX <= value <= _INT_MAX
    constant = f"enum {{ {capitals} = {macro} }};" if small else f"static const int64_t {capitals} = {macro};"
    return f"#ifndef {macro}\n#define {macro} {literal(value)}\n#endif\n{constant}\n#undef {macro}"


def _braced(value: Any) -> str:
    if isinstance(value, int):
        return literal(value)
    return f"{{{', '.join(map(_braced, value))}}}"


def _table(name: str, value: Any, program: str) -> tuple[list[int], list[int]]:
    """The sizes of a table of numbers, outermost first, and its numbers.

    Raises:
        InputError: its rows are not of one length.
    """
    if isinstance(value, int):
        return [], [value]
    rows = [_table(name, row, program) for row in value]
    if not rows or any(sizes != rows[0][0] for sizes, _ in rows):
        limit = f"its parameter {name} is no table with rows of one length, as C has them"
        raise InputError("program", program, limit, "fill the rows up")
    return [len(rows), *rows[0][0]], [number for _, numbers in rows for number in numbers]
