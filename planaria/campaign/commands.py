"""The subcommands about campaigns. Everything heavy is imported by the command that needs it."""

import argparse
from pathlib import Path
from typing import Any

from firmware.errors import InputError
from planaria.commands.command import add_command, print_json
from planaria.say import say
from planaria.system.ending import DIFFERS


def add_commands(commands: Any) -> None:
    """``plans``, ``measure``, ``report``, ``replay`` and ``certify``."""
    add_command(commands, "plans", _plans, "List the plans that come with planaria.", "planaria plans")
    _add_measure(commands)
    parser = add_command(
        commands,
        "report",
        _report,
        "Statistics and figures of a campaign, finished or not: report.html, report.json, PNG, Parquet.",
        "planaria report cuts",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="results of planaria measure")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="DIR",
        help="folder for the report (default: that of the results)",
    )
    _add_replay(commands)
    _add_certify(commands)


def _add_measure(commands: Any) -> None:
    parser = add_command(
        commands,
        "measure",
        _measure,
        "Run all trials of a plan. Stopped or killed at any moment, the same command goes on.",
        "planaria measure five-cuts -o cuts",
    )
    parser.add_argument("plan", help="a .toml file or the name of a shipped plan (planaria plans)")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="folder for the results"
    )
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: one on each core)")
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="run the trials on a Dask cluster (extra: cluster)"
    )
    parser.add_argument(
        "--until",
        type=float,
        metavar="WIDTH",
        help="finish a point early when the rate of clean recoveries is known to within this width",
    )


def _add_replay(commands: Any) -> None:
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
    parser.add_argument("--film", type=Path, metavar="F.gif", help="write a film")
    parser.add_argument("--figure", type=Path, metavar="F.png", help="write error over time and pictures")


def _add_certify(commands: Any) -> None:
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
        "--seed",
        type=int,
        metavar="S",
        help="with --check: of the choice (default: one that nobody foresees)",
    )


def _plans(options: argparse.Namespace) -> None:
    from planaria.campaign.plan import Plan, shipped_plans

    plans = {name: Plan.load(path) for name, path in shipped_plans().items()}
    if options.json:
        rows = {
            name: {
                "title": plan.title,
                "points": len(plan.points()),
                "trials": plan.trials,
                "seed": "derived" if plan.seed is None else plan.seed,
                "plan": plan.text,
            }
            for name, plan in plans.items()
        }
        print_json(rows)
        return
    say(f"{'name':18}{'points':>7}{'trials':>8}  title")
    for name, plan in plans.items():
        say(f"{name:18}{len(plan.points()):>7}{len(plan.points()) * plan.trials:>8,}  {plan.title}")


def _measure(options: argparse.Namespace) -> None:
    from planaria.campaign.measure import measure, print_summary
    from planaria.campaign.plan import open_plan
    from planaria.hint import paste_here

    result = measure(
        open_plan(options.plan),
        options.output,
        options.workers,
        options.scheduler,
        options.until,
        quiet=options.json,
    )
    if options.json:
        print_json(result)
    else:
        print_summary(result)
        say(f"  next: {paste_here('report', options.output)}")


def _report(options: argparse.Namespace) -> None:
    from planaria.campaign.report import JSON, PAGE, report
    from planaria.campaign.store import Store

    with Store.open(options.folder) as store:
        content = report(store.plan, store.results(), options.folder, store.genomes, options.output)
    if options.json:
        print_json(content)
    else:
        written = [str((options.output or options.folder) / PAGE), JSON, *content["figures"]]
        say(f"wrote {', '.join(written)}")


def _replay(options: argparse.Namespace) -> int | None:
    from planaria.campaign.replay import print_replay, replay

    result = replay(options.folder, options.point, options.trial, options.film, options.figure)
    if options.json:
        print_json(result)
    else:
        print_replay(result, [path for path in (options.film, options.figure) if path])
    return DIFFERS if result["same"] is False else None


def _certify(options: argparse.Namespace) -> int | None:
    from planaria.campaign.certificate import certify, check, print_certificate, print_check
    from planaria.campaign.yardstick import Yardstick

    if options.check:
        result = check(options.check, options.sample, options.seed)
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
