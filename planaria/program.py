"""A program of a cell as its author writes it: a Python file with its functions and what it calls legitimate.

Opening one runs it, as importing a module does. So only files that a person names are run: what comes with
results or a certificate is kept as text, for comparison, and never run.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from importlib.util import decode_source
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import msgpack

from emulator.program_boards import ProgramBoards
from emulator.program_floor import ProgramFloor
from emulator.program_goal import ProgramGoal
from firmware.arguments import text, whole
from firmware.budget import VISIBLE
from firmware.declaration import declared, find_programs
from firmware.errors import InputError
from firmware.foreign import ForeignError, called
from firmware.handlers import Handlers
from firmware.program_in_c import Files, ProgramInC
from firmware.subset import SOURCE
from firmware.system.reading import read_input
from firmware.variables import Layout

SUFFIX: Final = ".py"

FILE_MAX_BYTES: Final = 1 << 20

_PACKED: Final = b"\x92"
"""Begins a msgpack array of two, and no file that Python could read."""

MESSAGE_BYTES: Final = 9
"""Of a message of kilolib, that are the program's."""

LEGITIMATE, STRAPS, INPUTS, ROLES = "legitimate", "straps", "inputs", "roles"
"""Functions of the file: what its runs are judged by, and what is on the boards, which may be missing."""

STARTS, LIGHT = "starts", "light"
"""Functions of the file that say where robots begin and what light falls on them; both may be missing."""


@dataclass(frozen=True)
class SourceProgram:
    """A program of a cell, as a file that may be run or not.

    Attributes:
        name: of the file, without its suffix.
        source: the whole file.
        path: where it lies, if a person has named it; None where it came with somebody's results.
        given: other values of its parameters than the file has, each with its name.
        in_files: of C, if its functions are written in C.
    """

    name: str
    source: bytes
    path: str | None = None
    given: tuple[tuple[str, int], ...] = ()
    in_files: Files = ()

    def to_bytes(self) -> bytes:
        """The file, as results keep it; with files of C a msgpack array: it, and name and content of each."""
        packed: bytes = msgpack.packb([self.source, self.in_files]) if self.in_files else self.source
        return packed

    @classmethod
    def stored(cls, name: str, content: bytes) -> "SourceProgram":
        """What results have kept, which is not run.

        Raises:
            InputError: these are not the bytes of a program.
        """
        if content[:1] != _PACKED:
            return cls(name, content)
        try:
            source, in_files = msgpack.unpackb(content, use_list=False)
            named = all(type(file) is str and type(text) is bytes for file, text in in_files)
            if not named or not in_files or type(source) is not bytes:
                raise ValueError
            return cls(name, source, in_files=in_files)
        except (ValueError, TypeError) as error:
            limit = "it begins as a program with files of C does, and is none"
            raise InputError("program", name, limit, "measure again") from error

    def crc32(self) -> int:
        """A short fingerprint of the file, and of those of C."""
        return zlib.crc32(self.to_bytes())

    def with_parameters(self, given: Mapping[str, int]) -> "SourceProgram":
        """The same program with other values of some of its parameters; those given before stay.

        Raises:
            InputError: it has no such parameter, or the value is no whole number of 64 bits; or as
                ``handlers``.
        """
        if not given:
            return self
        found = {text("parameter", name): whole(f"parameter {name}", value) for name, value in given.items()}
        changed = replace(self, given=tuple(sorted((dict(self.given) | found).items())))
        _ = changed.handlers
        return changed

    @property
    def handlers(self) -> Handlers:
        """The functions that cells run.

        Raises:
            InputError: the file is not a person's own, fails when it is run, or lacks one.
        """
        names, name = self._names(), f"{self.name}{SUFFIX}"
        programs = find_programs(names)
        if programs:
            return declared(programs, name, dict(self.given))
        if self.given:
            limit = f"{name} is no class, and has no parameters"
            raise InputError("parameter", self.given[0][0], limit, "see examples/leader.py")
        return Handlers.of(names, name)

    @property
    def parameters(self) -> dict[str, int | tuple[Any, ...]]:
        """Numbers in the program's ROM by name: those of the file, but for those that somebody has given.

        What several roles call alike is that of the first.

        Raises:
            InputError: as ``handlers``.
        """
        return self.handlers.parameters

    @property
    def is_in_c(self) -> bool:
        """Whether its functions are written in C, so that only machine code can run it.

        Raises:
            InputError: as ``handlers``.
        """
        return bool(self.handlers.source)

    @property
    def in_c(self) -> ProgramInC:
        """The same program in C, which lies beside it under the same name.

        Raises:
            InputError: there is none.
        """
        file = Path(self.path or self.name)
        beside = file.with_name(self.handlers.source) if self.is_in_c else file.with_suffix(".c")
        if not beside.is_file():
            limit = f"machine code is made of C, and there is no {beside}"
            raise InputError("program", self.path, limit, "write it, or do without machine code")
        return ProgramInC(beside, self.given, self.in_files)

    @property
    def layout(self) -> Layout | None:
        """Where the variables lie that it declares; None if it works on bare bytes.

        Raises:
            InputError: as ``handlers``.
        """
        return self.handlers.layout

    def goal(self) -> ProgramGoal:
        """How far a world is from what this program calls legitimate.

        Raises:
            InputError: as ``handlers``, or it does not say.
        """
        names = self._names()
        functions = LEGITIMATE, STRAPS, INPUTS, ROLES, STARTS, LIGHT
        legitimate, straps, inputs, roles, starts, light = (names.get(name) for name in functions)
        if not callable(legitimate):
            limit = f"it has no function {LEGITIMATE}: how far is a world from legitimate, 0 to 1?"
            raise InputError("program", self.path, limit, "write: def legitimate(world): return ...")
        for name, given in ((STRAPS, straps), (INPUTS, inputs), (STARTS, starts), (LIGHT, light)):
            if given is not None and not callable(given):
                fix = f"def {name}(topology): ..."
                raise InputError("program", self.path, f"its {name} is no function", fix)
        handlers, classes = self.handlers, find_programs(names)
        if handlers.source and self.in_c.for_kilolib:
            self._check_kilolib(handlers)
        self._check_roles(roles, [one.__name__ for one in classes])
        boards = ProgramBoards(handlers.name, straps, inputs, roles, handlers.layout, classes)
        floor = ProgramFloor(handlers.name, starts, light)
        return ProgramGoal(boards, legitimate, handlers.parameters, floor)

    def _check_roles(self, roles: object, classes: list[str]) -> None:
        """Refuse several classes of which nobody says who runs them, and a choice among fewer."""
        several, named = len(classes) > 1, ", ".join(classes) or "none"
        if several and not callable(roles):
            limit = f"it has the classes {named}, and no function {ROLES} that says which cells run which"
            fix = f'write: def {ROLES}(topology): return {{{classes[1]}: "random:0.02"}}'
            raise InputError("program", self.path, limit, fix)
        if callable(roles) and not several:
            limit = (
                f"it has a function {ROLES}, which chooses among several classes of its own; it has {named}"
            )
            raise InputError("program", self.path, limit, "write more classes, or call it something else")

    def _check_kilolib(self, handlers: Handlers) -> None:
        """Refuse variables of which nobody knows where a program for Kilobots has them."""
        layout = handlers.layout
        assert layout is not None
        declared = {"keeps": layout.kept, "hears": layout.heard, "inputs": layout.inputs}
        unknown = [name for name, given in (declared | {"parameters": handlers.parameters}).items() if given]
        shown = max(variable.end for variable in layout.shown.values()) - VISIBLE
        if unknown or shown > MESSAGE_BYTES:
            limit = f"{handlers.source} is for kilolib, whose messages alone are seen, " + (
                f"and has no {unknown[0]}" if unknown else f"{MESSAGE_BYTES} bytes and not {shown}"
            )
            raise InputError("program", self.path, limit, "declare in shows what its messages have")

    def _names(self) -> dict[str, Any]:
        if self.path is None:
            limit = "it came with results, and code of somebody else is never run unasked"
            raise InputError("program", f"{self.name}{SUFFIX}", limit, "name the file itself: --program FILE")
        return _run(self.source, self.path)


