"""``planaria verify``: the C cell against the Python reference."""

import argparse
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from firmware import image
from firmware.clock import Law, Timing
from firmware.errors import InputError
from firmware.genome import Genome
from firmware.hardware.binary import Binary, read_elf
from firmware.hardware.build import build
from firmware.hardware.chips import Kind, find_chip
from firmware.hardware.machine import load
from firmware.hardware.verify import random_genome, verify
from firmware.system.reading import read_input
from planaria.say import before_bar, say
from planaria.shipped import open_genome

ELF_MAX_BYTES: Final = 1 << 20


def verify_cell(options: argparse.Namespace) -> dict[str, Any]:
    """Verify the genome, and a random one of its width, on a target.

    Raises:
        InputError: a bad option, no toolchain, or a binary that holds another genome.
    """
    genome = open_genome(options.genome)
    target = find_chip(options.target)
    if options.cases < 1:
        raise InputError("cases", options.cases, "it must be at least 1", "10000 takes seconds")
    if options.seed < 0:
        raise InputError("seed", options.seed, "it must be at least 0", "choose another")
    timing = Timing(Law.named(options.clock), options.mean_interval_us)
    flash = image.build(genome, timing)
    if options.elf:
        trials = [(genome, _read(options.elf, target.name, flash))]
    else:
        random = random_genome(genome, options.seed)
        trials = [
            (genome, build(flash, target)),
            (random, build(image.build(random, timing), target)),
        ]
    runs = [_verify(subject, binary, options) for subject, binary in trials]
    return {
        "target": target.name,
        "genomes": runs,
        **{key: sum(run[key] for run in runs) for key in ("cases", "bytes_compared", "mismatches")},
    }


def _read(path: Path, target: str, flash: bytes) -> Binary:
    """An ELF file that was built before, which must hold this very image."""
    chosen = find_chip(target)
    if chosen.kind is not Kind.CHIP:
        raise InputError("--elf", path, f"{target} has no ELF file", "leave it out")
    binary = read_elf(read_input("ELF file", path, ELF_MAX_BYTES, "give a file of planaria build"), chosen)
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


def _verify(genome: Genome, binary: Binary, options: argparse.Namespace) -> dict[str, Any]:
    program = load(binary)
    with tqdm(
        total=options.cases, unit=" cases", desc=before_bar(genome.name), disable=None, leave=False
    ) as bar:
        report = verify(binary.image, program, options.cases, options.seed, bar.update)
    return {
        "genome": genome.name,
        "cases": report.cases,
        "bytes_compared": report.bytes_compared,
        "mismatches": report.mismatches,
        "first_mismatch": report.first,
    }


def print_report(report: dict[str, Any]) -> None:
    """The result for a person."""
    for run in report["genomes"]:
        say(
            f"{report['target']}, {run['genome']}: {run['cases']:,} cases, "
            f"{run['bytes_compared']:,} bytes compared, {run['mismatches']:,} mismatches"
        )
        if run["mismatches"]:
            say(f"  {run['first_mismatch']}")
