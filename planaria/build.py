"""The firmware for a chip, and where each of its bytes went."""

import io
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tqdm import tqdm

from firmware import image
from firmware.budget import RAM_BYTES, ROM_BYTES
from firmware.clock import Timing
from firmware.hardware.binary import RAM_ORIGIN, Binary
from firmware.hardware.build import Options, build
from firmware.hardware.chips import TARGETS, Chip, Kind, find_chip
from firmware.hardware.simulator import SimulatedChip
from firmware.hardware.sizes import boot_costs, measure
from firmware.hardware.toolchain import require
from firmware.program_in_c import ProgramInC
from firmware.system.atomic import write_all
from planaria.code import check_no_parameters
from planaria.outputs import check_results, make_folder
from planaria.pictures.ram_map import save_ram_map
from planaria.shipped import genome_path, open_genome

ALL = "all"
SUFFIXES = {Kind.CHIP: (".elf", ".hex", ".bin", ".map"), Kind.HOST: (".so",), Kind.WASM: (".wasm",)}
RAM_MAP = "ram.png"
PROGRAM_SUFFIX = ".c"


def build_files(
    name_or_file: str | Path,
    target: str,
    output: Path,
    *,
    check_genome: bool = False,
    cc: str | None = None,
    parameters: Mapping[str, int] = MappingProxyType({}),
    **options: Any,
) -> list[dict[str, Any]]:
    """Build the firmware of a genome or a program for one target or all, and write it; a dict for each.

    Args:
        name_or_file: of the genome; or a program in C in its place.
        target: name of a chip, ``host``, ``wasm``, or ``all``.
        output: folder for the files; made if it is missing.
        check_genome: whether the cell checks its genome's CRC-32 at every boot.
        cc: a gcc of the system; None is zig.
        parameters: of a program in C, other values for some that its header has, by their names in Python.
        options: of the cell's clock, as of ``Grid``.

    Raises:
        InputError: an unknown target, no toolchain, over budget, a failing compile, a bad output.
    """
    name, flash, program = _open(name_or_file, Timing.of(options), parameters)
    targets = _all_targets(program) if target == ALL else [find_chip(target)]
    paths = {chip.name: _paths(output / f"{name}-{chip.name}", chip) for chip in targets}
    ram_map = [output / RAM_MAP] if any(chip.kind is Kind.CHIP for chip in targets) else []
    outputs = [*chain.from_iterable(paths.values()), *ram_map]
    check_results(output, [path.name for path in outputs], [genome_path(name_or_file)])
    progress = tqdm(targets, desc="building", unit=" targets", disable=None, leave=False)
    how = Options(check_genome, cc, program)
    built = [_build(flash, chip, how) for chip in progress]
    make_folder(output)
    for binary, facts in built:
        write_all(dict(zip(paths[binary.target.name], _contents(binary), strict=True)))
        facts["files"] = [str(path) for path in paths[binary.target.name]]
    for path in ram_map:
        save_ram_map(path, next(binary.ram_fields for binary, _ in built if binary.rom))
    return [facts for _, facts in built]


def _open(
    name_or_file: str | Path, timing: Timing, parameters: Mapping[str, int]
) -> tuple[str, bytes, ProgramInC | None]:
    """Name and flash image of a genome, or of a program, which is a C file."""
    if (path := Path(name_or_file)).suffix == PROGRAM_SUFFIX:
        return path.stem, image.build_program(timing), ProgramInC(path, tuple(parameters.items()))
    check_no_parameters(name_or_file, parameters)
    genome = open_genome(name_or_file)
    return genome.name, image.build(genome, timing), None


def _all_targets(program: ProgramInC | None) -> list[Chip]:
    """All that there are; of a program for kilolib not wasm, which has no stack that could be changed."""
    some = program is not None and program.for_kilolib
    return [chip for chip in TARGETS.values() if not some or chip.kind is not Kind.WASM]


def _paths(stem: Path, target: Chip) -> list[Path]:
    return [stem.with_name(stem.name + suffix) for suffix in SUFFIXES[target.kind]]


def _build(flash: bytes, target: Chip, how: Options) -> tuple[Binary, dict[str, Any]]:
    binary = build(flash, target, how)
    if target.kind is not Kind.CHIP:
        return binary, {"target": target.name, "chip": target.chip, "file_bytes": len(binary.content)}
    facts = measure(binary)
    if how.check_genome:
        plain = build(flash, target, replace(how, check_genome=False))
        unchecked = max(cost.instructions for cost in boot_costs(SimulatedChip(plain)))
        facts["check_genome"] = {
            "rom_bytes": len(binary.rom) - len(plain.rom),
            "instructions_per_boot": facts["instructions_per_boot"] - unchecked,
        }
    return binary, facts


def _contents(binary: Binary) -> list[bytes]:
    """ELF, Intel HEX, raw binary and map of a chip; the one file of a library. As ``SUFFIXES``."""
    if binary.target.kind is not Kind.CHIP:
        return [binary.content]
    return [binary.content, _intel_hex(binary.rom), binary.rom, _map(binary).encode()]


def _intel_hex(rom: bytes) -> bytes:
    require("intelhex", "writer of Intel HEX")
    from intelhex import IntelHex

    text = io.StringIO()
    hex_file = IntelHex()
    hex_file.puts(0, rom)
    hex_file.write_hex_file(text)
    return text.getvalue().encode("ascii")


def _map(binary: Binary) -> str:
    """Every byte of ROM and RAM, by address."""
    lines = [f"ROM {len(binary.rom):,} of {ROM_BYTES:,} B"]
    lines += [f"0x{part.address:08x} {part.size:6} {part.section:8} {part.name}" for part in binary.parts]
    lines += [f"0x{len(binary.rom):08x} {ROM_BYTES - len(binary.rom):6} (free)", "", f"RAM {RAM_BYTES} B"]
    lines += [f"0x{RAM_ORIGIN + field.offset:08x} {field.size:6} {field.name}" for field in binary.ram_fields]
    return "\n".join(lines) + "\n"
