"""One trial of a campaign: what a worker gets, and what it gives back."""

from dataclasses import dataclass

from emulator.config import RunConfig
from emulator.recovery import Outcome
from firmware import image
from firmware.genome import Genome
from planaria.cells import make_engine

Value = str | int | float
"""What a swept or drawn parameter can be."""


@dataclass(frozen=True)
class Point:
    """One genome under one combination of the swept parameters.

    Attributes:
        number: place in the plan, from 0.
        genome: name in the plan.
        swept: name -> value.
    """

    number: int
    genome: str
    swept: dict[str, Value]


@dataclass(frozen=True)
class Trial:
    """One run.

    Attributes:
        point: number of its point.
        index: place within the point, from 0.
        seed: of the run.
        genome: name in the plan.
        drawn: parameters that this trial has drawn, name -> value.
        config: the world, with its faults.
        horizon_rounds: length of the run.
    """

    point: int
    index: int
    seed: int
    genome: str
    drawn: dict[str, Value]
    config: RunConfig
    horizon_rounds: int


@dataclass(frozen=True)
class TrialResult:
    """What became of a trial: a function of version, genome, plan and seed.

    Attributes:
        point: number of its point.
        index: place within the point.
        seed: of the run.
        drawn: parameters that this trial has drawn.
        outcome: of all faults together.
        rounds: recovery time in mean intervals from the end of the last fault; None unless recovered.
        time_ms: the same in milliseconds.
        async_rounds: the same in asynchronous rounds.
        updates: the same in cell updates.
        observed_rounds: how long it was watched after the last fault: where a time is censored.
        error_before: E before the first fault.
        error_after: the largest E until the last fault was over.
        error_limit: E at or below which it counts as healed.
        error_end: E at the horizon.
        trace_sha256: fingerprint of the run.
    """

    point: int
    index: int
    seed: int
    drawn: dict[str, Value]
    outcome: Outcome
    rounds: float | None
    time_ms: float | None
    async_rounds: int | None
    updates: int | None
    observed_rounds: float
    error_before: float
    error_after: float
    error_limit: float
    error_end: float
    trace_sha256: str


def as_row(point: Point, result: TrialResult) -> dict[str, Value | None]:
    """A trial as a row of a table: the genome's name, swept and drawn parameters follow the seed."""
    row = vars(result) | {"outcome": str(result.outcome)}
    first = {name: row.pop(name) for name in ("point", "index", "seed")}
    return first | {"genome": point.genome, **point.swept, **row.pop("drawn"), **row}


def run_trial(genome: Genome, trial: Trial) -> TrialResult:
    """Run a trial on the window engine."""
    config = trial.config
    flash = image.build(genome, config.timing)
    engine = make_engine(config, flash, genome.target, None, "window", None, False, None)
    result = engine.run(trial.horizon_rounds)
    verdict = result.verdict
    assert verdict is not None, "a plan has at least one fault"
    return TrialResult(
        point=trial.point,
        index=trial.index,
        seed=trial.seed,
        drawn=trial.drawn,
        outcome=verdict.outcome,
        rounds=verdict.rounds,
        time_ms=verdict.time_ms,
        async_rounds=verdict.async_rounds,
        updates=verdict.updates,
        observed_rounds=verdict.observed_rounds,
        error_before=verdict.error_before,
        error_after=verdict.error_after,
        error_limit=verdict.error_limit,
        error_end=result.error_by_round[-1],
        trace_sha256=result.trace_sha256,
    )
