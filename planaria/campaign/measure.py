"""Run the trials of a plan that are not there yet."""

import csv
import hashlib
import io
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from emulator.record.recovery import Outcome
from emulator.world.topology import Topology
from firmware.errors import InputError, visible
from firmware.system.atomic import write_atomic
from planaria.campaign.cluster import ClusterWorkers
from planaria.campaign.codes import files_of, open_codes
from planaria.campaign.database import result_files
from planaria.campaign.plan import Plan
from planaria.campaign.spreadsheet import inert
from planaria.campaign.store import Store
from planaria.campaign.trial import TrialResult, Value, as_rows
from planaria.campaign.wanted import Wanted
from planaria.campaign.workers import LocalWorkers, ThisProcess, Workers
from planaria.campaign.yardstick import APART, Yardstick
from planaria.code import Code
from planaria.compiling import compile_first
from planaria.counted import counted
from planaria.outputs import check_apart, check_results, has_campaign
from planaria.say import before_bar
from planaria.system.processes import check_main_guard, usable_cores
from planaria.worth import CAMPAIGN_TABLE

if TYPE_CHECKING:
    from planaria.campaign.summary import Summary


def measure(
    plan: Plan,
    folder: Path,
    workers: int | None = None,
    scheduler: str | None = None,
    until: float | None = None,
    quiet: bool = False,
) -> dict[str, Any]:
    """Run all trials of a plan that its results folder lacks, and write the table of all.

    The table is a function of version, plan, genomes and ``until``: the workers' number, order, kind
    and fate, and how often the campaign was stopped or killed and begun again, do not matter.

    Args:
        plan: what to measure.
        folder: of the results; made if it is missing.
        workers: processes, of which one alone is this one; None is one for each core that it may use. Several
            import the program that calls, which must then have a main guard.
        scheduler: address of a Dask cluster that runs the trials instead.
        until: a point is finished early when the interval of its recovery rate is at most so wide.
        quiet: show no progress.

    Returns:
        The object for ``--json``: the campaign and a row for each point.

    Raises:
        InputError: a bad option, genome or folder, no main guard, workers that die again and again, or a
            full disk; whatever was reported is safe, and the same call goes on.
    """
    check_main_guard()
    _check(workers, scheduler, until)
    check_apart(result_files(folder), files_of(plan))
    check_results(folder, [CAMPAIGN_TABLE], force=has_campaign(folder))
    genomes = open_codes(plan)
    plan = plan.seeded_by(genomes)
    started_s = time.perf_counter()
    with ExitStack() as stack:
        cluster = stack.enter_context(ClusterWorkers(genomes, scheduler, _say)) if scheduler else None
        store = stack.enter_context(Store.create_or_open(folder, plan, genomes, until))
        wanted = Wanted(plan, until)
        _drop(store, wanted.add(store.results()))
        run, redone = 0, 0
        if wanted:
            stack.enter_context(_interruptible(store, wanted))
            count = min(workers or usable_cores(), wanted.total - len(store))
            topology = next(iter(plan.worlds())).topology
            crew = cluster or stack.enter_context(_local(genomes, topology, count, quiet))
            run, redone = _run(crew, store, wanted, plan.title, quiet), crew.redone
        wall_s = time.perf_counter() - started_s
        results = store.results()
        return {
            **summary(store, results),
            "results_sha256": write_table(folder / CAMPAIGN_TABLE, as_rows(store.plan.points(), results)),
            "trials_run": run,
            "redone": redone,
            "wall_s": round(wall_s, 3),
            "trials_per_s": round(run / wall_s, 3),
        }


def _check(workers: int | None, scheduler: str | None, until: float | None) -> None:
    if workers is not None and workers < 1:
        raise InputError("--workers", workers, "it must be at least 1", "leave it out for one on each core")
    if workers is not None and scheduler is not None:
        raise InputError(
            "--workers", workers, f"the cluster {scheduler} has its own", "leave one of them out"
        )
    if until is not None and not 0 < until < 1:
        raise InputError("--until", until, "it must be between 0 and 1", "e.g. 0.2 for an interval of +-10 %")


