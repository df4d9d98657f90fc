"""``planaria faults``: the vocabulary of faults, as the classes themselves say it."""

import argparse
from typing import Any

from planaria.commands.command import add_command, print_json
from planaria.say import say


def add(commands: Any) -> None:
    """Flags and help of the command."""
    parser = add_command(
        commands,
        "faults",
        _faults,
        "List all kinds of faults, or show one, with their parameters.",
        "planaria faults kill",
    )
    parser.add_argument("kind", nargs="?", metavar="KIND", help="show this one alone")


def _faults(options: argparse.Namespace) -> None:
    from planaria.faults import table

    if options.json:
        print_json(table(options.kind))
    else:
        print_table(table(options.kind))


def print_table(rows: list[dict[str, Any]]) -> None:
    """Tell a person of each kind what it does, for how long, and with which parameters."""
    say("KIND:REGION[,NAME=VALUE...]@ROUND[+ROUNDS]; a number alone means everywhere: loss:0.5@100+50")
    part = None
    for row in rows:
        if row["part"] != part:
            part = row["part"]
            say()
            say(part)
        needs = ", needs --engine iss" if row["engines"] == "iss" else ""
        say(f"  {row['kind']}  ({_duration(row)}{needs})")
        for line in row["text"].splitlines():
            say(f"      {line}".rstrip())
        for name, about in row["parameters"].items():
            default = "required" if about["default"] is None else f"default {about['default']}"
            say(f"      {name}: {about['limits']} ({default})")


def _duration(row: dict[str, Any]) -> str:
    if row["instant"]:
        return "takes no time"
    return "for a time, +ROUNDS" if row["needs_length"] else "for a time, or for ever without +ROUNDS"
