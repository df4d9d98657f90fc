"""The ``planaria`` command. Everything heavy is imported by the command that needs it."""

import argparse
from collections.abc import Callable, Sequence
from typing import Final

from planaria.commands import (
    bench,
    build,
    certify,
    demo,
    faults,
    genomes,
    header,
    inspect,
    measure,
    plans,
    replay,
    report,
    run,
    test,
    train,
    verify,
)
from planaria.commands.command import Parser
from planaria.system.ending import check_room, ended
from planaria.version import __version__

COMMANDS: Final = (
    demo,
    train,
    genomes,
    inspect,
    run,
    test,
    header,
    build,
    verify,
    bench,
    faults,
    plans,
    measure,
    report,
    replay,
    certify,
)
"""In the order in which ``--help`` lists them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status, which ``planaria.system.ending`` names.

    Args:
        arguments: of the command; None takes those of this process, which then is nothing but this command.
    """
    return ended(lambda: _command(arguments), is_program=arguments is None)


def _command(arguments: Sequence[str] | None) -> int:
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as end:  # it has shown help, or said what is wrong
        return int(end.code or 0)
    check_room()
    command: Callable[[argparse.Namespace], int | None] = options.command
    return command(options) or 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="planaria",
        description="Train, flash, injure and measure a self-repairing grid of tiny computers.",
        epilog="example: planaria demo --quick -o demo",
    )
    parser.add_argument("--version", action="version", version=f"planaria {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser
