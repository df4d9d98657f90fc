"""``planaria genomes``: those that come with planaria."""

import argparse
from pathlib import Path
from typing import Any

from planaria.commands.command import add_command, print_json
from planaria.say import say


def add(commands: Any) -> None:
    """Flags and help of the command."""
    parser = add_command(
        commands, "genomes", _genomes, "List the genomes that come with planaria.", "planaria genomes --json"
    )
    parser.add_argument(
        "--figure", type=Path, metavar="F.png", help="grow an organism of each, and draw them all"
    )


def _genomes(options: argparse.Namespace) -> None:
    from planaria.zoo import table

    if options.figure is not None:
        from planaria.gallery import save_gallery
        from planaria.outputs import check_outputs

        check_outputs([options.figure])
        save_gallery(options.figure)
    if options.json:
        print_json(table())
    else:
        print_table(table())


def print_table(rows: list[dict[str, Any]]) -> None:
    """Tell a person of each genome how large it is and how well it does."""
    say(
        f"{'name':24}{'px':>7}{'H':>5}  {'regime':13}{'E at 200':>9}{'1,000':>7}{'10,000':>8}"
        f"{'clean':>10}  {'worst cut':16}{'trained':>8}"
    )
    for row in rows:
        size = f"{row['width']}x{row['height']}"
        errors = [_shown(row[f"E_{rounds}"], ".1f") for rounds in (200, 1000, 10000)]
        clean = "-" if row["clean"] is None else f"{row['clean']} of {row['cuts']}"
        say(
            f"{row['name']:24}{size:>7}{row['hidden']:>5}  {row['regime']:13}"
            f"{errors[0]:>9}{errors[1]:>7}{errors[2]:>8}{clean:>10}  "
            f"{row['worst_cut'] or '-':16}{_shown(row['train_seconds'], ',.0f'):>6} s"
        )
    say(
        "E of organisms after so many rounds: 1 looks perfect; clean: how many of those that were cut are "
        "whole 100 rounds later, with 5 % of messages lost; how they were trained: --json"
    )


def _shown(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
