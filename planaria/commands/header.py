"""``planaria header``: the variables of a program in Python, for the same program in C."""

import argparse
from pathlib import Path
from typing import Any

from planaria.commands.command import add_command, print_json
from planaria.say import say


def add(commands: Any) -> None:
    """Flags and help of the command."""
    parser = add_command(
        commands,
        "header",
        _header,
        "Write what a program in Python declares as a header for the same program in C.",
        "planaria header examples/leader.py -o leader.h",
    )
    parser.add_argument("program", type=Path, help="a program (.py) that declares its variables")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="F.h", help="the header")


def _header(options: argparse.Namespace) -> None:
    from planaria.header import write_header

    facts = write_header(options.program, options.output)
    if options.json:
        print_json(facts)
        return
    say(f"wrote {facts['file']}: {facts['own_bytes']} B of variables, of 208 B with the stack")
    say(f"include it in {options.program.with_suffix('.c').name}, and write {', '.join(facts['functions'])}")
