"""What a linker made: the ROM's bytes, who owns each of them, and how deep the stack can get."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from firmware.budget import ERASED, RAM_BYTES, ROM_BYTES
from firmware.errors import InputError
from firmware.hardware.chips import Chip
from firmware.hardware.elf import LOADED, RELOCATIONS, RESERVED, Elf, Section, Symbol
from firmware.memory import GUARD_BYTES, LAYOUT, Field, program_layout

RAM_ORIGIN: Final = 0x20000000
SECTIONS: Final = ("vectors", "text", "genome")

OWN: Final = "ram"
"""What all variables of a cell are together (``RAM_OF`` in runtime.h)."""

ROOMY_BYTES: Final = 1_000_000
"""ROM and RAM of a chip for cells that are too large, so that one can say by how much."""


@dataclass(frozen=True)
class Part:
    """Some bytes of memory: a symbol, or a gap of alignment; ``section`` is one of ``SECTIONS``, or ram."""

    name: str
    section: str
    address: int
    size: int


@dataclass(frozen=True)
class Binary:
    """A built cell: its bytes, where they go, and how large it is.

    Attributes:
        target: what it runs on.
        image: the flash image that is in it, or (host, wasm) that it is meant for.
        content: the file: ELF, shared library or wasm module.
        rom: ROM from address 0 to the last used byte; empty unless it is for a chip.
        reset: address of the reset code.
        stack_top: address down from which the stack grows.
        guard: address of the four bytes between the variables and the stack, which no code may change; None
            for a genome, whose stack is known to fit.
        static_bytes: RAM below the stack's reserve.
        parts: every byte of ROM, by address.
        variables: what lies in RAM beside what a program declares as its own, by address; a cell has none.
        stack_bound_bytes: the deepest path of calls by the compiler's own frame sizes; None where
            it does not tell.
    """

    target: Chip
    image: bytes
    content: bytes
    rom: bytes = b""
    reset: int = 0
    stack_top: int = RAM_ORIGIN + RAM_BYTES
    guard: int | None = None
    static_bytes: int = 0
    parts: tuple[Part, ...] = ()
    variables: tuple[Part, ...] = ()
    stack_bound_bytes: int | None = None

    @property
    def ram_fields(self) -> tuple[Field, ...]:
        """What lies where in RAM, if it is for a chip."""
        return LAYOUT if self.guard is None else program_layout(self.guard - RAM_ORIGIN)

    @property
    def genome_address(self) -> int:
        """Where the image begins in ROM."""
        return len(self.rom) - len(self.image)

    def check_stack(self, stack_bytes: int) -> None:
        """Refuse a stack that runs into the static RAM.

        Raises:
            InputError: both are more than a cell's RAM.
        """
        total = self.static_bytes + stack_bytes
        if total > RAM_BYTES:
            raise InputError(
                "RAM",
                f"{total:,} B on {self.target.name}",
                f"{total - RAM_BYTES:,} B more than a cell's {RAM_BYTES} B: "
                f"{self.static_bytes} B static and {stack_bytes:,} B of stack",
                "split the phase that calls deepest, keep no arrays on the stack, or choose another compiler",
            )

    def section_bytes(self) -> dict[str, int]:
        """ROM by section; the sum is ``len(rom)``."""
        sizes = dict.fromkeys(SECTIONS, 0)
        for part in self.parts:
            sizes[part.section] += part.size
        return sizes


def read_elf(
    content: bytes, target: Chip, stack_bound_bytes: int | None = None, roomy: bool = False
) -> Binary:
    """Take an ELF file of a chip apart.

    Args:
        content: the file.
        target: what it was built for.
        stack_bound_bytes: as in ``Binary``.
        roomy: whether it may be larger than a cell, up to ``ROOMY_BYTES``.

    Raises:
        InputError: it is not one that ``firmware.hardware.build`` made.
    """
    try:
        return _read(content, target, stack_bound_bytes, roomy)
    except ValueError as error:
        raise InputError("ELF file", target.name, f"it is no cell ({error})", "build it again") from error


def _read(content: bytes, target: Chip, stack_bound_bytes: int | None, roomy: bool) -> Binary:
    elf = Elf.of(content)
    sections = {name: elf.section(f".{name}") for name in SECTIONS}
    symbols = {symbol.name: symbol for symbol in elf.symbols()}
    if not {"reset", "static_end"} <= symbols.keys():
        raise ValueError("a symbol is missing: reset or static_end")
    genome = sections["genome"]
    rom = _rom(elf, genome.address + genome.size, ROOMY_BYTES if roomy else ROM_BYTES)
    image = bytes(genome.content)
    reset = symbols["reset"].address
    static_bytes = symbols["static_end"].address - RAM_ORIGIN
    if len(image) < genome.size or rom[genome.address :] != image:
        raise ValueError("its genome is not the end of its ROM")
    if reset >= genome.address:
        raise ValueError(f"its reset code lies at 0x{reset:x}, outside of its ROM")
    if not 0 <= static_bytes <= (ROOMY_BYTES if roomy else RAM_BYTES):
        raise ValueError(f"its variables take {static_bytes:,} bytes")
    return Binary(
        target=target,
        image=image,
        content=content,
        rom=rom,
        reset=reset,
        **({} if roomy else _stack(symbols)),
        static_bytes=static_bytes,
        parts=tuple(_parts(symbols.values(), genome.address, sections["vectors"].size, len(rom))),
        variables=tuple(_variables(symbols.values())),
        stack_bound_bytes=stack_bound_bytes,
    )


def _stack(symbols: dict[str, Symbol]) -> dict[str, int]:
    """Where the stack of a program begins, and the guard of what lies below; of a genome's cell nothing."""
    top, guard = symbols.get("stack_top"), symbols.get("planaria_variables_end")
    if top is None or guard is None or top.address == RAM_ORIGIN + RAM_BYTES:
        return {}
    if not RAM_ORIGIN <= guard.address <= guard.address + GUARD_BYTES <= top.address < RAM_ORIGIN + RAM_BYTES:
        raise ValueError(f"its stack lies from 0x{top.address:x} down to 0x{guard.address:x}")
    return {"stack_top": top.address, "guard": guard.address}


