"""What a linker made: the ROM's bytes, who owns each of them, and how deep the stack can get.

Needs pyelftools (extra ``hardware``).
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from firmware.budget import ERASED
from firmware.errors import InputError
from firmware.target import Target
from firmware.toolchain import require

RAM_ORIGIN: Final = 0x20000000
SECTIONS: Final = ("vectors", "text", "genome")


@dataclass(frozen=True)
class Part:
    """Some bytes of ROM: a symbol, or a gap that alignment left; ``section`` is one of ``SECTIONS``."""

    name: str
    section: str
    address: int
    size: int


@dataclass(frozen=True)
class Binary:
    """A built cell.

    Attributes:
        target: what it runs on.
        image: the flash image that is in it, or (host, wasm) that it is meant for.
        content: the file: ELF, shared library or wasm module.
        rom: ROM from address 0 to the last used byte; empty unless it is for a chip.
        reset: address of the reset code.
        static_bytes: RAM below the stack's reserve.
        parts: every byte of ROM, by address.
        stack_bound_bytes: the deepest path of calls by the compiler's own frame sizes; None where
            it does not tell.
    """

    target: Target
    image: bytes
    content: bytes
    rom: bytes = b""
    reset: int = 0
    static_bytes: int = 0
    parts: tuple[Part, ...] = ()
    stack_bound_bytes: int | None = None

    @property
    def genome_address(self) -> int:
        """Where the image begins in ROM."""
        return len(self.rom) - len(self.image)

    def section_bytes(self) -> dict[str, int]:
        """ROM by section; the sum is ``len(rom)``."""
        sizes = dict.fromkeys(SECTIONS, 0)
        for part in self.parts:
            sizes[part.section] += part.size
        return sizes


def read_elf(content: bytes, target: Target, stack_bound_bytes: int | None = None) -> Binary:
    """Take an ELF file of a chip apart.

    Raises:
        InputError: it is not one that ``firmware.build`` made.
    """
    require("elftools", "reader of ELF files")
    from elftools.common.exceptions import ELFError
    from elftools.elf.elffile import ELFFile

    try:
        elf = ELFFile(io.BytesIO(content))
        sections = {name: elf.get_section_by_name(f".{name}") for name in (*SECTIONS, "symtab")}
        if None in sections.values():
            raise ELFError("a section is missing")
    except ELFError as error:
        raise InputError("ELF file", target.name, f"it is no cell ({error})", "build it again") from error
    symbols = {symbol.name: symbol.entry for symbol in sections.pop("symtab").iter_symbols()}
    genome = sections["genome"]
    rom = bytearray(ERASED * int(genome["sh_addr"] + genome["sh_size"]))
    for segment in elf.iter_segments("PT_LOAD"):
        rom[segment["p_paddr"] : segment["p_paddr"] + segment["p_filesz"]] = segment.data()
    return Binary(
        target=target,
        image=genome.data(),
        content=content,
        rom=bytes(rom),
        reset=int(symbols["reset"]["st_value"]),
        static_bytes=int(symbols["static_end"]["st_value"]) - RAM_ORIGIN,
        parts=tuple(_parts(sections, symbols, len(rom))),
        stack_bound_bytes=stack_bound_bytes,
    )


def _parts(sections: dict[str, Any], symbols: dict[str, Any], end: int) -> Iterable[Part]:
    """Every byte of ROM, by address: symbols, and the gaps between them."""
    owners = sorted(
        (
            (entry["st_value"] & ~1, name, entry["st_size"])
            for name, entry in symbols.items()
            if entry["st_size"]
        ),
    )
    genome = int(sections["genome"]["sh_addr"])
    owners = [owner for owner in owners if owner[0] < genome] + [(genome, "genome", end - genome)]
    vectors_end = int(sections["vectors"]["sh_size"])
    at = 0
    for address, name, size in [*owners, (end, "", 0)]:
        if address > at:
            yield Part("(alignment)", "vectors" if at < vectors_end else "text", at, address - at)
        if size:
            section = "genome" if address == genome else "vectors" if address < vectors_end else "text"
            yield Part(name, section, address, size)
        at = address + size


def stack_bound_bytes(cell_object: bytes) -> int | None:
    """The deepest path of calls in an object file compiled with ``-fstack-size-section``.

    Frames are the compiler's own; calls are the relocations of each function's section. The reset
    code calls one phase at a time and has no frame.
    """
    from elftools.elf.elffile import ELFFile
    from elftools.elf.relocation import RelocationSection

    elf = ELFFile(io.BytesIO(cell_object))
    symbols = elf.get_section_by_name(".symtab")
    frames: dict[str, int] = {}
    calls: dict[str, set[str]] = {}
    for section in elf.iter_sections():
        if section.name == ".stack_sizes":
            frames[elf.get_section(section["sh_link"]).name] = _uleb128(section.data()[4:])
        if isinstance(section, RelocationSection):
            caller = elf.get_section(section["sh_info"]).name
            targets = {r["r_info_sym"] for r in section.iter_relocations()} - {0}
            indices = [symbols.get_symbol(number)["st_shndx"] for number in targets]
            calls[caller] = {elf.get_section(i).name if isinstance(i, int) else "(outside)" for i in indices}

    def depth(function: str) -> int:
        callees = [
            name for name in calls.get(function, ()) if name.startswith((".text.", "(")) and name != function
        ]
        return frames[function] + max(map(depth, callees), default=0)

    try:
        return max(map(depth, frames), default=None)
    except KeyError:
        return None


def _uleb128(data: bytes) -> int:
    value = 0
    for position, byte in enumerate(data):
        value |= (byte & 127) << 7 * position
        if byte < 128:
            break
    return value