def _local(genomes: dict[str, Code], topology: Topology, count: int, quiet: bool) -> Workers:
    """So many workers of this machine, that find the engine compiled."""
    compile_first(next(iter(genomes.values())), _hush if quiet else _say, topology)
    return ThisProcess(genomes) if count == 1 else LocalWorkers(genomes, count, _say)


def _run(crew: Workers, store: Store, wanted: Wanted, title: str, quiet: bool) -> int:
    """Run what is missing; returns how many trials that were."""
    run = 0
    with tqdm(
        total=wanted.total,
        initial=len(store),
        unit=" trials",
        desc=before_bar(title),
        disable=quiet or None,
        leave=False,
    ) as bar:
        for results in crew.run(wanted.trials()):
            fresh = wanted.select(results)
            if fresh:
                store.add(fresh)
                _drop(store, wanted.add(fresh))
            run += len(results)
            _show(bar, wanted, len(fresh))
            if not wanted:
                break
    return run


@contextmanager
def _interruptible(store: Store, wanted: Wanted) -> Iterator[None]:
    """Who interrupts is told what is safe."""
    try:
        yield
    except KeyboardInterrupt:
        trials = counted(wanted.total, "trial")
        _say(f"safe in {store.folder}: {len(store):,} of {trials}; the same command goes on")
        raise


def _show(bar: Any, wanted: Wanted, fresh: int) -> None:
    spared = sum(wanted.outcomes[outcome] for outcome in (Outcome.RECOVERED, *APART))
    bar.total = wanted.total
    bar.set_postfix_str(f"{wanted.outcomes.total() - spared:,} failures", refresh=False)
    bar.update(fresh)


def _drop(store: Store, too_many: dict[int, int]) -> None:
    for point, trials in too_many.items():
        store.drop_from(point, trials)


def _say(text: str) -> None:
    tqdm.write(f"planaria: {visible(text)}", file=sys.stderr)


def _hush(_text: str) -> None:
    """Take a message and say nothing."""


def write_table(path: Path, rows: Iterable[dict[str, Value | None]]) -> str:
    """Write trials as CSV, numbers exactly; returns the file's SHA-256.

    Texts that a spreadsheet would take for formulas have an apostrophe in front.

    Raises:
        InputError: it cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    for place, row in enumerate(rows):
        if place == 0:
            writer.writerow(map(inert, row))
        writer.writerow(map(inert, row.values()))
    content = text.getvalue().encode()
    write_atomic(path, content)
    return hashlib.sha256(content).hexdigest()


def summary(store: Store, results: list[TrialResult]) -> dict[str, Any]:
    """What a campaign has found: for each point and yardstick the trials by outcome, and the median time."""
    from planaria.campaign.summary import summarise

    by_yardstick = [summarise(store.plan, results, yardstick) for yardstick in Yardstick]
    return {
        "title": store.plan.title,
        "folder": str(store.folder),
        "plan_sha256": store.plan.sha256,
        "until": store.until,
        "trials": len(results),
        "points": [_point(*same) for same in zip(*by_yardstick, strict=True)],
    }


def _point(*summaries: "Summary") -> dict[str, Any]:
    """A point by all yardsticks."""
    any_of_them = summaries[0]
    return {
        "point": any_of_them.point.number,
        "label": any_of_them.label,
        "genome": any_of_them.point.genome,
        "swept": any_of_them.point.swept,
        "trials": len(any_of_them.trials),
        **{
            str(summary.yardstick): {
                "harmed": len(summary.harmed),
                "outcomes": {str(outcome): summary.count(outcome) for outcome in Outcome},
                "share": summary.share(Outcome.RECOVERED).value,
                "median_rounds": summary.median().value,
            }
            for summary in summaries
        },
    }
