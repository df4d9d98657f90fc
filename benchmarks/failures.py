"""The table of docs/failures.md, from results folders: ``python -m benchmarks.failures DIR...``.

Each folder is called like its plan: ``planaria measure five-cuts -o results/five-cuts``. Where trials were
stopped by their own outcome (``--until``), the interval is the one that may be looked at.
"""

import argparse
from pathlib import Path
from typing import Final

from emulator.record.recovery import Outcome
from planaria.campaign.statistics import Estimate
from planaria.campaign.store import Store
from planaria.campaign.summary import Summary, summarise
from planaria.campaign.yardstick import Yardstick

HEADS: Final = (
    "plan",
    "point",
    "trials",
    "not grown",
    "unharmed",
    "wounds",
    "clean",
    "recognisable",
    "relative",
    "displaced",
    "not by the horizon",
    "relapsed",
    "exploded",
    "extinct",
    "median rounds to clean",
)

FAILURES: Final = (
    Outcome.DISPLACED,
    Outcome.NOT_RECOVERED,
    Outcome.RELAPSED,
    Outcome.EXPLODED,
    Outcome.EXTINCT,
)


def table(folders: list[Path]) -> str:
    """Markdown: a row for each point of each campaign; outcomes but the shares are by the clean yardstick.

    Raises:
        InputError: a folder without results.
    """
    rows = [HEADS, tuple("---" for _ in HEADS)]
    for folder in folders:
        with Store.open(folder) as store:
            results, plan, until = store.results(), store.plan, store.until
        judged = [summarise(plan, results, yardstick) for yardstick in Yardstick]
        name = folder.resolve().name
        rows += [_row(name, list(same), until is not None) for same in zip(*judged, strict=True)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(plan: str, summaries: list[Summary], looked: bool) -> tuple[str, ...]:
    """A point by all yardsticks."""
    clean = summaries[0]
    median = clean.median().value
    return (
        plan,
        clean.label.replace("|", "\\|"),
        f"{len(clean.trials):,}",
        f"{clean.count(Outcome.NOT_GROWN):,}",
        f"{clean.count(Outcome.UNHARMED):,}",
        f"{len(clean.harmed):,}",
        *(_share(summary, looked) for summary in summaries),
        *(f"{clean.count(outcome):,}" for outcome in FAILURES),
        "-" if median is None else f"{median:.0f}",
    )


def _share(summary: Summary, looked: bool) -> str:
    """``57 (91 to 100 %)``: how many recovered, and the interval of their share."""
    if not summary.harmed:
        return "-"
    share = summary.share(Outcome.RECOVERED)
    if looked:
        share = Estimate(share.value, *summary.anytime())
    assert share.low is not None
    assert share.high is not None
    return f"{summary.count(Outcome.RECOVERED):,} ({100 * share.low:.0f} to {100 * share.high:.0f} %)"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.failures", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="results of planaria measure")
    print(table(parser.parse_args().folders))


if __name__ == "__main__":
    main()
