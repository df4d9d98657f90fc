"""``planaria build``: the firmware for a chip, and where each of its bytes went."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from emulator.options import CLOCK
from planaria.commands.command import (
    add_command,
    add_options,
    add_parameters,
    chosen,
    parameters,
    print_json,
)
from planaria.say import say

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


def add(commands: Any) -> None:
    """Flags and help of the command."""
    parser = add_command(
        commands,
        "build",
        _build,
        "Build the C firmware with a genome for a chip: ELF, Intel HEX, raw binary, map, and what it needs.",
        "planaria build planarian --target cortex-m0plus -o build",
    )
    parser.add_argument("genome", help="a .genome file, the name of a shipped one, or a program in C (.c)")
    parser.add_argument(
        "--target", required=True, metavar="T", help="cortex-m0plus, rv32imc, rv32ec, host, wasm or all"
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="folder for the files"
    )
    parser.add_argument(
        "--check-genome", action="store_true", help="let the cell check its genome's CRC-32 at every boot"
    )
    parser.add_argument(
        "--cc", metavar="GCC", help="a gcc of the system, e.g. arm-none-eabi-gcc (default: zig)"
    )
    add_parameters(parser)
    add_options(parser, CLOCK)


def _build(options: argparse.Namespace) -> None:
    from planaria.build import ALL, build_files

    rows = build_files(
        options.genome,
        options.target,
        options.output,
        check_genome=options.check_genome,
        cc=options.cc,
        parameters=parameters(options),
        **chosen(options, CLOCK),
    )
    if options.json:
        print_json(rows if options.target == ALL else rows[0])
    else:
        print_built(rows, options.output)


def print_built(rows: list[dict[str, Any]], output: Path) -> None:
    """Tell a person the sizes, as a table, and what was written."""
    from planaria.build import RAM_MAP

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
