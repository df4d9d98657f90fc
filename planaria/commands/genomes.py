"""``planaria genomes``: those that come with planaria."""

import argparse
from typing import Any

from planaria.commands.command import add_command, print_json
from planaria.say import say


def add(commands: Any) -> None:
    """Flags and help of the command."""
    add_command(
        commands, "genomes", _genomes, "List the genomes that come with planaria.", "planaria genomes --json"
    )


def _genomes(options: argparse.Namespace) -> None:
    from planaria.shipped import table

    if options.json:
        print_json(table())
    else:
        print_table(table())


def print_table(rows: list[dict[str, Any]]) -> None:
    """Tell a person of each genome how large it is and how well it does."""
    say(f"{'name':14}{'px':>7}{'H':>5}  {'regime':14}{'E at 200':>9}{'at 1000':>9}  file")
    for row in rows:
        size = f"{row['width']}x{row['height']}"
        say(
            f"{row['name']:14}{size:>7}{row['hidden']:>5}  {row['regime']:14}"
            f"{row['E_sync_200']:9.2f}{row['E_sync_1000']:9.2f}  {row['file']}"
        )
