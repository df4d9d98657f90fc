"""``planaria report``: everything that the trials of a campaign say, for people and for programs."""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any, Final

from emulator.record.recovery import Outcome
from firmware.errors import InputError
from firmware.system.atomic import write_all
from planaria.campaign.basin import draw_basin, has_place
from planaria.campaign.curves import Judged, draw_dose_response, draw_outcomes, draw_recovery
from planaria.campaign.database import result_files
from planaria.campaign.lines import dose_name
from planaria.campaign.page import EXPLANATIONS, page
from planaria.campaign.parquet import results_as_parquet
from planaria.campaign.plan import Plan
from planaria.campaign.statistics import CONFIDENCE
from planaria.campaign.summary import (
    OUTCOMES,
    Summary,
    common_watch_rounds,
    compare,
    summarise,
    worst_first,
)
from planaria.campaign.trial import TrialResult
from planaria.campaign.yardstick import APART, Yardstick
from planaria.code import Code, to_be_named
from planaria.hint import PROGRAM, paste
from planaria.outputs import check_outputs, check_results, make_folder
from planaria.pictures.drawing import Figure
from planaria.radiation import describe_rates
from planaria.stabilisation import found_back
from planaria.version import __version__

JSON: Final = "report.json"
PAGE: Final = "report.html"
PARQUET: Final = "results.parquet"

WORST_MAX: Final = 20
"""Trials for whose films the page has commands."""

DOTS_PER_INCH: Final = 160


def report(
    plan: Plan,
    results: list[TrialResult],
    folder: Path,
    genomes: Mapping[str, Code] | None = None,
    output: Path | None = None,
) -> dict[str, Any]:
    """Write the report of a campaign, finished or not.

    Args:
        plan: of the campaign.
        results: by point and index.
        folder: of the results.
        genomes: name in the plan -> genome or program, whose hashes are then in the report.
        output: folder to which ``report.json``, ``report.html``, the figures as PNG and, where pyarrow is
            installed, ``results.parquet`` go, all or none; None is that of the results.

    Returns:
        What ``report.json`` holds.

    Raises:
        InputError: there are no results, or a file cannot be written.
    """
    if not results:
        raise InputError(
            "results", folder.absolute(), "there is no trial in them", "run 'planaria measure' first"
        )
    names = (*EXPLANATIONS, PARQUET, PAGE, JSON)
    if output is None:
        output = folder
        check_outputs([output / name for name in names], result_files(folder))
    else:
        check_results(output, names, result_files(folder))
    judged = {yardstick: summarise(plan, results, yardstick) for yardstick in Yardstick}
    table = results_as_parquet(plan, results)
    content = _content(plan, results, judged, folder, genomes or {})
    if table is None:
        content["notes"].append(f"{PARQUET} is left out: it needs pyarrow, pip install 'planaria[table]'")
    figures = {name: _png(figure) for name, figure in _figures(plan, judged).items()}
    content["figures"] = list(figures)
    outputs = figures | ({} if table is None else {PARQUET: table})
    outputs[PAGE] = page(content, figures).encode(errors="backslashreplace")
    outputs[JSON] = json.dumps(content, indent=1, allow_nan=False).encode() + b"\n"
    make_folder(output)
    write_all({output / name: data for name, data in outputs.items()})
    return content


def _figures(plan: Plan, judged: Judged) -> dict[str, Figure]:
    """The figures that there is something to draw for: file name -> figure."""
    clean = judged[Yardstick.CLEAN]
    if not any(summary.harmed for summary in clean):
        return {}
    figures = {"recovery.png": draw_recovery(plan, judged), "outcomes.png": draw_outcomes(clean)}
    if dose_name(plan) is not None:
        figures["dose_response.png"] = draw_dose_response(plan, judged, common_watch_rounds(clean))
    if has_place(plan):
        figures["basin.png"] = draw_basin(plan, clean)
    return figures


