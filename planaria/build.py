"""``planaria build``: the firmware for a chip, and where each of its bytes went."""

import argparse
import io
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

from tqdm import tqdm

from firmware import image
from firmware.budget import RAM_BYTES, ROM_BYTES
from firmware.clock import Law, Timing
from firmware.hardware.binary import RAM_ORIGIN, Binary
from firmware.hardware.build import Options, build
from firmware.hardware.chips import TARGETS, Chip, Kind, find_chip
from firmware.hardware.simulator import SimulatedChip
from firmware.hardware.sizes import boot_costs, measure
from firmware.hardware.toolchain import require
from firmware.memory import LAYOUT
from firmware.system.atomic import write_all
from planaria.outputs import check_results, make_folder
from planaria.pictures.ram_map import save_ram_map
from planaria.say import say
from planaria.shipped import genome_path, open_genome

ALL = "all"
SUFFIXES = {Kind.CHIP: (".elf", ".hex", ".bin", ".map"), Kind.HOST: (".so",), Kind.WASM: (".wasm",)}
RAM_MAP = "ram.png"

COLUMNS: tuple[tuple[str, Callable[[dict[str, Any]], Any]], ...] = (
    ("target", lambda row: row["target"]),
    ("ROM", lambda row: row["rom_bytes"]),
    ("code", lambda row: row["rom_bytes"] - row["rom_bytes_by_section"]["genome"]),
    ("genome", lambda row: row["rom_bytes_by_section"]["genome"]),
    ("RAM", lambda row: row["ram_total_bytes"]),
    ("static", lambda row: row["ram_static_bytes"]),
    ("stack", lambda row: row["stack_bytes"]),
    ("instructions/update", lambda row: row["instructions_per_update"]),
    ("cycles/multiply-add", lambda row: row["cycles_per_multiply_add"]),
    ("at MHz", lambda row: row["clock_hz"] // 1_000_000),
    ("ms/update", lambda row: row["ms_per_update"]),
    ("uJ/update", lambda row: row["energy_per_update_uj"]),
    ("mW", lambda row: row["mean_power_mw"]),
)


def build_files(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Build for one target or for all chips, and write the files; returns a dict for each.

    Raises:
        InputError: an unknown target, no toolchain, over budget, a failing compile, a bad output.
    """
    genome = open_genome(options.genome)
    targets = list(TARGETS.values()) if options.target == ALL else [find_chip(options.target)]
    flash = image.build(genome, Timing(Law.named(options.clock), options.mean_interval_us))
    paths = {
        target.name: _paths(options.output / f"{genome.name}-{target.name}", target) for target in targets
    }
    ram_map = [options.output / RAM_MAP] if any(target.kind is Kind.CHIP for target in targets) else []
    outputs = [*chain.from_iterable(paths.values()), *ram_map]
    check_results(options.output, [path.name for path in outputs], [genome_path(options.genome)])
    progress = tqdm(targets, desc="building", unit=" targets", disable=None, leave=False)
    built = [_build(flash, target, options) for target in progress]
    make_folder(options.output)
    for binary, facts in built:
        write_all(dict(zip(paths[binary.target.name], _contents(binary), strict=True)))
        facts["files"] = [str(path) for path in paths[binary.target.name]]
    for path in ram_map:
        save_ram_map(path)
    return [facts for _, facts in built]


def _paths(stem: Path, target: Chip) -> list[Path]:
    return [stem.with_name(stem.name + suffix) for suffix in SUFFIXES[target.kind]]


def _build(flash: bytes, target: Chip, options: argparse.Namespace) -> tuple[Binary, dict[str, Any]]:
    how = Options(options.check_genome, options.cc)
    binary = build(flash, target, how)
    if target.kind is not Kind.CHIP:
        return binary, {"target": target.name, "chip": target.chip, "file_bytes": len(binary.content)}
    facts = measure(binary)
    if options.check_genome:
        plain = build(flash, target, Options(cc=options.cc))
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
    lines += [f"0x{RAM_ORIGIN + field.offset:08x} {field.size:6} {field.name}" for field in LAYOUT]
    return "\n".join(lines) + "\n"


def print_built(rows: list[dict[str, Any]], output: Path) -> None:
    """Sizes as a table, and what was written."""
    chips = [row for row in rows if "rom_bytes" in row]
    if chips:
        for line in size_table(chips).split("\n"):
            say(line)
        for row in chips:
            if row["energy_source"]:
                say(f"{row['target']}: energy of {row['energy_source']}")
    for row in rows:
        if "check_genome" in row:
            cost = row["check_genome"]
            say(
                f"{row['target']}: checking the genome costs {cost['rom_bytes']} B of ROM "
                f"and {cost['instructions_per_boot']:,} instructions at boot"
            )
        for path in row["files"]:
            say(f"wrote {path}")
    if chips:
        say(f"wrote {output / RAM_MAP}")


def size_table(rows: list[dict[str, Any]]) -> str:
    """A Markdown table of chips."""
    cells = [[name for name, _ in COLUMNS]] + [[_text(get(row)) for _, get in COLUMNS] for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(len(COLUMNS))]
    lines = [
        "| " + " | ".join(text.rjust(w) for text, w in zip(line, widths, strict=True)) + " |"
        for line in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (w + 1) + ":" for w in widths) + "|")
    return "\n".join(lines)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int | float) else str(value)
