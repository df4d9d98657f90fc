"""One trial of a campaign: what a worker gets, and what it gives back."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from emulator.config import RunConfig
from emulator.record.recovery import Outcome
from emulator.record.result import RunResult
from firmware.genome import Genome
from firmware.pace import update_us
from firmware.picture import Displacement
from planaria.campaign.yardstick import Yardstick
from planaria.code import Code, engine_of, hidden_of
from planaria.stabilisation import Return, Watch

Value = str | int | float
"""What a swept or drawn parameter can be."""


@dataclass(frozen=True)
class Point:
    """One genome or program under one combination of the swept parameters.

    Attributes:
        number: place in the plan, from 0.
        genome: its name in the plan.
        swept: name -> value.
    """

    number: int
    genome: str
    swept: dict[str, Value]


@dataclass(frozen=True)
class Trial:
    """One run of a campaign: its world, its seed and what was drawn.

    Attributes:
        point: number of its point.
        index: place within the point, from 0.
        seed: of the run.
        genome: name in the plan.
        drawn: parameters that this trial has drawn, name -> value.
        config: the world, with its faults; on a chip, ``world`` says what an update takes.
        chip: whose pace an update has, e.g. ``cortex-m0plus@48MHz``, or None.
        horizon_rounds: length of the run.
        parameters: values that parameters of a program have in it, by name.
    """

    point: int
    index: int
    seed: int
    genome: str
    drawn: dict[str, Value]
    config: RunConfig
    chip: str | None
    horizon_rounds: int
    parameters: dict[str, int] = field(default_factory=dict)

    def code(self, code: Code) -> Code:
        """A genome or program as this trial runs it."""
        return code if isinstance(code, Genome) else code.with_parameters(self.parameters)

    def world(self, code: Code) -> RunConfig:
        """The world in which a genome or program lives: on a chip an update takes as long as it needs."""
        if self.chip is None:
            return self.config
        return replace(self.config, compute_us=update_us(self.chip, hidden_of(code)))


@dataclass(frozen=True)
class TrialResult:
    """What became of a trial: a function of version, genome, plan and seed.

    Times count from the end of the last fault and are None unless recovered by that yardstick.

    Attributes:
        point: number of its point.
        index: place within the point.
        seed: of the run.
        drawn: parameters that this trial has drawn.
        clean_outcome: of all faults together, by E at most 3.
        clean_rounds: until then, in mean intervals.
        clean_updates: of cells, likewise.
        clean_messages: frames put on links, likewise.
        recognisable_outcome: the same by E at most 10.
        recognisable_rounds: until then.
        outcome: the same by the relative yardstick.
        rounds: until then.
        time_ms: the same in milliseconds.
        async_rounds: the same in asynchronous rounds.
        updates: the same in cell updates.
        observed_rounds: how long it was watched after the last fault.
        error_before: the largest E in the dwell time before the first fault.
        error_after: the largest E until the last fault was over.
        error_limit: E at or below which it counts as healed by the relative yardstick.
        error_end: E at the horizon.
        displaced_rows: so many rows below its place stands the organism at the horizon.
        displaced_cols: so many columns to the right.
        error_displaced: E there.
        away: how often the pattern, once recognisable, was not for longer than the dwell time.
        relapses: how often it was clean no more, once it had been for the dwell time after the last fault.
        disturbed: of the cells that no fault had struck, the share that showed something else than before,
            until it was clean or by the end; None of a genome, if all were struck, or if what cells showed
            had not stood still for the dwell time before.
        trace_sha256: fingerprint of the run.
    """

    point: int
    index: int
    seed: int
    drawn: dict[str, Value]
    clean_outcome: Outcome
    clean_rounds: float | None
    clean_updates: int | None
    clean_messages: int | None
    recognisable_outcome: Outcome
    recognisable_rounds: float | None
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
    displaced_rows: int
    displaced_cols: int
    error_displaced: float
    away: int
    relapses: int
    disturbed: float | None
    trace_sha256: str

    @property
    def found_back(self) -> Return:
        """The same in the words of self-stabilisation, by the clean yardstick."""
        cost = self.clean_rounds, self.clean_updates, self.clean_messages
        return Return(self.clean_outcome, *cost, self.relapses, self.disturbed)

    def outcome_by(self, yardstick: Yardstick) -> Outcome:
        """What became of it by a yardstick."""
        outcomes = self.clean_outcome, self.recognisable_outcome, self.outcome
        return outcomes[list(Yardstick).index(yardstick)]

    def rounds_by(self, yardstick: Yardstick) -> float | None:
        """Until it had recovered by it; None if it has not."""
        rounds = self.clean_rounds, self.recognisable_rounds, self.rounds
        return rounds[list(Yardstick).index(yardstick)]


def as_row(point: Point, result: TrialResult) -> dict[str, Value | None]:
    """A trial as a row of a table: the genome's name, swept and drawn parameters follow the seed."""
    row: dict[str, Any] = {
        name: str(value) if isinstance(value, Outcome) else value for name, value in vars(result).items()
    }
    first = {name: row.pop(name) for name in ("point", "index", "seed")}
    return first | {"genome": point.genome, **point.swept, **row.pop("drawn"), **row}


def as_rows(points: Sequence[Point], results: Iterable[TrialResult]) -> Iterator[dict[str, Value | None]]:
    """Trials as rows of a table, given all points of their plan."""
    return (as_row(points[result.point], result) for result in results)


def run_trial(code: Code, trial: Trial) -> TrialResult:
    """Run a trial, on the usual engine of its genome or program."""
    engine = engine_of(trial.code(code), trial.world(code))
    watch = Watch(engine, of_program=not isinstance(code, Genome))
    run = engine.run(trial.horizon_rounds)
    return _result(trial, run, watch.tell(run))


def _result(trial: Trial, run: RunResult, found: Return) -> TrialResult:
    verdict = run.verdict
    assert verdict is not None, "a plan has at least one fault"
    stood = run.stood or Displacement(0, 0, run.error_by_round[-1])
    return TrialResult(
        point=trial.point,
        index=trial.index,
        seed=trial.seed,
        drawn=trial.drawn,
        clean_outcome=verdict.clean.outcome,
        clean_rounds=verdict.clean.rounds,
        clean_updates=verdict.clean.updates,
        clean_messages=found.messages,
        recognisable_outcome=verdict.recognisable.outcome,
        recognisable_rounds=verdict.recognisable.rounds,
        outcome=verdict.outcome,
        rounds=verdict.rounds,
        time_ms=verdict.time_ms,
        async_rounds=verdict.async_rounds,
        updates=verdict.updates,
        observed_rounds=verdict.observed_rounds,
        error_before=verdict.error_before,
        error_after=verdict.error_after,
        error_limit=verdict.error_limit,
        error_end=run.error_by_round[-1],
        displaced_rows=stood.rows,
        displaced_cols=stood.cols,
        error_displaced=stood.error,
        away=len(run.away),
        relapses=found.relapses,
        disturbed=found.disturbed,
        trace_sha256=run.trace_sha256,
    )
