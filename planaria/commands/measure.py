"""``planaria measure``: run the trials of a plan that are not there yet."""

import argparse
from pathlib import Path
from typing import Any, Final

from planaria.commands.command import add_command, print_json
from planaria.counted import counted
from planaria.hint import paste_here
from planaria.say import say

COLUMNS: Final = ("not_grown", "unharmed", "displaced", "relapsed", "exploded", "extinct")
"""Outcomes by the clean yardstick that have a column of their own."""


def add(commands: Any) -> None:
    """Flags and help of the command."""
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


def _measure(options: argparse.Namespace) -> None:
    from planaria.campaign.measure import measure
    from planaria.campaign.plan import open_plan

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


def print_summary(result: dict[str, Any]) -> None:
    """Tell a person what the campaign has found, a line for each point."""
    from planaria.campaign.yardstick import Yardstick
    from planaria.worth import CAMPAIGN_TABLE

    rows = result["points"]
    width = max(len("point"), *(len(row["label"]) for row in rows))
    say(f"{result['title']}: {counted(result['trials'], 'trial')} in {result['folder']}")
    heads = ["trials", "clean", "recognisable", "relative", "rounds to clean"]
    heads += [name.replace("_", " ") for name in COLUMNS]
    say("  ".join([f"  {'point':{width}}", *heads]))
    for row in rows:
        clean = row["clean"]
        cells = [f"{row['trials']:,}", *(_share(row[name]) for name in Yardstick), _rounds(clean)]
        cells += [f"{clean['outcomes'][name]:,}" for name in COLUMNS]
        aligned = (f"{cell:>{len(head)}}" for cell, head in zip(cells, heads, strict=True))
        say("  ".join([f"  {row['label']:{width}}", *aligned]))
    not_grown = sum(row["clean"]["outcomes"]["not_grown"] for row in rows)
    if not_grown:
        say(
            f"  WARNING: {not_grown:,} of {result['trials']:,} had not grown when the fault struck, and are "
            "counted apart: strike later, or see whether they ever grow"
        )
    if result["redone"]:
        say(f"  {result['redone']:,} done again, for their worker had died")
    say(f"  {result['trials_run']:,} run in {result['wall_s']:.1f} s, {result['trials_per_s']:.1f} a second")
    say(f"  {CAMPAIGN_TABLE} sha256 {result['results_sha256']}")


def _share(judged: dict[str, Any]) -> str:
    return "-" if judged["share"] is None else f"{judged['share']:.1%}"


def _rounds(judged: dict[str, Any]) -> str:
    return "-" if judged["median_rounds"] is None else f"{judged['median_rounds']:.1f}"
