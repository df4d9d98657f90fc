"""What every subcommand of ``planaria`` has."""

import argparse
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NoReturn

from firmware.errors import InputError, visible
from firmware.option import Option

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


def add_options(parser: argparse.ArgumentParser, options: Iterable[Option]) -> None:
    """Add the flags of some options of a world."""
    for option in options:
        about: dict[str, Any] = {"dest": option.name, "help": option.text.replace("%", "%%")}
        if option.is_switch:
            parser.add_argument(option.flag, action="store_true", **about)
            continue
        about["metavar"] = option.metavar
        if option.is_list:
            parser.add_argument(option.flag, action="append", default=[], **about)
            continue
        if option.is_number:
            about["type"] = int if option.is_whole else float
        elif option.limits is not None:
            about |= {"choices": option.limits.words, "metavar": None}
        if option.default != "":
            about["help"] += f" (default: {option.shown_default})"
        parser.add_argument(option.flag, default=None if option.default == "" else option.default, **about)


def add_parameters(parser: argparse.ArgumentParser) -> None:
    """Add the flag for parameters of a program; ``parameters`` reads it."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="parameters",
        metavar="NAME=N",
        help="another value of a program's parameter; again for another one",
    )


def parameters(given: argparse.Namespace) -> dict[str, int]:
    """What the command line says of a program's parameters.

    Raises:
        InputError: it is not ``NAME=N``, or says one of them twice.
    """
    found: dict[str, int] = {}
    for text in given.parameters:
        name, _, value = text.partition("=")
        if not re.fullmatch(r"[+-]?[0-9]{1,19}", value):
            raise InputError(
                "--set", text, "it must be NAME=N, a whole number of 64 bits", "e.g. --set limit=40"
            )
        if name in found:
            raise InputError("--set", text, f"{name} is {found[name]} already", "leave one out")
        found[name] = int(value)
    return found


def parameters_said(result: Mapping[str, Any]) -> str:
    """What follows the name of a program that somebody has given parameters, for people."""
    said = ", ".join(f"{name} {value}" for name, value in result["parameters"].items())
    return f" with {said}" if said else ""


def chosen(given: argparse.Namespace, options: Iterable[Option]) -> dict[str, Any]:
    """What the command line says of some options: name -> value."""
    return {option.name: getattr(given, option.name) for option in options}
