"""``planaria verify``: the C cell against the Python reference."""

import argparse
from pathlib import Path
from typing import Any

from emulator.options import CLOCK
from planaria.commands.command import (
    add_command,
    add_options,
    add_parameters,
    chosen,
    parameters,
    parameters_said,
    print_json,
)
from planaria.say import say
from planaria.system.ending import DIFFERS


def add(commands: Any) -> None:
    """Flags and help of the command."""
    parser = add_command(
        commands,
        "verify",
        _verify,
        "Run random, adversarial and lived-through events through the C cell and the Python reference: of a "
        "genome and of a random one, or of a program in Python and the one of its name in C beside it.",
        "planaria verify planarian --target rv32imc --cases 10000",
    )
    parser.add_argument("genome", help="a .genome file, the name of a shipped one, or a program (.py)")
    parser.add_argument(
        "--target", required=True, metavar="T", help="cortex-m0plus, rv32imc, rv32ec, host or wasm"
    )
    parser.add_argument("--cases", type=int, default=10_000, metavar="N", help="events (default: 10000)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the cases (default: 0)")
    parser.add_argument(
        "--elf", type=Path, metavar="FILE", help="a file that build has written, instead of building anew"
    )
    add_parameters(parser)
    add_options(parser, CLOCK)


def _verify(options: argparse.Namespace) -> int | None:
    from planaria.verify import verify_cell

    report = verify_cell(
        options.genome,
        options.target,
        cases=options.cases,
        seed=options.seed,
        elf=options.elf,
        parameters=parameters(options),
        **chosen(options, CLOCK),
    )
    if options.json:
        print_json(report)
    else:
        print_report(report)
    return DIFFERS if report["mismatches"] else None


def print_report(report: dict[str, Any]) -> None:
    """Tell a person how many bytes were compared, and what differs."""
    for run in report["genomes"]:
        say(
            f"{report['target']}, {run['genome']}{parameters_said(report)}: {run['cases']:,} cases, "
            f"{run['bytes_compared']:,} bytes compared, {run['mismatches']:,} mismatches"
        )
        if run.get("left_out"):
            say(f"  {run['left_out']:,} cases fail in Python, and were left out")
        if run["mismatches"]:
            say(f"  {run['first_mismatch']}")