def _rom(elf: Elf, end: int, most: int) -> bytes:
    """The ROM from address 0 to its ``end``, erased where no segment lies."""
    if end > most:
        raise ValueError(f"its ROM ends at byte {end:,} of {most:,}")
    rom = bytearray(ERASED * end)
    for segment in elf.segments:
        if segment.kind == LOADED and segment.content:
            if segment.address + len(segment.content) > end:
                raise ValueError(f"a segment at 0x{segment.address:x} lies outside of its ROM")
            rom[segment.address : segment.address + len(segment.content)] = segment.content
    return bytes(rom)


def _parts(symbols: Iterable[Symbol], genome: int, vectors_end: int, end: int) -> Iterable[Part]:
    """Every byte of ROM, by address: symbols, and the gaps between them; of several symbols the first's."""
    owners = sorted((symbol.address & ~1, symbol.name, symbol.size) for symbol in symbols if symbol.size)
    at = 0
    for address, name, size in [*owners, (genome, "", 0)]:
        begin, stop = min(max(address, at), genome), min(max(address + size, at), genome)
        if begin > at:
            yield Part("(alignment)", "vectors" if at < vectors_end else "text", at, begin - at)
        if stop > begin:
            yield Part(name, "vectors" if begin < vectors_end else "text", begin, stop - begin)
        at = max(stop, begin)
    if end > genome:
        yield Part("genome", "genome", genome, end - genome)


def _variables(symbols: Iterable[Symbol]) -> Iterable[Part]:
    for symbol in sorted(symbols, key=lambda symbol: symbol.address):
        if symbol.address >= RAM_ORIGIN and symbol.size and symbol.name != OWN:
            yield Part(symbol.name, "ram", symbol.address, symbol.size)


def stack_bound_bytes(cell_object: bytes) -> int | None:
    """The deepest path of calls in an object file compiled with ``-fstack-size-section``.

    Frames are the compiler's own; calls are the relocations of each function's section. The reset
    code calls one phase at a time and has no frame.

    Raises:
        InputError: it is no object file.
    """
    try:
        frames, calls = _frames_and_calls(Elf.of(cell_object))
    except ValueError as error:
        raise InputError("object file", "cell.o", f"it cannot be read ({error})", "build it again") from error

    @cache
    def depth(function: str) -> int:
        callees = [
            name for name in calls.get(function, ()) if name.startswith((".text.", "(")) and name != function
        ]
        return frames[function] + max(map(depth, callees), default=0)

    try:
        return max(map(depth, frames), default=None)
    except (KeyError, RecursionError):  # functions that are elsewhere, or call each other
        return None


def largest_frame_bytes(cell_object: bytes) -> int:
    """What one function of an object file needs of the stack at least, where no bound is known."""
    frames, _ = _frames_and_calls(Elf.of(cell_object))
    return max(frames.values(), default=0)


def _frames_and_calls(elf: Elf) -> tuple[dict[str, int], dict[str, set[str]]]:
    """Bytes of stack by function's section, and whose code it calls: a section, or ``(outside)``."""
    symbols = elf.symbols()
    frames: dict[str, int] = {}
    calls: dict[str, set[str]] = {}
    for section in elf.sections:
        if section.name == ".stack_sizes":
            frames[elf.number(section.link).name] = _uleb128(section)
        if section.kind in RELOCATIONS:
            numbers = elf.relocated(section) - {0}
            if max(numbers, default=0) >= len(symbols):
                raise ValueError("a relocation speaks of no symbol")
            places = {symbols[number].section for number in numbers}
            calls[elf.number(section.info).name] = {
                elf.number(place).name if 0 < place < RESERVED else "(outside)" for place in places
            }
    return frames, calls


def _uleb128(stack_sizes: Section) -> int:
    """The size of a frame, of at most 32 bits, after the address of its function."""
    value = 0
    for position, byte in enumerate(stack_sizes.content[4:9]):
        value |= (byte & 127) << 7 * position
        if byte < 128:
            break
    return value
