"""Variables of a program: whole numbers of one, two or four bytes, and where in RAM each of them lies.

SPEC.md, "Variables". A program declares what it shows, what it keeps, and what of its neighbours it hears::

    shows = {"hops": u8}             # public: broadcast and traced, after the four bytes of the colour
    keeps = {"heat": i16, "seen": u8[8]}
    hears = ("hops",)                # of what the neighbours show, the newest on each port, and its age
    inputs = {"light": u8}           # of the board: they outlive the cell, which can only read them
"""

import keyword
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Final
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from firmware.budget import CHANNELS, PORTS, VISIBLE
from firmware.errors import InputError, written
from firmware.memory import FIELD, OWN_BYTES

COLOUR: Final = "colour"
"""What every cell shows, in the first four bytes: premultiplied RGBA, 64 is full."""

AGE: Final = "age"
"""Of what was heard on a port: wakes since then, ``OLD`` if it was longer ago, or never."""

OLD: Final = 255

INBOX: Final = "inbox"
"""What was heard: ``me.inbox[port].hops``."""

ENTROPY: Final = "entropy"
"""32 random bits, others at each boot and each wake; can only be read."""

BOARD: Final = "board"
"""What is on the board: ``me.board.id``, ``me.board.strap``, and the inputs."""

BOARD_BYTES: Final = 16

TAKEN: Final = (COLOUR, AGE, INBOX, ENTROPY, BOARD)


@dataclass(frozen=True)
class Kind:
    """A whole number of so many bytes, little-endian, or a row of them: ``u8``, ``i16[4]``.

    Attributes:
        name: such as ``u8``.
        size: of one number, in bytes.
        signed: in two's complement.
        count: numbers in a row; None for a single one.
    """

    name: str
    size: int
    signed: bool
    count: int | None = None

    def __getitem__(self, count: int) -> "Kind":
        if type(count) is not int or not 1 <= count <= OWN_BYTES or self.count is not None:
            raise InputError(
                "program", f"{self}[{count}]", f"a row has 1 to {OWN_BYTES} numbers", "e.g. u8[8]"
            )
        return replace(self, count=count)

    def __str__(self) -> str:
        return self.name if self.count is None else f"{self.name}[{self.count}]"

    @property
    def bytes(self) -> int:
        """All of it, in bytes."""
        return self.size * (self.count or 1)


u8, u16, u32 = (Kind(f"u{8 * size}", size, signed=False) for size in (1, 2, 4))
i8, i16, i32 = (Kind(f"i{8 * size}", size, signed=True) for size in (1, 2, 4))

KINDS: Final = (u8, u16, u32, i8, i16, i32)

BUILT_IN: Final = {"id": u32, "strap": u8}
"""What is on every board, first of all: its number, from 0, and the code of its strap, 0 for none."""

ROLE: Final = "role"
"""What is on it next, where a program has several roles: which one its cell plays."""

ROLE_AT: Final = sum(kind.bytes for kind in BUILT_IN.values())
"""Its byte."""


