"""``planaria certify``: which share of a family of wounds is healed in time, stated or checked."""

import argparse
from pathlib import Path
from typing import Any

from firmware.errors import InputError
from planaria.commands.command import add_command, print_json
from planaria.counted import counted
from planaria.hint import paste_here
from planaria.say import say
from planaria.system.ending import DIFFERS


def add(commands: Any) -> None:
    """Flags and help of the command."""
    parser = add_command(
        commands,
        "certify",
        _certify,
        "State which share of a family of wounds is healed in time, with a given confidence; or check it.",
        "planaria certify discs --within 60 -o discs.json",
    )
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="results of planaria measure")
    parser.add_argument("--within", type=float, metavar="ROUNDS", help="how soon a wound must be healed")
    parser.add_argument(
        "--confidence", type=float, default=0.95, metavar="C", help="of the statement (default: 0.95)"
    )
    parser.add_argument("--point", type=int, default=0, metavar="P", help="which family (default: point 0)")
    parser.add_argument(
        "--yardstick",
        choices=("clean", "recognisable", "relative"),
        default="clean",
        help="what healed means: E at most 3, E at most 10, or the plan's share of the wound's error gone "
        "(default: clean)",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="the certificate")
    parser.add_argument("--force", action="store_true", help="write over a certificate that is there")
    parser.add_argument("--check", type=Path, metavar="FILE", help="check this certificate instead")
    parser.add_argument(
        "--sample", type=int, default=20, metavar="N", help="with --check: trials to run again (default: 20)"
    )
    parser.add_argument(
        "--program",
        type=Path,
        metavar="FILE.py",
        help="with --check: the program that it is about, which is never run from the certificate",
    )
    parser.add_argument(
        "--seed",
        type=int,
        metavar="S",
        help="with --check: of the choice (default: one that nobody foresees)",
    )


def _certify(options: argparse.Namespace) -> int | None:
    from planaria.campaign.certificate import certify, check
    from planaria.campaign.yardstick import Yardstick

    if options.check:
        result = check(options.check, options.sample, options.seed, options.program)
        print_json(result) if options.json else print_check(result)
        return DIFFERS if result["differs"] else None
    for name, value in (("DIR", options.folder), ("--within", options.within), ("-o", options.output)):
        if value is None:
            raise InputError(
                "certify", name, "it is missing", "planaria certify DIR --within 60 -o FILE.json"
            )
    certificate = certify(
        options.folder,
        options.within,
        options.confidence,
        options.point,
        options.output,
        Yardstick(options.yardstick),
        options.force,
    )
    if options.json:
        print_json(certificate)
    else:
        print_certificate(certificate, options.output)
    return None


def print_certificate(certificate: dict[str, Any], output: Path) -> None:
    """Tell a person what is certified, and where it stands."""
    from planaria.code import to_be_named

    _print_about(certificate)
    check = paste_here("certify", "--check", output, *to_be_named(certificate["genome"]))
    say(f"  wrote {output}; check it with: {check}")


def print_check(result: dict[str, Any]) -> None:
    """Tell a person what a certificate states, and whether the trials run again agree."""
    _print_about(result)
    say(
        f"  {counted(result['run_again'], 'trial')} run again (--seed {result['seed']}), "
        f"{len(result['differs'])} differ"
    )
    for index in result["differs"]:
        say(f"  trial {index} DIFFERS")


def _print_about(certificate: dict[str, Any]) -> None:
    say(certificate["statement"])
    say(f"  genome {certificate['genome']} sha256 {certificate['genome_sha256']}")
    say(f"  plan sha256 {certificate['plan_sha256']}, planaria {certificate['planaria']}")
