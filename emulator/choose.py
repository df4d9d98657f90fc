"""Engines by name: the same world, lived by arrays of cells, a process for each cell, or machine code."""

from typing import BinaryIO, Final, NamedTuple

from emulator.config import RunConfig
from emulator.engine import Engine, Library
from emulator.goal import Goal
from emulator.reference.engine import ReferenceEngine
from firmware.errors import InputError
from firmware.program import Firmware

CHIP: Final = "cortex-m0plus"
"""The chip of the engine ``iss`` when none is named."""


class EngineKind(NamedTuple):
    """An engine, as people choose it.

    Attributes:
        text: what it is, in a few words.
        has_chip: whether ``target`` and ``check_genome`` mean something to it.
        has_kernels: whether ``kernel`` does.
    """

    text: str
    has_chip: bool = False
    has_kernels: bool = False


ENGINES: Final = {
    "window": EngineKind("compiled, for many cells", has_kernels=True),
    "reference": EngineKind("a process for each cell, to be read"),
    "native": EngineKind("every cell executes the C cell, built for this machine"),
    "iss": EngineKind("every cell executes the C cell on a simulated chip", has_chip=True),
}
"""All engines by name; they give the same result."""


def make_engine(
    config: RunConfig,
    image: bytes,
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
        image: flash image of the genome.
        goal: by which the run is judged.
        trace_file: receives every update.
        engine: a key of ``ENGINES``.
        kernel: what ``window`` computes with; None is the fastest that this processor has.
        target: the chip of ``iss``; None is ``CHIP``.
        check_genome: whether each cell of ``iss`` checks its genome's CRC-32 at boot.
        library: the flash image of a genome by its name, for faults that mix genomes.

    Raises:
        InputError: an unknown engine, an unknown or unsuited target or kernel, or no toolchain.
    """
    if engine not in ENGINES:
        raise InputError("engine", engine, "it is unknown", f"choose one of {', '.join(ENGINES)}")
    kind = ENGINES[engine]
    if not kind.has_chip and (target is not None or check_genome):
        option = "target" if target is not None else "check-genome"
        raise InputError(option, target or "yes", f"the engine {engine} has no chip", "add --engine iss")
    if not kind.has_kernels and kernel is not None:
        raise InputError("kernel", kernel, f"the engine {engine} has none to choose", "add --engine window")
    if engine == "reference":
        return ReferenceEngine(config, image, goal, trace_file=trace_file, library=library)
    if engine == "window":
        from emulator.arrays.engine import AUTO, WindowEngine

        return WindowEngine(config, image, goal, trace_file, kernel or AUTO, library)
    rom, firmware = _machine(image, "host" if engine == "native" else target or CHIP, engine, check_genome)
    return ReferenceEngine(config, rom, goal, firmware, trace_file)


def _machine(image: bytes, target: str, engine: str, check_genome: bool) -> tuple[bytes, Firmware]:
    """What to flash, and what makes a program of it."""
    from firmware.hardware.build import Options, build
    from firmware.hardware.chips import CHIPS, Kind, find_chip
    from firmware.hardware.machine import machine, rom_image

    chip = find_chip(target)
    if engine == "iss" and chip.kind is not Kind.CHIP:
        raise InputError("target", chip.name, "it is no chip", f"choose one of {', '.join(CHIPS)}")
    binary = build(image, chip, Options(check_genome))
    return rom_image(binary), machine(binary)