@dataclass(frozen=True)
class Variable:
    """A variable, and where its first byte lies: in RAM, in a state, or in the record of a port."""

    name: str
    kind: Kind
    offset: int

    @property
    def end(self) -> int:
        """Where the next one may lie."""
        return self.offset + self.kind.bytes

    def read(self, rows: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Values of the variable in rows of bytes, uint8[n, bytes]: int64[n], or int64[n, count]."""
        sign = "i" if self.kind.signed else "u"
        numbers = np.ascontiguousarray(rows[:, self.offset : self.end]).view(f"<{sign}{self.kind.size}")
        return numbers.astype(np.int64)[:, 0 if self.kind.count is None else slice(None)]


@dataclass(frozen=True)
class Layout:
    """Where the variables of a program lie.

    Attributes:
        shown: of the 16 public bytes, the colour first; in RAM and in a state at the same place.
        kept: in RAM behind them.
        heard: in the record of each port, ``AGE`` last.
        inbox: where the record of the first port lies in RAM; the others follow.
        board: of the 16 bytes of the board: its number, the code of its strap, the role, and the inputs.
        several: whether there is a role.
    """

    shown: dict[str, Variable]
    kept: dict[str, Variable]
    heard: dict[str, Variable]
    inbox: int
    board: dict[str, Variable]
    several: bool = False

    @classmethod
    def of(
        cls,
        shows: Mapping[str, Kind],
        keeps: Mapping[str, Kind],
        hears: Sequence[str],
        inputs: Mapping[str, Kind],
        several: bool = False,
    ) -> "Layout":
        """Lay out what a program declares.

        Args:
            shows: public variables.
            keeps: variables of the cell alone.
            hears: names of what it shows, of which it wants the newest of each neighbour.
            inputs: variables of the board.
            several: whether the program has several roles.

        Raises:
            InputError: a name or a kind is none, or there is no room; says so of which.
        """
        for names in (shows, keeps, inputs):
            _check_names(names)
        if both := set(inputs) & {*shows, *keeps}:
            raise _refused("inputs", min(both), "the cell has a variable of this name", "choose another")
        built_in = _built_in(several)
        if taken := {*inputs, *shows, *keeps} & set(built_in):
            limit = "every board has it" + (" in a program of several classes" if ROLE in taken else "")
            raise _refused("variable", min(taken), limit, "choose another name")
        if both := set(shows) & set(keeps):
            raise _refused("keeps", min(both), "the program shows one of this name", "choose another")
        for name in hears:
            if not is_name(name) or name not in shows:
                raise _refused(
                    "hears", name, f"the program does not show it, only {', '.join(shows)}", "show it"
                )
        shown = _placed({COLOUR: i8[VISIBLE], **shows}, 0)
        kept = _placed(keeps, CHANNELS)
        heard = _placed({**{name: shows[name] for name in hears}, AGE: u8}, 0) if hears else {}
        board = _placed({**built_in, **inputs}, 0)
        layout = cls(shown, kept, heard, _end(kept, CHANNELS), board, several)
        own = sum(kind.bytes for kind in built_in.values())
        _check_room(
            "inputs", _end(board, 0), BOARD_BYTES, f"a board has {BOARD_BYTES}, {own} of them its own"
        )
        _check_room(
            "shows", _end(shown, 0), CHANNELS, f"a state has {CHANNELS}, of which {VISIBLE} are the colour"
        )
        _check_room("keeps", layout.end, OWN_BYTES, f"a program has {OWN_BYTES}")
        return layout

    @property
    def record_bytes(self) -> int:
        """Of what is heard on one port."""
        return _end(self.heard, 0)

    @property
    def end(self) -> int:
        """The first byte that is no variable's."""
        return self.inbox + PORTS * self.record_bytes

    @property
    def inputs(self) -> dict[str, Variable]:
        """What is on the board besides what every board has."""
        return {
            name: variable for name, variable in self.board.items() if name not in _built_in(self.several)
        }

    @property
    def own(self) -> dict[str, Variable]:
        """What a cell can change: all that it shows, and all that it keeps."""
        return self.shown | self.kept

    @property
    def read_only(self) -> dict[str, Variable]:
        """What a cell can look at, and only the runtime changes."""
        return {ENTROPY: Variable(ENTROPY, u32, FIELD["prng"].offset)}


def _built_in(several: bool) -> dict[str, Kind]:
    return BUILT_IN | ({ROLE: u8} if several else {})


def _placed(kinds: Mapping[str, Kind], offset: int) -> dict[str, Variable]:
    placed = {}
    for name, kind in kinds.items():
        placed[name] = Variable(name, kind, offset)
        offset += kind.bytes
    return placed


def _end(variables: Mapping[str, Variable], begin: int) -> int:
    return max(chain([begin], (variable.end for variable in variables.values())))


def _check_names(kinds: Mapping[str, Any]) -> None:
    for name, kind in kinds.items():
        if not is_name(name) or name in TAKEN:
            raise _refused("variable", name, "it is no name that a variable may have", "choose another")
        if not isinstance(kind, Kind):
            raise _refused(
                "variable", name, f"{written(kind)} is no kind of number", "u8, u16, u32, i8, i16 or i32"
            )


def is_name(name: object) -> bool:
    """Whether a variable or a parameter may be called so."""
    return (
        isinstance(name, str)
        and name.isidentifier()
        and not keyword.iskeyword(name)
        and not name.startswith("_")
        and name == normalize("NFKC", name)  # as Python reads it in a source
    )


def _check_room(what: str, used: int, room: int, limit: str) -> None:
    if used > room:
        raise _refused(what, f"{used} bytes", limit, "take smaller kinds, or fewer")


def _refused(what: str, value: object, limit: str, fix: str) -> InputError:
    return InputError(f"program: {what}", value, limit, fix)
