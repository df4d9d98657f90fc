"""A trial of a campaign once more, with pictures, and the proof that it is the same."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from firmware.errors import InputError
from planaria.campaign.database import result_files
from planaria.campaign.plan import Plan
from planaria.campaign.store import Store
from planaria.campaign.trial import Trial
from planaria.code import own
from planaria.grid import Grid
from planaria.outputs import check_outputs
from planaria.progress import run_with_progress


def replay(
    folder: Path,
    point: int,
    index: int,
    film: Path | None = None,
    figure: Path | None = None,
    program: Path | None = None,
) -> dict[str, Any]:
    """Run a trial again; returns what ``--json`` shows.

    Args:
        folder: of the results.
        point: number of the trial's point.
        index: its place within the point.
        film: where to write a GIF.
        figure: where to write a PNG.
        program: the file of the program, where the results are of one: it is not run from the results.

    Raises:
        InputError: there is no such trial, an output cannot be written, or the program is another.
    """
    check_outputs([path for path in (film, figure) if path], result_files(folder))
    with Store.open(folder) as store:
        trial, genomes = find_trial(store.plan, point, index), store.genomes
        stored = [r for r in store.results() if (r.point, r.index) == (point, index)]
    code = own(genomes[trial.genome], program)
    grid = Grid(trial.code(code), config=trial.world(code))
    result = run_with_progress(grid, trial.horizon_rounds, trial.genome)
    if film:
        grid.save_film(film)
    if figure:
        grid.save_figure(figure)
    assert result.verdict is not None
    return {
        "point": point,
        "trial": index,
        "seed": trial.seed,
        "genome": trial.genome,
        "drawn": trial.drawn,
        "parameters": trial.parameters,
        "faults": [str(fault) for fault in trial.config.faults],
        "predicate": asdict(trial.config.predicate),
        "verdict": result.verdict.as_dict(),
        "error_end": result.error_by_round[-1],
        "trace_sha256": result.trace_sha256,
        "same": result.trace_sha256 == stored[0].trace_sha256 if stored else None,
    }


def find_trial(plan: Plan, point: int, index: int) -> Trial:
    """A trial of a plan.

    Raises:
        InputError: it has none of these numbers.
    """
    points = plan.points()
    if not 0 <= point < len(points):
        raise InputError("point", point, f"the plan has 0 to {len(points) - 1}", "see the report")
    if not 0 <= index < plan.trials:
        raise InputError("trial", index, f"a point has 0 to {plan.trials - 1}", "see the report")
    return plan.trial(points[point], index)
