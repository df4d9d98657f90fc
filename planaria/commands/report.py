"""``planaria report``: statistics and figures of a campaign."""

import argparse
from pathlib import Path
from typing import Any

from planaria.commands.command import add_command, print_json
from planaria.say import say


def add(commands: Any) -> None:
    """Flags and help of the command."""
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
