"""From a flash image to a binary: compile a cell, and link it into its ROM and RAM.

The cell is ``firmware/c/runtime.c`` with the neural rule, ``neural.c``, or with any other program, which
includes ``program.h``; or it is ``kilolib.c`` with a program for Kilobots.

Needs the extra ``hardware`` (ziglang).
"""

import platform
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

from firmware.budget import RAM_BYTES, ROM_BYTES
from firmware.errors import InputError
from firmware.hardware.binary import (
    ROOMY_BYTES,
    Binary,
    Part,
    largest_frame_bytes,
    read_elf,
    stack_bound_bytes,
)
from firmware.hardware.chips import TARGETS, Chip, Kind
from firmware.hardware.toolchain import CompileError, compile_in, compiler
from firmware.image import HEADER_BYTES, RECORD, holds_genome
from firmware.memory import GUARD_BYTES, OWN_BYTES
from firmware.program_in_c import PROGRAM_MAX_BYTES, ProgramInC
from firmware.system.reading import check_input
from firmware.system.scratch import scratch_folder

SOURCES: Final = Path(__file__).parents[1] / "c"

STRICTEST: Final = "cortex-m0plus"
"""Chip for which a program is built before it becomes a library, whose memory has no limits."""

_FLAGS = ("-std=c11", "-g", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-fno-sanitize=all")
_CHIP_FLAGS = ("-Os", "-ffreestanding", "-nostdlib", "-ffunction-sections", "-fdata-sections")
_LINKER: Final = ("-Wl,--gc-sections", "-Wl,-e,reset")
_INLINED = ("-flto",) if sys.platform == "linux" else ()
"""The board's operations in the phases, which makes them twice as fast; not every linker can do it."""

_LIBRARY = ("-O2", "-DPLANARIA_HOST", "-DPLANARIA_CHECK_BY_TABLE")
_LIBRARY_FLAGS: Final = {
    # Hidden: or ``accept`` would be that of the C library, which was loaded before.
    Kind.HOST: (*_LIBRARY, *_INLINED, "-fvisibility=hidden"),
    Kind.WASM: (
        *(*_LIBRARY, "-ffreestanding", "-nostdlib"),
        *(f"-Wl,--export={name}" for name in ("cell_boot", "cell_receive", "cell_wake")),
    ),
}
_PROGRAM_FLAGS: Final = ("-DPLANARIA_PROGRAM", "-fno-strict-aliasing", "-ffp-contract=off")
"""The runtime and a program have types of their own for the same RAM; and where some processors round once,
when they multiply and add, others round twice."""

_PROGRAM_WARNINGS: Final = ("-Wshorten-64-to-32",)  # which gcc has not
_GIVEN_WARNINGS: Final = ("-Wno-tautological-constant-out-of-range-compare", "-Wno-constant-conversion")
"""Of zig. Whoever tries other numbers may try some that no variable comes to; stored they wrap."""

_KILOLIB_FLAGS: Final = (
    *("-std=gnu11", "-g", "-w", "-fno-sanitize=all", "-fno-common", "-DPLANARIA_KILOLIB"),
    # Of kilolib's own makefile; it packs structs as well, which costs much where there are words of 32 bits.
    *("-funsigned-char", "-fshort-enums"),
    # A program may call a function of its own as the C library does, and mean something else by it.
    "-fno-builtin",
)
"""In the place of ``_FLAGS``: programs as they are, and nobody is to mend the warnings of an old one."""

_FLOAT: Final = {"zig": ("-Xclang", "-cl-single-precision-constant"), "gcc": ("-fsingle-precision-constant",)}
"""A double of kilolib is a float (kilolib_program.h), and so is a constant."""

_NO_MAIN: Final = re.compile(r"undefined (symbol|reference).*kilolib_main")

_TOO_MANY: Final = "planaria: too many variables"
"""Of kilolib_host.ld."""

_ABOVE_STACK_BYTES: Final = RAM_BYTES - OWN_BYTES
"""Of a program: what is the runtime's, above the stack. A genome's cell has its stack at the very top."""

_OVERFLOW = re.compile(r"region [`'](?P<region>\w+)'.*overflowed by (?P<bytes>\d+) bytes")


@dataclass(frozen=True)
class Options:
    """How the C cell is to be built.

    Attributes:
        check_genome: have the cell check the CRC-32 of its image at every boot.
        cc: a gcc of the system, e.g. ``arm-none-eabi-gcc``; None is zig.
        program: what the cell runs; None is the neural rule.
    """

    check_genome: bool = False
    cc: str | None = None
    program: ProgramInC | None = None


def build(image: bytes, target: Chip, options: Options = Options()) -> Binary:
    """Build the cell for a target.

    A program must fit the strictest chip, whatever it is built for.

    Args:
        image: of a genome, or, with a program, that of ``firmware.image.build_program``.
        target: what is to run it.
        options: how.

    Raises:
        InputError: no toolchain, no room to work in, more ROM or RAM than a cell has, or a program that
            cannot be read, or that is to check a genome.
        CompileError: the compiler refused.
    """
    _check_program(image, options)
    if options.program is not None and target.kind is not Kind.CHIP:
        build(image, TARGETS[STRICTEST], replace(options, cc=None))
    build_it = _build_chip if target.kind is Kind.CHIP else _build_library
    with scratch_folder() as folder:
        if options.program is not None and options.program.kept:
            options = replace(options, program=options.program.laid_out(folder / "kept"))
        try:
            return build_it(folder, image, target, options)
        except CompileError as error:
            given = options.program.given if options.program else ()
            if not given:
                raise
            numbers = ", ".join(f"{name}={number}" for name, number in given)
            fix = f"give other numbers than {numbers}, or put the source right"
            raise CompileError(str(error.value), error.output, fix) from error


def _check_program(image: bytes, options: Options) -> None:
    if options.program is None:
        return
    if not options.program.kept:
        check_input("program", options.program.path, PROGRAM_MAX_BYTES, "give a file of C")
    if options.program.for_kilolib and options.program.given:
        name, number = options.program.given[0]
        limit = f"{options.program.name} is for kilolib, and takes none"
        raise InputError(f"parameter {name}", number, limit, "change the source")
    if options.check_genome:
        raise InputError("check-genome", "yes", f"{options.program.name} has no genome", "leave it out")
    if holds_genome(image):
        raise InputError(
            "flash image", "of a genome", f"{options.program.name} has no genome", "build its own"
        )


class _Source(NamedTuple):
    """A file to compile, what its object is called, and flags for it alone."""

    path: Path
    object: str
    flags: tuple[str, ...] = ()


def _sources(folder: Path, options: Options) -> list[_Source]:
    """What all cells share, and what they run; with numbers that are given it is written into the folder."""
    runtime, program = _Source(SOURCES / "runtime.c", "runtime.o"), options.program
    if program is None:
        return [runtime, _Source(SOURCES / "neural.c", "program.o")]
    path = program.path.absolute()
    if program.for_kilolib:
        before = "-include", str(SOURCES / "targets" / "kilolib_program.h")
        return [_Source(SOURCES / "kilolib.c", "kilolib.o"), _Source(path, "program.o", before)]
    if program.given:
        path = folder / "program.c"
        path.write_text(program.source_with_given)
    return [runtime, _Source(path, "program.o")]


def _for_kilolib(options: Options) -> bool:
    return options.program is not None and options.program.for_kilolib


_FEW_REGISTERS: Final = {
    "zig": ("-target", "riscv32-freestanding-none", "-mcpu=generic_rv32-i+e+m+c+relax", "-mabi=ilp32e"),
    "gcc": ("-march=rv32emc", "-mabi=ilp32e"),
}
"""Of RV32IMC for kilolib: a delay() leaves what a callee saves in RAM, where there is little room."""


def _command(target: Chip, options: Options) -> list[str]:
    if options.cc is not None and not target.gcc:
        raise InputError("compiler", options.cc, f"no gcc builds {target.name}", "leave out --cc to use zig")
    processor = target.zig if options.cc is None else target.gcc
    macros = ["-DPLANARIA_CHECK_GENOME"] if options.check_genome else []
    own = list(_PROGRAM_FLAGS) if options.program else []
    if _for_kilolib(options):
        here = [word for folder in (SOURCES, SOURCES / "kilolib") for word in ("-I", str(folder))]
        kind = "zig" if options.cc is None else "gcc"
        floats = _FLOAT[kind]
        processor = _FEW_REGISTERS[kind] if target.name == "rv32imc" else processor
        return [*compiler(options.cc), *processor, *own, *_KILOLIB_FLAGS, *floats, *here]
    if options.program and options.cc is None:
        own += _PROGRAM_WARNINGS
        own += _GIVEN_WARNINGS if options.program.given else ()
    return [*compiler(options.cc), *processor, *_FLAGS, *macros, *own, "-I", str(SOURCES)]


def _check_native(program: ProgramInC, target: Chip, options: Options) -> None:
    """A delay() in the middle of a program needs its stack to be changed, which is written in assembly."""
    if options.cc is not None:
        raise InputError(
            "compiler", options.cc, f"{program.name} is for kilolib", "leave out --cc to use zig"
        )
    if target.kind is Kind.HOST and sys.platform == "linux" and platform.machine() == "x86_64":
        return
    limit = f"{program.name} is for kilolib, which is there for chips, and for Linux on x86-64"
    raise InputError("target", target.name, limit, "build it for a chip (run has --engine iss)")


def _build_library(folder: Path, image: bytes, target: Chip, options: Options) -> Binary:
    program, command = options.program, [*_command(target, options), *_LIBRARY_FLAGS[target.kind]]
    link: list[str] = []
    if program is not None and program.for_kilolib:
        _check_native(program, target, options)
        link = ["-T", str(SOURCES / "targets" / "kilolib_host.ld")]
    parts = []
    for source in _sources(folder, options):
        if source.flags:
            compile_in(folder, [*command, *source.flags, "-c", str(source.path)], source.object)
        parts.append(source.object if source.flags else str(source.path))
    try:
        compile_in(folder, [*command, *parts, str(SOURCES / "targets" / target.reset), *link], "cell.out")
    except CompileError as error:
        if program is None or _TOO_MANY not in error.output:
            raise
        limit = f"variables of {program.name} do not fit into a cell's RAM, for here pointers have 8 bytes"
        raise InputError("RAM", target.name, limit, "build it for a chip (run has --engine iss)") from error
    return Binary(target, image, (folder / "cell.out").read_bytes())


def _build_chip(folder: Path, image: bytes, target: Chip, options: Options) -> Binary:
    # As text and not by .incbin, whose file zig's cache does not look at.
    (folder / "genome.S").write_text(f'.section .genome, "a"\n.byte {", ".join(map(str, image))}\n')
    command = [*_command(target, options), *_CHIP_FLAGS]
    sizes = ["-fstack-size-section"] if options.cc is None else []
    objects = []
    for source in _sources(folder, options):
        objects.append(source.object)
        compile_in(folder, [*command, *sizes, *source.flags, "-c", str(source.path)], source.object)
    above, guard = (_ABOVE_STACK_BYTES, GUARD_BYTES) if options.program else (0, 0)
    sizes_in_script = f"planaria_above_stack = {above};\nplanaria_guard = {guard};\n"
    script = sizes_in_script + (SOURCES / "targets" / "cell.ld").read_text()
    (folder / "cell.ld").write_text(script)
    reset = str(SOURCES / "targets" / target.reset)
    link = [*command, *objects, reset, "genome.S", *_LINKER, *_arithmetic(options)]
    try:
        _link(folder, link, "cell.ld")
    except CompileError as error:
        if options.program is not None and _NO_MAIN.search(error.output):
            name = options.program.name
            raise InputError(
                "program", name, "it has no function main", "write it: see examples/gradient.c"
            ) from error
        overflow = _OVERFLOW.search(error.output)
        if overflow is None:
            raise
        (folder / "roomy.ld").write_text(re.sub(r"LENGTH = \d+", f"LENGTH = {ROOMY_BYTES}", script))
        _link(folder, link, "roomy.ld")
        unfit = read_elf((folder / "cell.elf").read_bytes(), target, roomy=True)
        raise _over_budget(unfit, overflow["region"], int(overflow["bytes"])) from error
    bound = _stack_bound_bytes(folder, objects) if options.cc is None else None
    binary = read_elf((folder / "cell.elf").read_bytes(), target, bound)
    if binary.variables and not _for_kilolib(options):
        raise InputError(
            "RAM",
            f"{sum(part.size for part in binary.variables)} B beside struct cell",
            f"{_largest(binary.variables)}: natively all cells would share them",
            "keep all variables in struct cell",
        )
    if options.cc is None:
        least = max(largest_frame_bytes((folder / name).read_bytes()) for name in objects)
        binary.check_stack(bound or least)
    return binary


def _stack_bound_bytes(folder: Path, objects: list[str]) -> int | None:
    """Of phases, which do not call each other; None if some of them call what another file has."""
    deepest = 0
    for name in objects:
        bound = stack_bound_bytes((folder / name).read_bytes())
        if bound is None:
            return None
        deepest = max(deepest, bound)
    return deepest


def _link(folder: Path, command: list[str], script: str) -> None:
    compile_in(folder, [*command, "-T", script], "cell.elf")


def _arithmetic(options: Options) -> list[str]:
    """The compiler's own functions, without which some chips cannot divide, or multiply."""
    if options.cc is not None:
        return ["-lgcc"]
    return [] if options.program is None else ["-lcompiler_rt"]


def _over_budget(binary: Binary, region: str, excess: int) -> InputError:
    """By how much, what is largest, and what would fit."""
    if region == "RAM":
        return InputError(
            "RAM",
            f"{RAM_BYTES + excess} B on {binary.target.name}",
            f"{excess} B more than a cell's {RAM_BYTES} B, the stack's 40 B included; "
            + (
                f"beside struct cell there are {_largest(binary.variables)}"
                if binary.variables
                else "no more"
            ),
            "keep all variables in struct cell" if binary.variables else "take smaller variables, or fewer",
        )
    code = [part for part in binary.parts if part.section != "genome"]
    widest = (ROM_BYTES - binary.genome_address - HEADER_BYTES) // RECORD.itemsize
    genome = holds_genome(binary.image)
    return InputError(
        "ROM",
        f"{ROM_BYTES + excess:,} B on {binary.target.name}",
        f"{excess:,} B more than a cell's {ROM_BYTES:,} B; largest are "
        + (f"genome, {len(binary.image):,} B, " if genome else "")
        + _largest(code),
        f"the widest H that fits is {widest}" if genome else "make the program shorter",
    )


def _largest(parts: Iterable[Part]) -> str:
    """The three largest, with their sizes."""
    by_size = sorted(parts, key=lambda part: -part.size)
    return ", ".join(f"{part.name}, {part.size:,} B" for part in by_size[:3])
