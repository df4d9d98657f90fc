"""What every subcommand of ``planaria`` has."""

import argparse
import json
from collections.abc import Callable
from typing import Any, Final, NoReturn

from firmware.errors import visible

MESSAGE_MAX: Final = 400
"""Letters of what is wrong with a command line."""


class Parser(argparse.ArgumentParser):
    """argparse's, which repeats arguments whatever they are, and does not tell whether it was heard."""

    def error(self, message: str) -> NoReturn:
        super().error(visible(message, MESSAGE_MAX))

    def _print_message(self, message: str, file: Any = None) -> None:
        if file is not None:
            file.write(message)


def print_json(value: Any) -> None:
    """Print one JSON object, ASCII alone: no text in it is a command to a terminal.

    Raises:
        ValueError: it has a number that is none, which JSON does not know.
    """
    print(json.dumps(value, allow_nan=False))


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


def add_clock(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the cells' clock."""
    parser.add_argument(
        "--clock",
        choices=("exponential", "uniform"),
        default="exponential",
        help="law of the waiting intervals",
    )
    parser.add_argument(
        "--mean-interval-us",
        type=int,
        default=10_000,
        metavar="T",
        help="mean waiting interval (default: 10000)",
    )
