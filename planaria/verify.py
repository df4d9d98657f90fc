"""The C cell against the Python reference: of a genome, or of a program and its twin in C."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from tqdm import tqdm

from firmware import image
from firmware.clock import Timing
from firmware.errors import InputError
from firmware.genome import Genome
from firmware.hardware.binary import RAM_ORIGIN, Binary, read_elf
from firmware.hardware.build import STRICTEST, Options, build
from firmware.hardware.chips import TARGETS, Chip, Kind, find_chip
from firmware.hardware.machine import load
from firmware.hardware.verify import random_genome, verify
from firmware.hardware.verify_program import verify_program
from firmware.program import BoardProgram
from firmware.runtime import interpreted
from firmware.system.reading import read_input
from planaria.code import check_in_python, open_code
from planaria.program import SourceProgram
from planaria.say import before_bar

ELF_MAX_BYTES: Final = 1 << 20


def verify_cell(
    name_or_file: str | Path,
    target: str,
    *,
    cases: int = 10_000,
    seed: int = 0,
    elf: Path | None = None,
    parameters: Mapping[str, int] = MappingProxyType({}),
    **options: Any,
) -> dict[str, Any]:
    """Verify a genome, and a random one of its width, on a target, or the twin in C of a program in Python.

    Returns:
        What ``--json`` shows.

    Args:
        name_or_file: of the genome, or of the program, beside which its twin lies.
        target: name of a chip, ``host`` or ``wasm``.
        cases: so many events.
        seed: of the events.
        elf: a file that was built before, which alone is then verified.
        parameters: other values for some that a program declares, in both languages.
        options: of the cell's clock, as of ``Grid``.

    Raises:
        InputError: a bad option, no toolchain, or a binary that holds another genome.
    """
    chip = find_chip(target)
    if cases < 1:
        raise InputError("cases", cases, "it must be at least 1", "10000 takes seconds")
    if seed < 0:
        raise InputError("seed", seed, "it must be at least 0", "choose another")
    timing = Timing.of(options)
    code = open_code(name_or_file, parameters)
    check_in_python(code, "verify")
    if isinstance(code, Genome):
        runs = _verify_genome(code, chip, timing, cases, seed, elf)
    elif elf:
        raise InputError("--elf", elf, "it is for genomes", "leave it out")
    else:
        runs = [_verify_program(code, chip, timing, cases, seed)]
    return {
        "target": chip.name,
        "parameters": dict(parameters),
        "genomes": runs,
        **{key: sum(run[key] for run in runs) for key in ("cases", "bytes_compared", "mismatches")},
    }


def _verify_genome(
    genome: Genome, chip: Chip, timing: Timing, cases: int, seed: int, elf: Path | None
) -> list[dict[str, Any]]:
    flash = image.build(genome, timing)
    if elf:
        trials = [(genome, _read(elf, chip, flash))]
    else:
        random = random_genome(genome, seed)
        trials = [(genome, build(flash, chip)), (random, build(image.build(random, timing), chip))]
    return [_verify(subject, binary, cases, seed) for subject, binary in trials]


def _verify_program(
    program: SourceProgram, chip: Chip, timing: Timing, cases: int, seed: int
) -> dict[str, Any]:
    """The twin in C of a program: all variables that it declares; of one that has none, what it shows."""
    flash = image.build_program(timing)
    twin = load(build(flash, chip, Options(program=program.in_c)))
    reference = interpreted(program.handlers)(flash)
    assert isinstance(twin, BoardProgram)
    assert isinstance(reference, BoardProgram)
    own_bytes = program.layout.end if program.layout else _bytes_in_c(program, flash)
    with tqdm(total=cases, unit=" cases", desc=before_bar(program.name), disable=None, leave=False) as bar:
        report = verify_program(reference, twin, own_bytes, cases, seed, bar.update, program.handlers.roles)
    facts = asdict(report)
    return {"genome": program.name, **facts, "first_mismatch": facts.pop("first")}


def _bytes_in_c(program: SourceProgram, flash: bytes) -> int:
    """Of the variables of a program's twin, where the program itself has declared none."""
    guard = build(flash, TARGETS[STRICTEST], Options(program=program.in_c)).guard
    assert guard is not None
    return guard - RAM_ORIGIN


def _read(path: Path, chip: Chip, flash: bytes) -> Binary:
    """An ELF file that was built before, which must hold this very image."""
    if chip.kind is not Kind.CHIP:
        raise InputError("--elf", path, f"{chip.name} has no ELF file", "leave it out")
    binary = read_elf(read_input("ELF file", path, ELF_MAX_BYTES, "give a file of planaria build"), chip)
    if binary.image != flash:
        where = next(
            (i for i, (a, b) in enumerate(zip(binary.image, flash, strict=False)) if a != b),
            min(len(binary.image), len(flash)),
        )
        raise InputError(
            "ELF file",
            path,
            f"its image ({len(binary.image)} B) does not match the genome's ({len(flash)} B) "
            f"from byte {where}",
            "build it again from this genome, with the same clock",
        )
    return binary


def _verify(genome: Genome, binary: Binary, cases: int, seed: int) -> dict[str, Any]:
    program = load(binary)
    with tqdm(total=cases, unit=" cases", desc=before_bar(genome.name), disable=None, leave=False) as bar:
        report = verify(binary.image, program, cases, seed, bar.update)
    return {
        "genome": genome.name,
        "cases": report.cases,
        "bytes_compared": report.bytes_compared,
        "mismatches": report.mismatches,
        "first_mismatch": report.first,
    }
