"""``planaria bench``: every engine, the paper's way and the processor's limits, side by side."""

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any

from planaria.commands.command import add_command, print_json
from planaria.say import say


def add(commands: Any) -> None:
    """Flags and help of the command."""
    parser = add_command(
        commands,
        "bench",
        _bench,
        "Measure all engines, the paper's dense way and this core's limits, side by side: about 5 minutes.",
        "planaria bench -o docs",
    )
    parser.add_argument(
        "--side",
        type=int,
        action="append",
        default=[],
        metavar="N",
        help="a grid of NxN cells; may be repeated (default: 64, 256 and 1024)",
    )
    parser.add_argument(
        "--seconds", type=float, default=2.0, metavar="S", help="for each measurement (default: 2)"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="also write bench.md there, with figures"
    )


def _bench(options: argparse.Namespace) -> None:
    from planaria.bench.bench import bench
    from planaria.bench.report import save_report

    report = bench(options.side, options.seconds, options.output)
    if options.json:
        print_json(report)
    else:
        print_report(report)
    if options.output:
        for path in save_report(options.output, report, _again(options)):
            say(f"wrote {path}", file=sys.stderr)


def print_report(report: dict[str, Any]) -> None:
    """Tell a person the table, and the limits of the arithmetic."""
    from planaria.bench.report import limits_text, table

    for line in table(report):
        say(line)
    say()
    say(limits_text(report))


def _again(options: argparse.Namespace) -> str:
    """Give the command for the same bench again."""
    sides = [word for side in options.side for word in ("--side", str(side))]
    return shlex.join(
        ["planaria", "bench", *sides, "--seconds", f"{options.seconds:g}", "-o", str(options.output)]
    )
