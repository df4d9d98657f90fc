"""A program of a cell in C: its file, and other values of numbers in its ROM than its header has."""

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from firmware.errors import InputError
from firmware.system.reading import read_input
from firmware.whole import is_whole

PREFIX: Final = "PLANARIA_SET_"
"""Of a macro that a header (``firmware.header``) takes instead of a number of its own, and forgets then."""

_HALF: Final = 1 << 63

_COMMENT: Final = re.compile(rb"/\*.*?\*/", re.DOTALL)
_KILOLIB: Final = re.compile(
    rb'^(?:\xef\xbb\xbf)?[ \t]*#[ \t]*include[ \t]*[<"](?:[^>"\n]*/)?(?:kilolib|kilombo)\.h[>"]', re.MULTILINE
)

KILOLIB_TICK_US: Final = 32_640
"""Of a Kilobot's clock; with clocks of this mean interval a round is a tick."""

PROGRAM_MAX_BYTES: Final = 1 << 20
"""Of a source: one of more is none that was written by hand."""

_BESIDE: Final = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"', re.MULTILINE)

FILES_MAX: Final = 64
"""Of a program, its headers counted."""

Files = tuple[tuple[str, bytes], ...]
"""A source and the headers that lie with it, by their paths from a folder of all; the source comes first."""


@dataclass(frozen=True)
class ProgramInC:
    """What a compiler is given.

    Attributes:
        path: of a C file that includes ``program.h``, or, for Kilobots, ``kilolib.h``.
        given: numbers in ROM by their names in Python; its header has all others.
        kept: what is compiled, as ``files`` has found it; empty for whatever lies there then.

    Raises:
        InputError: a number has no name, or more than 64 bits.
    """

    path: Path
    given: tuple[tuple[str, int], ...] = ()
    kept: Files = ()

    def __post_init__(self) -> None:
        for name, number in self.given:
            if not name.isidentifier():
                raise InputError("parameter", name, "no number in ROM can be called so", "see its header")
            if not is_whole(number):
                raise InputError(f"parameter {name}", number, "it is no whole number of 64 bits", "e.g. 40")

    @property
    def name(self) -> str:
        """Name of the file, with its suffix."""
        return self.path.name

    @cached_property
    def for_kilolib(self) -> bool:
        """Whether it is written for Kilobots: it includes ``kilolib.h`` or ``kilombo.h``.

        Raises:
            InputError: it cannot be read.
        """
        content = self.kept[0][1] if self.kept else _read(self.path)
        return bool(_KILOLIB.search(_COMMENT.sub(b"", content)))

    def files(self) -> Files:
        """The source, and what it includes of files that lie with it, and these of others.

        Raises:
            InputError: one cannot be read, or there are too many.
        """
        found: dict[Path, bytes] = {}
        wanted = [self.path.resolve()]
        while wanted:
            path = wanted.pop()
            if path in found:
                continue
            found[path] = content = _read(path)
            if len(found) > FILES_MAX:
                limit = f"it includes more than {FILES_MAX} files that lie with it"
                raise InputError("program", self.path, limit, "put some of them together")
            names = (name.decode(errors="replace") for name in _BESIDE.findall(_COMMENT.sub(b"", content)))
            beside = ((path.parent / name).resolve() for name in names if "\0" not in name)
            wanted += sorted((one for one in beside if one.is_file()), reverse=True)
        folder = os.path.commonpath([path.parent for path in found])
        return tuple((os.path.relpath(path, folder), content) for path, content in found.items())

    def laid_out(self, folder: Path) -> "ProgramInC":
        """The same program, with what is kept of it written into a folder."""
        for name, content in self.kept:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return ProgramInC(folder / self.kept[0][0], self.given)

    @property
    def source_with_given(self) -> str:
        """A source: the program with the numbers that are given, none if it does not take one of them."""
        macros = [(name, f"{PREFIX}{name.upper()}", literal(number)) for name, number in self.given]
        return "".join(
            [
                *(f"#define {macro} {number}\n" for _, macro, number in macros),
                f'#include "{self.path.absolute()}"\n',
                *(f"#ifdef {macro}\n#error {self._untaken(name)}\n#endif\n" for name, macro, _ in macros),
            ]
        )

    def _untaken(self, name: str) -> str:
        return f"{self.name} takes no {name}: its header has none, or is old (planaria header writes it)"


def _read(path: Path) -> bytes:
    return read_input("program", path, PROGRAM_MAX_BYTES, "give a file of C")


def literal(number: int) -> str:
    """A number of 64 bits as C writes it: the smallest of them is no literal there."""
    return f"(-{_HALF - 1} - 1)" if number == -_HALF else str(number)
