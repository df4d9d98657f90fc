"""From a flash image to a binary: compile the C cell, and link it into a cell's ROM and RAM.

Needs the extra ``hardware`` (ziglang).
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from firmware.budget import RAM_BYTES, ROM_BYTES
from firmware.errors import InputError
from firmware.hardware.binary import ROOMY_BYTES, Binary, read_elf, stack_bound_bytes
from firmware.hardware.chips import Chip, Kind
from firmware.hardware.toolchain import CompileError, compile_in, compiler
from firmware.image import HEADER_BYTES, RECORD
from firmware.system.scratch import scratch_folder

SOURCES: Final = Path(__file__).parents[1] / "c"

_FLAGS = ("-std=c11", "-g", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-fno-sanitize=all")
_CHIP_FLAGS = ("-Os", "-ffreestanding", "-nostdlib", "-ffunction-sections", "-fdata-sections")
_LIBRARY_FLAGS: Final = {
    Kind.HOST: ("-O2", "-DPLANARIA_HOST"),
    Kind.WASM: (
        *("-O2", "-DPLANARIA_HOST", "-ffreestanding", "-nostdlib"),
        *(f"-Wl,--export={name}" for name in ("cell_boot", "cell_receive", "cell_wake")),
    ),
}
_OVERFLOW = re.compile(r"region [`'](?P<region>\w+)'.*overflowed by (?P<bytes>\d+) bytes")


@dataclass(frozen=True)
class Options:
    """How the C cell is to be built.

    Attributes:
        check_genome: have the cell check the CRC-32 of its image at every boot.
        cc: a gcc of the system, e.g. ``arm-none-eabi-gcc``; None is zig.
    """

    check_genome: bool = False
    cc: str | None = None


def build(image: bytes, target: Chip, options: Options = Options()) -> Binary:
    """Build the cell for a target.

    Raises:
        InputError: no toolchain, no room to work in, or more ROM or RAM than a cell has.
        CompileError: the compiler refused.
    """
    with scratch_folder() as folder:
        if target.kind is Kind.CHIP:
            return _build_chip(folder, image, target, options)
        return _build_library(folder, image, target, options)


def _command(target: Chip, options: Options) -> list[str]:
    if options.cc is not None and not target.gcc:
        raise InputError("compiler", options.cc, f"no gcc builds {target.name}", "leave out --cc to use zig")
    processor = target.zig if options.cc is None else target.gcc
    macros = ["-DPLANARIA_CHECK_GENOME"] if options.check_genome else []
    return [*compiler(options.cc), *processor, *_FLAGS, *macros, "-I", str(SOURCES)]


def _build_library(folder: Path, image: bytes, target: Chip, options: Options) -> Binary:
    sources = [str(SOURCES / "cell.c"), str(SOURCES / "targets" / target.reset)]
    compile_in(folder, [*_command(target, options), *_LIBRARY_FLAGS[target.kind], *sources], "cell.out")
    return Binary(target, image, (folder / "cell.out").read_bytes())


def _build_chip(folder: Path, image: bytes, target: Chip, options: Options) -> Binary:
    # As text and not by .incbin, whose file zig's cache does not look at.
    (folder / "genome.S").write_text(f'.section .genome, "a"\n.byte {", ".join(map(str, image))}\n')
    command = [*_command(target, options), *_CHIP_FLAGS]
    sizes = ["-fstack-size-section"] if options.cc is None else []
    compile_in(folder, [*command, *sizes, "-c", str(SOURCES / "cell.c")], "cell.o")
    script = SOURCES / "targets" / "cell.ld"
    try:
        _link(folder, command, target, options, script)
    except CompileError as error:
        overflow = _OVERFLOW.search(error.output)
        if overflow is None:
            raise
        roomy = folder / "roomy.ld"
        roomy.write_text(re.sub(r"LENGTH = \d+", f"LENGTH = {ROOMY_BYTES}", script.read_text()))
        _link(folder, command, target, options, roomy)
        unfit = read_elf((folder / "cell.elf").read_bytes(), target, roomy=True)
        raise _over_budget(unfit, overflow["region"], int(overflow["bytes"])) from error
    bound = stack_bound_bytes((folder / "cell.o").read_bytes()) if options.cc is None else None
    return read_elf((folder / "cell.elf").read_bytes(), target, bound)


def _link(folder: Path, command: list[str], target: Chip, options: Options, script: Path) -> None:
    sources = ["cell.o", str(SOURCES / "targets" / target.reset), "genome.S"]
    linker = ["-Wl,--gc-sections", "-Wl,-e,reset", "-T", str(script)]
    library = [] if options.cc is None else ["-lgcc"]
    compile_in(folder, [*command, *sources, *linker, *library], "cell.elf")


def _over_budget(binary: Binary, region: str, excess: int) -> InputError:
    """By how much, what is largest, and what would fit."""
    if region == "RAM":
        return InputError(
            "RAM",
            f"{RAM_BYTES + excess} B on {binary.target.name}",
            f"{excess} B more than a cell's {RAM_BYTES} B, the stack's 40 B included",
            "keep all variables in struct cell",
        )
    code = sorted((part for part in binary.parts if part.section != "genome"), key=lambda part: -part.size)
    widest = (ROM_BYTES - binary.genome_address - HEADER_BYTES) // RECORD.itemsize
    return InputError(
        "ROM",
        f"{ROM_BYTES + excess:,} B on {binary.target.name}",
        f"{excess} B more than a cell's {ROM_BYTES:,} B; largest are genome, {len(binary.image):,} B, "
        + ", ".join(f"{part.name}, {part.size} B" for part in code[:3]),
        f"the widest H that fits is {widest}",
    )
