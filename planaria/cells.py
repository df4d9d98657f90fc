"""What the cells of a grid execute: the Python reference, or the C cell in one of its builds."""

from firmware.cell import NeuralProgram
from firmware.errors import InputError
from firmware.program import Firmware

CHIP = "cortex-m0plus"
"""The chip of ``--engine iss`` when none is named."""


def flashed(image: bytes, engine: str, target: str | None, check_genome: bool) -> tuple[bytes, Firmware]:
    """What to flash, and what makes a program of it.

    Args:
        image: flash image of the genome.
        engine: ``reference``, ``native`` or ``iss``.
        target: chip for ``iss``; None is the default.
        check_genome: for ``iss``.

    Raises:
        InputError: an unknown or unsuited target, or no toolchain.
    """
    if engine != "iss" and (target is not None or check_genome):
        option = "target" if target is not None else "check-genome"
        raise InputError(option, target or "yes", f"the engine {engine} has no chip", "add --engine iss")
    if engine == "reference":
        return image, NeuralProgram
    from firmware.build import Options, build
    from firmware.machine import machine, rom_image
    from firmware.target import CHIPS, TARGETS, Kind, find_target

    chosen = TARGETS["host"] if engine == "native" else find_target(target or CHIP)
    if engine == "iss" and chosen.kind is not Kind.CHIP:
        raise InputError("target", chosen.name, "it is no chip", f"choose one of {', '.join(CHIPS)}")
    binary = build(image, chosen, Options(check_genome))
    return rom_image(binary), machine(binary)
