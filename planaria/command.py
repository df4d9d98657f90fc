"""What every subcommand of ``planaria`` has."""

import argparse
from collections.abc import Callable
from typing import Any


def add_command(
    commands: Any, name: str, run: Callable[..., int | None], text: str, example: str
) -> argparse.ArgumentParser:
    """A subcommand with its help, an example, and ``--json``."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text, epilog=f"example: {example}"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object for machines")
    parser.set_defaults(command=run)
    return parser