def open_program(path: str | Path, parameters: Mapping[str, int] = MappingProxyType({})) -> SourceProgram:
    """A program of a cell from its file, which is run once, to see that it is one.

    Args:
        path: of a Python file with a class derived from ``planaria.swarm.Program``, or with the functions
            ``boot``, ``hear`` and ``wake``; and with the function ``legitimate``.
        parameters: other values for some that the class declares, by name.

    Raises:
        InputError: it cannot be read or run, lacks a function, or has no such parameter.
    """
    path = Path(path)
    source = read_input("program", path, FILE_MAX_BYTES, "check the path")
    program = SourceProgram(path.stem, source, str(path))
    program.goal()
    return _with_files(program).with_parameters(parameters)


def _with_files(program: SourceProgram) -> SourceProgram:
    """A program that a person has named, with its files of C, if it has some."""
    return replace(program, in_files=program.in_c.files()) if program.is_in_c else program


def confirmed(program: SourceProgram, path: Path) -> SourceProgram:
    """A program that came with results, as the file that a person names.

    Raises:
        InputError: the file is another, or as ``open_program``.
    """
    source = read_input("program", path, FILE_MAX_BYTES, "check the path")
    own = SourceProgram(program.name, source, str(path))
    if own.source != program.source:
        limit = f"its SHA-256 is not that of the results' program, {sha256(program.source).hexdigest()}"
        raise InputError("program", path, limit, "name the file with which they were made")
    own = _with_files(own)
    if own.in_files != program.in_files:
        then, now = dict(program.in_files), dict(own.in_files)
        other = min(name for name in {**then, **now} if then.get(name) != now.get(name))
        limit = f"{other}, which it needs, is not that of the results"
        raise InputError("program", path, limit, "bring back the files with which they were made")
    return own


@cache
def _run(source: bytes, path: str) -> dict[str, Any]:
    """The names of a file that has been run, once in a process."""
    names: dict[str, Any] = {"__name__": Path(path).stem, "__file__": path}

    def run() -> None:
        code = compile(source, path, "exec")
        # Whoever looks for the source of a function finds what was run, whatever has become of the file.
        names[SOURCE] = decode_source(source)
        exec(code, names)

    try:
        called(path, run)
    except ForeignError as error:
        limit = f"running it raises {error}"
        raise InputError("program", path, limit, "mend it: python must be able to import it") from error
    return names