def _png(figure: Figure) -> bytes:
    """Without the version of matplotlib, so that the same results give the same bytes."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return file.getvalue()


def _content(
    plan: Plan,
    results: list[TrialResult],
    judged: Judged,
    folder: Path,
    genomes: Mapping[str, Code],
) -> dict[str, Any]:
    clean = judged[Yardstick.CLEAN]
    points = {summary.point.number: summary for summary in clean}
    worst = worst_first(clean)
    traces = hashlib.sha256("".join(result.trace_sha256 for result in results).encode())
    horizons = {yardstick: common_watch_rounds(summaries) for yardstick, summaries in judged.items()}
    return {
        "title": plan.title,
        "version": __version__,
        "genomes": list(plan.genomes),
        "genome_sha256": {
            name: hashlib.sha256(genome.to_bytes()).hexdigest() for name, genome in genomes.items()
        },
        "plan": plan.text,
        "plan_sha256": plan.sha256,
        "seed": "derived" if plan.seed is None else plan.seed,
        "traces_sha256": traces.hexdigest(),
        "horizon_rounds": plan.horizon_rounds,
        "predicate": asdict(plan.predicate),
        "yardsticks": {
            str(yardstick): yardstick.describe(plan.predicate, plan.of_program) for yardstick in Yardstick
        },
        "confidence": CONFIDENCE,
        "mean_horizon_rounds": horizons[Yardstick.CLEAN],
        "trials": len(results),
        "total": {str(yardstick): _total(summaries) for yardstick, summaries in judged.items()},
        "points": [
            _point([summaries[place] for summaries in judged.values()], list(horizons.values()))
            for place in range(len(clean))
        ],
        "comparisons": [
            {
                "name": comparison.name,
                "points": [summary.point.number for summary in comparison.summaries],
                **asdict(comparison.test),
                "p_holm": comparison.p_holm,
            }
            for comparison in compare(plan, clean)
        ],
        "worst": [
            {
                "label": points[trial.point].label,
                **_trial(trial),
                "replay": _replay(folder, trial, points[trial.point].point.genome),
            }
            for trial in worst[:WORST_MAX]
        ],
        "failed": [_trial(trial) for trial in worst if trial.clean_outcome is not Outcome.RECOVERED],
        "notes": _notes(plan, len(results), _total(clean)),
    }


def _total(summaries: Sequence[Summary]) -> dict[str, int]:
    """Trials of all points, by outcome and in all."""
    counts = {str(outcome): sum(s.count(outcome) for s in summaries) for outcome in Outcome}
    return counts | {"harmed": sum(len(s.harmed) for s in summaries)}


def _point(summaries: list[Summary], horizons: list[float | None]) -> dict[str, Any]:
    """A point by all yardsticks, each with the horizon of its means."""
    point = summaries[0].point
    return {
        "point": point.number,
        "label": summaries[0].label,
        "genome": point.genome,
        "swept": point.swept,
        "trials": len(summaries[0].trials),
        **{
            str(summary.yardstick): _judged(summary, horizon)
            for summary, horizon in zip(summaries, horizons, strict=True)
        },
        "found_back": found_back([trial.found_back for trial in summaries[0].harmed]),
    }


def _judged(summary: Summary, horizon_rounds: float | None) -> dict[str, Any]:
    mean = None if horizon_rounds is None else summary.restricted_mean(horizon_rounds)
    curve = summary.curve
    return {
        "harmed": len(summary.harmed),
        **{str(outcome): summary.count(outcome) for outcome in APART},
        "outcomes": {
            str(outcome): {"trials": summary.count(outcome), **asdict(summary.share(outcome))}
            for outcome in OUTCOMES
        },
        "recovered_anytime": dict(zip(("low", "high"), summary.anytime(), strict=True)),
        "median_rounds": asdict(summary.median()),
        "restricted_mean_rounds": asdict(mean) if mean else {"value": None, "low": None, "high": None},
        "cumulative_incidence": curve
        and {
            "rounds": curve.times.tolist(),
            "share_recovered": curve.share.tolist(),
            "low": curve.low.tolist(),
            "high": curve.high.tolist(),
            "at_risk": curve.at_risk.tolist(),
            "recovered": curve.recovered.tolist(),
            "competing": curve.competing.tolist(),
        },
    }


def _trial(trial: TrialResult) -> dict[str, Any]:
    return {
        "point": trial.point,
        "trial": trial.index,
        "seed": trial.seed,
        "drawn": trial.drawn,
        **{str(yardstick): str(trial.outcome_by(yardstick)) for yardstick in Yardstick},
        "clean_rounds": trial.clean_rounds,
        "error_end": trial.error_end,
        "displaced": [trial.displaced_rows, trial.displaced_cols],
        "error_displaced": trial.error_displaced,
    }


def _replay(folder: Path, trial: TrialResult, genome: str) -> str:
    """The command that makes a film of a trial."""
    film = f"worst-{trial.point}-{trial.index}.gif"
    which = "--point", trial.point, "--trial", trial.index
    return paste(PROGRAM, "replay", folder, *which, *to_be_named(genome), "--film", film)


def _notes(plan: Plan, trials: int, clean: dict[str, int]) -> list[str]:
    planned = plan.trials * len(plan.points())
    dwell = plan.predicate.dwell_rounds
    notes = [
        "displaced, relapsed, exploded and extinct are ends that compete with recovery: such trials are in "
        "the denominator of every curve, which is the cumulative incidence of Aalen and Johansen; unharmed "
        "and not grown ones are counted apart and left out",
        f"the last {dwell} rounds of a trial can only confirm a recovery, so that times end before them",
    ]
    if clean[Outcome.NOT_GROWN]:
        notes.insert(
            0,
            f"{clean[Outcome.NOT_GROWN]:,} of {trials:,} trials had not grown when the fault struck: E was "
            f"above {plan.predicate.grown_error:g} in the {dwell} rounds before",
        )
    if any(text.startswith("flips:") for text in plan.timeline):
        rates = (describe_rates(world.faults, world.timing.mean_interval_us) for world in plan.worlds())
        notes += dict.fromkeys(chain.from_iterable(rates))
    if trials < planned:
        notes.append(
            f"{trials:,} of {planned:,} planned trials are in the results; where --until has ended a point "
            "early, its interval is recovered_anytime in report.json: the others are for numbers of trials "
            "fixed beforehand"
        )
    return notes
