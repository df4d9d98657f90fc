"""Engines by name: the same world, lived by arrays of cells, a process for each cell, or machine code."""

import ctypes
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, BinaryIO, Final

from emulator.config import RunConfig
from emulator.engine import Engine, Library
from emulator.engines import ENGINES, MACHINE_CODE
from emulator.goal import Goal
from emulator.reference.engine import ReferenceEngine
from emulator.world.senses import Senses
from firmware.errors import InputError
from firmware.handlers import Handlers
from firmware.image import build_program
from firmware.program import Firmware
from firmware.program_in_c import ProgramInC

if TYPE_CHECKING:
    from firmware.hardware.binary import Binary
    from firmware.hardware.build import Options
    from firmware.hardware.chips import Chip

CHIP: Final = "cortex-m0plus"
"""The chip of the engine ``iss`` when none is named."""

WORD_BYTES: Final = 4
"""Of every chip, and so of a pointer there."""


def make_engine(
    config: RunConfig,
    program: bytes | Handlers | ProgramInC,
    goal: Goal,
    trace_file: BinaryIO | None = None,
    *,
    engine: str = "window",
    kernel: str | None = None,
    target: str | None = None,
    check_genome: bool = False,
    library: Library | None = None,
) -> Engine:
    """The engine of this name, with its cells flashed.

    Args:
        config: the world.
        program: the flash image of a genome, a program in Python, or one in C.
        goal: by which the run is judged.
        trace_file: receives every update.
        engine: a key of ``ENGINES``.
        kernel: what ``window`` computes with; None is the fastest that this processor has.
        target: the chip of ``iss``; None is ``CHIP``.
        check_genome: whether each cell of ``iss`` checks its genome's CRC-32 at boot.
        library: the flash image of a genome by its name, for faults that mix genomes.

    Raises:
        InputError: an unknown engine or one that cannot run this, an unknown or unsuited target or kernel,
            a program that cannot be compiled, or no toolchain.
    """
    if engine not in ENGINES:
        raise InputError("engine", engine, "it is unknown", f"choose one of {', '.join(ENGINES)}")
    kind = ENGINES[engine]
    if not kind.has_chip and (target is not None or check_genome):
        option = "target" if target is not None else "check-genome"
        raise InputError(option, target or "yes", f"the engine {engine} has no chip", "add --engine iss")
    if not kind.has_kernels and kernel is not None:
        raise InputError("kernel", kernel, f"the engine {engine} has none to choose", "add --engine window")
    _check_program(program, engine, kernel)
    if isinstance(program, Handlers):
        return _python_engine(config, program, goal, trace_file, engine)
    if engine == "reference":
        assert isinstance(program, bytes)
        return ReferenceEngine(config, program, goal, trace_file=trace_file, library=library)
    if engine == "window":
        from emulator.arrays.engine import AUTO, WindowEngine

        assert isinstance(program, bytes)
        return WindowEngine(config, program, goal, trace_file, kernel or AUTO, library)
    chip = "host" if engine == "native" else target or CHIP
    rom, firmware = _machine(program, config, chip, engine, check_genome)
    ram_as_on_chips = engine == "iss" or isinstance(program, bytes) or not program.for_kilolib
    senses = None
    if isinstance(program, ProgramInC) and program.for_kilolib:
        senses = Senses.of_kilolib(WORD_BYTES if engine == "iss" else ctypes.sizeof(ctypes.c_void_p))
    if engine == "native" and find_spec("numba") is not None:
        from emulator.arrays.programs.called import called_native
        from emulator.arrays.programs.engine import ProgramEngine

        return ProgramEngine(config, called_native(rom, firmware, ram_as_on_chips), goal, trace_file, senses)
    return ReferenceEngine(config, rom, goal, firmware, trace_file, None, ram_as_on_chips, senses)


def engines_for(program: bytes | Handlers | ProgramInC) -> tuple[str, ...]:
    """The engines that can run a program, the one to be taken first; as ``make_engine`` takes them."""
    if isinstance(program, Handlers) and not program.source:
        return "window", "reference"
    return tuple(ENGINES) if isinstance(program, bytes) else MACHINE_CODE


def _check_program(program: bytes | Handlers | ProgramInC, engine: str, kernel: str | None) -> None:
    """Refuse an engine that cannot run a program."""
    able = engines_for(program)
    if engine not in able and not isinstance(program, bytes):
        language = "C" if able is MACHINE_CODE else "Python"
        limit = f"it cannot run {program.name}, which is written in {language}"
        raise InputError("engine", engine, limit, f"choose {' or '.join(able)}")
    if kernel is not None and not isinstance(program, bytes):
        raise InputError("kernel", kernel, f"{program.name} is no genome", "leave it out")


def _python_engine(
    config: RunConfig, handlers: Handlers, goal: Goal, trace_file: BinaryIO | None, engine: str
) -> Engine:
    """A program in Python, compiled or interpreted."""
    if engine == "reference":
        from firmware.runtime import interpreted

        image = build_program(config.timing)
        return ReferenceEngine(config, image, goal, interpreted(handlers), trace_file)
    if find_spec("numba") is None:
        limit = f"it compiles {handlers.name}, and numba is not installed"
        raise InputError("engine", engine, limit, "choose reference, or install it")
    from emulator.arrays.programs.called import called_python
    from emulator.arrays.programs.engine import ProgramEngine

    return ProgramEngine(config, called_python(handlers, config.timing), goal, trace_file)


def _machine(
    program: bytes | ProgramInC, config: RunConfig, target: str, engine: str, check_genome: bool
) -> tuple[bytes, Firmware]:
    """What to flash, and what makes a program of it."""
    from firmware.hardware.build import Options, build
    from firmware.hardware.chips import CHIPS, Kind, find_chip
    from firmware.hardware.machine import machine, rom_image

    chip = find_chip(target)
    if engine == "iss" and chip.kind is not Kind.CHIP:
        raise InputError("target", chip.name, "it is no chip", f"choose one of {', '.join(CHIPS)}")
    if isinstance(program, ProgramInC):
        given = build_program(config.timing), chip, Options(check_genome, program=program)
        binary = _built_once(*given) if program.kept else build(*given)
    else:
        binary = build(program, chip, Options(check_genome))
    return rom_image(binary), machine(binary)


@lru_cache(maxsize=1)
def _built_once(image: bytes, chip: "Chip", options: "Options") -> "Binary":
    """What ``build`` makes of a program whose source is kept: thousands of trials run the same."""
    from firmware.hardware.build import build

    return build(image, chip, options)
