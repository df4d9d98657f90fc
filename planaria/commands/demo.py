"""``planaria demo``: the whole line, from a picture to a measured recovery, in a few minutes."""

import argparse
from pathlib import Path
from typing import Any

from planaria.commands.command import add_command, print_json
from planaria.hint import paste, paste_here
from planaria.say import say, warn


def add(commands: Any) -> None:
    """Flags and help of the command."""
    parser = add_command(
        commands,
        "demo",
        _demo,
        "Train a small regenerating genome, grow it, wound it six ways, measure, and draw.",
        "planaria demo -o demo",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("demo"),
        metavar="DIR",
        help="folder for the results (default: demo)",
    )
    parser.add_argument("--quick", action="store_true", help="use a shipped genome instead of training one")
    parser.add_argument(
        "--force", action="store_true", help="train over a genome of another training, or an interrupted one"
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="S", help="of training and simulation (default: 0)"
    )


def _demo(options: argparse.Namespace) -> None:
    from planaria.demo import demo

    report = demo(options.output, options.quick, options.seed, options.json, options.force)
    if options.json:
        print_json(report)
    else:
        print_report(report, options.output)
    warn_if_bad(report, options.output)


def print_report(report: dict[str, Any], folder: Path) -> None:
    """Tell a person how the organism did, and where to look."""
    from emulator.record.predicate import Predicate
    from planaria.demo import LOSS, REPORT, SHOWN_FIRST, stem_of
    from planaria.verdict import describe_recovery

    say()
    say(
        f"{report['genome']}: error E {report['E_grown_200']:.2f} after 200 rounds, "
        f"{report['E_persist_1000']:.2f} after 1,000 (1 looks perfect, above 10 is bad)"
    )
    for wound in report["wounds"]:
        say(f"  {wound['name']:14} {describe_recovery(wound, Predicate())}")
    say(
        f"  {report['clean']} of {len(report['wounds'])} wounds clean again, {report['recognisable']} "
        f"recognisable; {LOSS:.0%} of messages lost"
    )
    shown = stem_of(folder, SHOWN_FIRST)
    say()
    say(f"look at   {shown}.gif   it grows, loses half of itself, and rebuilds it")
    say(f"          {shown}.png   error over time, and before / wounded / after")
    say(f"          {folder / REPORT}   all figures")
    fault = ("--fault", "restart:disc:16,16,6@200", "--rounds", 300, "--film", "mine.gif")
    say(f"next      {paste_here('run', 'planarian', *fault)}")


def warn_if_bad(report: dict[str, Any], folder: Path) -> None:
    """Say so when the organism that was left in peace is not the picture in the end."""
    from emulator.record.predicate import RECOGNISABLE
    from planaria.demo import PERSISTING, stem_of

    error = report["E_persist_1000"]
    if error > RECOGNISABLE:
        picture = paste(stem_of(folder, PERSISTING).with_suffix(".png"))
        warn(
            f"the organism that was left in peace is at E {error:,.0f} after 1,000 rounds, and above "
            f"{RECOGNISABLE:g} is bad; look at: {picture}"
        )
