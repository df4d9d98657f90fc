"""``planaria replay``: a trial of a campaign once more, with pictures, and the proof that it is the same."""

import argparse
from pathlib import Path
from typing import Any

from planaria.commands.command import add_command, parameters_said, print_json
from planaria.say import say
from planaria.system.ending import DIFFERS


def add(commands: Any) -> None:
    """Flags and help of the command."""
    parser = add_command(
        commands,
        "replay",
        _replay,
        "Run one trial of a campaign again, with pictures, and see that it is the same.",
        "planaria replay cuts --point 4 --trial 17 --film trial.gif",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="results of planaria measure")
    parser.add_argument("--point", type=int, default=0, metavar="P", help="number of its point (default: 0)")
    parser.add_argument("--trial", type=int, required=True, metavar="I", help="its number within the point")
    parser.add_argument(
        "--program",
        type=Path,
        metavar="FILE.py",
        help="the program that the results are of, which is never run from the results",
    )
    parser.add_argument("--film", type=Path, metavar="F.gif", help="write a film")
    parser.add_argument("--figure", type=Path, metavar="F.png", help="write error over time and pictures")


def _replay(options: argparse.Namespace) -> int | None:
    from planaria.campaign.replay import replay

    result = replay(
        options.folder, options.point, options.trial, options.film, options.figure, options.program
    )
    if options.json:
        print_json(result)
    else:
        print_replay(result, [path for path in (options.film, options.figure) if path])
    return DIFFERS if result["same"] is False else None


def print_replay(result: dict[str, Any], written: list[Path]) -> None:
    """Tell a person what became of the trial, and whether it is the same as it was."""
    from emulator.record.predicate import Predicate
    from planaria.code import is_program
    from planaria.verdict import DISTANCE, ERROR, describe_recovery

    name = f"{result['genome']}{parameters_said(result)}"
    say(f"{name}, point {result['point']}, trial {result['trial']}, seed {result['seed']}")
    for fault in result["faults"]:
        say(f"  {fault}")
    what = DISTANCE if is_program(result["genome"]) else ERROR
    say(f"  {describe_recovery(result['verdict'], Predicate(**result['predicate']), what)}")
    say(f"  {what} at the end {result['error_end']:.2f}")
    same = {True: "as measured", False: "NOT as measured", None: "it was never measured"}[result["same"]]
    say(f"  trace {result['trace_sha256']}: {same}")
    for path in written:
        say(f"  wrote {path}")
