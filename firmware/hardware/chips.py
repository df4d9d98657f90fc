"""What the C cell is built for: real microcontrollers, this machine, and wasm."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from firmware.errors import InputError


class Kind(StrEnum):
    """How a target's binary is made and run."""

    CHIP = "chip"
    """A freestanding ELF file in ROM; runs in the instruction-set simulator."""

    HOST = "host"
    """A shared library of this machine; runs in this process."""

    WASM = "wasm"
    """A WebAssembly module; runs in wasmtime."""


@dataclass(frozen=True)
class Chip:
    """A processor and how to compile for it.

    Attributes:
        name: as the command line knows it.
        kind: how its binary is made and run.
        chip: a part that one can buy, or a description.
        zig: arguments that choose the processor for ``zig cc``.
        gcc: the same for gcc.
        reset: source of the reset code, below ``firmware/c/targets``.
        clock_hz: of the example part; 0 where it makes no sense.
    """

    name: str
    kind: Kind
    chip: str
    zig: tuple[str, ...]
    gcc: tuple[str, ...]
    reset: str
    clock_hz: int = 0


TARGETS: Final = {
    target.name: target
    for target in (
        Chip(
            "cortex-m0plus",
            Kind.CHIP,
            "Arm Cortex-M0+, e.g. STM32C011",
            ("-target", "thumb-freestanding-eabi", "-mcpu=cortex_m0plus"),
            ("-mcpu=cortex-m0plus", "-mthumb", "-fno-move-loop-invariants"),
            "cortex-m0plus.c",
            48_000_000,
        ),
        Chip(
            "rv32imc",
            Kind.CHIP,
            "RISC-V RV32IMC, e.g. ESP32-C3",
            ("-target", "riscv32-freestanding-none", "-mcpu=generic_rv32+m+c+relax"),
            ("-march=rv32imc", "-mabi=ilp32"),
            "rv32.c",
            160_000_000,
        ),
        Chip(
            "rv32ec",
            Kind.CHIP,
            "RISC-V RV32EC, no multiplier, e.g. CH32V003",
            ("-target", "riscv32-freestanding-none", "-mcpu=generic_rv32-i+e+c+relax", "-mabi=ilp32e"),
            ("-march=rv32ec", "-mabi=ilp32e"),
            "rv32.c",
            48_000_000,
        ),
        Chip("host", Kind.HOST, "this machine", ("-fPIC", "-shared"), ("-fPIC", "-shared"), "host.c"),
        Chip(
            "wasm",
            Kind.WASM,
            "WebAssembly",
            ("-target", "wasm32-freestanding", "-Wl,--no-entry", "-Wl,--export=__heap_base"),
            (),
            "host.c",
        ),
    )
}

CHIPS: Final = tuple(name for name, target in TARGETS.items() if target.kind is Kind.CHIP)


def find_chip(name: str) -> Chip:
    """The target of this name.

    Raises:
        InputError: there is none; the message lists them.
    """
    if name not in TARGETS:
        raise InputError("target", name, "it is unknown", f"choose one of {', '.join(TARGETS)}")
    return TARGETS[name]
