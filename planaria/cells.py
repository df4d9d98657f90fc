"""What runs a grid: the engine, and what its cells execute."""

from functools import partial
from typing import BinaryIO

from emulator.config import RunConfig
from emulator.engine import Engine
from emulator.reference.engine import ReferenceEngine
from firmware import image as flash_image
from firmware.clock import Timing
from firmware.errors import InputError
from firmware.picture import Picture
from firmware.program import Firmware
from planaria.shipped import open_genome, shipped_paths

ENGINES = ("window", "reference", "native", "iss")

CHIP = "cortex-m0plus"
"""The chip of ``--engine iss`` when none is named."""


def make_engine(
    config: RunConfig,
    image: bytes,
    pattern: Picture,
    trace_file: BinaryIO | None,
    engine: str,
    target: str | None,
    check_genome: bool,
    kernel: str | None,
) -> Engine:
    """The engine of this name.

    Args:
        config: the world.
        image: flash image of the genome.
        pattern: by which errors are judged.
        trace_file: receives every update.
        engine: ``window``, ``reference``, ``native`` or ``iss``.
        target: chip for ``iss``; None is the default.
        check_genome: for ``iss``.
        kernel: for ``window``; None is the fastest.

    Raises:
        InputError: an unknown engine, an unknown or unsuited target, or no toolchain.
    """
    if engine not in ENGINES:
        raise InputError("engine", engine, "it is unknown", f"choose one of {', '.join(ENGINES)}")
    if engine != "iss" and (target is not None or check_genome):
        option = "target" if target is not None else "check-genome"
        raise InputError(option, target or "yes", f"the engine {engine} has no chip", "add --engine iss")
    if engine != "window" and kernel is not None:
        raise InputError("kernel", kernel, f"the engine {engine} has none to choose", "add --engine window")
    library = partial(_flash_image, config.timing)
    if engine == "reference":
        return ReferenceEngine(config, image, pattern, trace_file=trace_file, library=library)
    if engine == "window":
        from emulator.arrays.engine import AUTO, WindowEngine

        return WindowEngine(config, image, pattern, trace_file, kernel or AUTO, library)
    rom, firmware = _machine(image, engine, target or CHIP, check_genome)
    return ReferenceEngine(config, rom, pattern, firmware, trace_file)


def _flash_image(timing: Timing, name: str) -> bytes:
    """Of a shipped genome."""
    if name not in shipped_paths():
        raise InputError("genome", name, "it is not shipped", f"shipped are: {', '.join(shipped_paths())}")
    return flash_image.build(open_genome(name), timing)


def _machine(image: bytes, engine: str, chip: str, check_genome: bool) -> tuple[bytes, Firmware]:
    """What to flash, and what makes a program of it."""
    from firmware.hardware.build import Options, build
    from firmware.hardware.chips import CHIPS, TARGETS, Kind, find_chip
    from firmware.hardware.machine import machine, rom_image

    chosen = TARGETS["host"] if engine == "native" else find_chip(chip)
    if engine == "iss" and chosen.kind is not Kind.CHIP:
        raise InputError("target", chosen.name, "it is no chip", f"choose one of {', '.join(CHIPS)}")
    binary = build(image, chosen, Options(check_genome))
    return rom_image(binary), machine(binary)
