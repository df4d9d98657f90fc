"""The tables of a small 32-bit ELF file, none of which is believed to be where and as large as it says.

Little-endian, System V ABI, "Object Files"; the names of fields there are in the comments.
"""

import struct
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

IDENTITY: Final = b"\x7fELF\x01\x01\x01"
"""Magic, 32 bits, little-endian, version 1."""

HEADER: Final = struct.Struct("<16x2H5I6H")
SECTION: Final = "<10u4"
SEGMENT: Final = "<8u4"
SYMBOL: Final = np.dtype("<u4, <u4, <u4, u1, u1, <u2")

TABLE_MAX: Final = 10_000
"""Rows of a table; a cell has some hundred symbols, and a tenth as many sections."""

NAME_MAX: Final = 255

LOADED: Final = 1
"""``PT_LOAD``, kind of a segment."""

WITHOUT_CONTENT: Final = 8
"""``SHT_NOBITS``, kind of a section."""

RELOCATIONS: Final = {4: 3, 9: 2}
"""``SHT_RELA`` and ``SHT_REL``, kinds of sections: words of a row."""

COMPRESSED: Final = 0x800
"""``SHF_COMPRESSED``, a flag of a section."""

RESERVED: Final = 0xFF00
"""``SHN_LORESERVE``: from here on, and as 0, a number of a section stands for none."""


class Section(NamedTuple):
    """``content`` is empty where there is none, or it is compressed."""

    name: str
    kind: int
    address: int
    size: int
    content: memoryview
    link: int
    info: int


class Segment(NamedTuple):
    """Bytes of the file that belong at an address."""

    kind: int
    address: int
    content: memoryview


class Symbol(NamedTuple):
    """A name of a place; ``section`` is the number of its section."""

    name: str
    address: int
    size: int
    section: int


@dataclass(frozen=True)
class Elf:
    """An ELF file: its sections, segments and symbols.

    Attributes:
        sections: in their order.
        segments: likewise.
    """

    sections: tuple[Section, ...]
    segments: tuple[Segment, ...]

    @classmethod
    def of(cls, content: bytes) -> "Elf":
        """Read the bytes of a file.

        Raises:
            ValueError: it is no such file, or a table or its content lies beyond its end, or has
                very many rows.
        """
        if not content.startswith(IDENTITY) or len(content) < HEADER.size:
            raise ValueError("it is no 32-bit little-endian ELF file")
        # e_type, e_machine, e_version, e_entry, e_phoff, e_shoff, e_flags, e_ehsize, e_phentsize, ...
        *_, segments_at, sections_at, _, _, _, segments, _, rows, names = HEADER.unpack_from(content)
        view = memoryview(content)
        table = _rows(view, SECTION, sections_at, rows)
        if names >= len(table):
            raise ValueError("its sections have no names")
        texts = _bytes(view, *table[names][4:6])
        return cls(
            tuple(_section(view, row, texts) for row in table),
            tuple(
                # p_type, p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_flags, p_align
                Segment(kind, address, _bytes(view, at, size))
                for kind, at, _, address, size, *_ in _rows(view, SEGMENT, segments_at, segments)
            ),
        )

    def section(self, name: str) -> Section:
        """The first section of this name.

        Raises:
            ValueError: there is none.
        """
        found = next((section for section in self.sections if section.name == name), None)
        if found is None:
            raise ValueError(f"a section is missing: {name}")
        return found

    def symbols(self) -> list[Symbol]:
        """All symbols of the file, in its order.

        Raises:
            ValueError: there is no table of them, or their names lie beyond its end.
        """
        table = self.section(".symtab")
        rows = _rows(table.content, SYMBOL, 0, len(table.content) // SYMBOL.itemsize)
        texts = self.number(table.link).content
        # st_name, st_value, st_size, st_info, st_other, st_shndx
        return [Symbol(_text(texts, name), value, size, at) for name, value, size, _, _, at in rows]

    def number(self, number: int) -> Section:
        """A section by its number.

        Raises:
            ValueError: there is none.
        """
        if number >= len(self.sections):
            raise ValueError(f"there is no section {number}")
        return self.sections[number]

    def relocated(self, section: Section) -> set[int]:
        """Numbers of the symbols that a section of relocations speaks of."""
        words = RELOCATIONS[section.kind]
        rows = _rows(section.content, f"<{words}u4", 0, len(section.content) // (4 * words))
        return {row[1] >> 8 for row in rows}  # r_offset, r_info


def _section(view: memoryview, row: list[int], texts: memoryview) -> Section:
    # sh_name, sh_type, sh_flags, sh_addr, sh_offset, sh_size, sh_link, sh_info, sh_addralign, sh_entsize
    name, kind, flags, address, at, size, link, info, *_ = row
    held = kind and kind != WITHOUT_CONTENT and not flags & COMPRESSED
    content = _bytes(view, at, size) if held else view[:0]
    return Section(_text(texts, name), kind, address, size, content, link, info)


def _rows(view: memoryview, kind: DTypeLike, at: int, count: int) -> list[Any]:
    """Rows of a table, each with its numbers."""
    if count > TABLE_MAX:
        raise ValueError(f"it has a table of {count:,} rows, and at most {TABLE_MAX:,} are read")
    size = np.dtype(kind).itemsize * count
    rows: list[Any] = np.frombuffer(_bytes(view, at, size), kind).tolist() if count else []
    return rows


def _bytes(view: memoryview, at: int, size: int) -> memoryview:
    if at + size > len(view):
        raise ValueError(f"it ends before byte {at + size:,}")
    return view[at : at + size]


def _text(texts: memoryview, at: int) -> str:
    text, end, _ = bytes(texts[at : at + NAME_MAX + 1]).partition(b"\0")
    if not end:
        raise ValueError("it has a name without an end")
    return text.decode("ascii", "backslashreplace")
