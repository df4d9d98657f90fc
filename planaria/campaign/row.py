"""A trial as a row of the database: what is written, and what is believed when it is read."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Any, Final

from emulator.record.recovery import Outcome
from firmware.clock import MEAN_INTERVAL_MAX_US
from planaria.campaign.database import DamageError
from planaria.campaign.plan import Plan
from planaria.campaign.trial import Point, TrialResult

FIELDS: Final = tuple(field.name for field in fields(TrialResult))

OUTCOMES: Final = ("clean_outcome", "recognisable_outcome", "outcome")

TIMES_OF: Final = {
    "clean_outcome": ("clean_rounds", "clean_updates", "clean_messages"),
    "recognisable_outcome": ("recognisable_rounds",),
    "outcome": ("rounds", "time_ms", "async_rounds", "updates"),
}

RECOVERY_TIMES: Final = tuple(name for names in TIMES_OF.values() for name in names)
"""What is None unless a trial has recovered."""

NULLABLE: Final = (*RECOVERY_TIMES, "disturbed")
"""All that can be None."""

NUMBER_MAX: Final = 1 << 53
"""No count or error of a trial is larger; sums of all of them are numbers."""

ROUNDING: Final = 1e-6
"""Rounds by which two times may seem apart that are not."""

KINDS: Final[dict[str, type]] = {
    **dict.fromkeys(FIELDS, float),
    **dict.fromkeys(("seed", "drawn", *OUTCOMES, "trace_sha256"), str),
    **dict.fromkeys(("point", "index", "async_rounds", "updates", "clean_updates", "clean_messages"), int),
    **dict.fromkeys(("displaced_rows", "displaced_cols", "away", "relapses"), int),
}

_SIGNED: Final = ("displaced_rows", "displaced_cols")

_TRACE: Final = re.compile("[0-9a-f]{64}", re.ASCII)


def write_row(result: TrialResult) -> tuple[Any, ...]:
    """What is stored of a trial, and its checksum."""
    stored = vars(result) | {
        "seed": str(result.seed),
        "drawn": json.dumps(result.drawn),
        **{name: str(getattr(result, name)) for name in OUTCOMES},
    }
    values = [_as_kind(KINDS[name], stored[name]) for name in FIELDS]
    return (*values, _checksum(values))


def _as_kind(kind: type, value: Any) -> Any:
    """A value as SQLite will give it back: it knows no negative zero."""
    return value if value is None or kind is not float else float(value) + 0.0


def _checksum(values: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()


def read_rows(rows: Iterable[tuple[Any, ...]], plan: Plan) -> Iterator[TrialResult]:
    """Trials as they were written.

    Args:
        rows: all columns, by point and index.
        plan: of the campaign, its seeds known.

    Raises:
        DamageError: a row cannot be what ``write_row`` made of a trial of this plan, or was changed since.
    """
    points, last = plan.points(), (-1, -1)
    for row in rows:
        stored = dict(zip((*FIELDS, "sha256"), row, strict=True))
        here = stored["point"], stored["index"]
        try:
            _check_kinds(stored)
            _check_place(stored, len(points), plan.trials)
            if here <= last:
                raise DamageError("it is there twice")
            if stored.pop("sha256") != _checksum(row[:-1]):
                raise DamageError("it was changed: its SHA-256 is another")
            yield _checked(stored, plan, points[here[0]])
        except DamageError as error:
            raise DamageError(f"trial {_shown(here[1])} of point {_shown(here[0])}: {error}") from error
        last = here


def _check_kinds(stored: dict[str, Any]) -> None:
    for name, kind in KINDS.items():
        if stored[name] is None and name in NULLABLE:
            continue
        if type(stored[name]) is not kind:
            raise DamageError(f"{name} is {_shown(stored[name])}")
        least = -NUMBER_MAX if name in _SIGNED else 0
        if kind is not str and not least <= stored[name] <= NUMBER_MAX:
            raise DamageError(f"{name} is {stored[name]}")


def _check_place(stored: dict[str, Any], points: int, trials: int) -> None:
    if stored["point"] >= points or stored["index"] >= trials:
        raise DamageError("the plan has none such")


def _checked(stored: dict[str, Any], plan: Plan, point: Point) -> TrialResult:
    """The trial, if all of it fits the plan and each other."""
    seed, drawn = plan.chance(point, stored["index"])
    if (stored["seed"], stored["drawn"]) != (str(seed), json.dumps(drawn)):
        raise DamageError("its seed or what it has drawn is not the plan's")
    if not _TRACE.fullmatch(stored["trace_sha256"]):
        raise DamageError("its trace is no SHA-256")
    outcomes = {name: _outcome(stored[name]) for name in OUTCOMES}
    _check_times(stored, outcomes, plan)
    _check_disturbed(stored["disturbed"], plan)
    return TrialResult(**stored | outcomes | {"seed": seed, "drawn": drawn})


def _outcome(text: str) -> Outcome:
    try:
        return Outcome(text)
    except ValueError as error:
        raise DamageError(f"its outcome is {_shown(text)}") from error


def _check_times(stored: dict[str, Any], outcomes: dict[str, Outcome], plan: Plan) -> None:
    for name, outcome in outcomes.items():
        if any((stored[time] is None) == (outcome is Outcome.RECOVERED) for time in TIMES_OF[name]):
            raise DamageError(f"its {name} is {outcome}, which its times are not")
    watched = stored["observed_rounds"]
    if watched > plan.horizon_rounds:
        raise DamageError("it was watched beyond the horizon")
    latest = watched - plan.predicate.dwell_rounds + ROUNDING
    rounds = [stored[name] for name in ("clean_rounds", "recognisable_rounds", "rounds")]
    if any(time is not None and time > latest for time in rounds):
        raise DamageError("it has recovered too late to be seen")
    slowest_ms = watched * MEAN_INTERVAL_MAX_US / 1000
    times = max(stored["away"], stored["relapses"])
    if (stored["time_ms"] or 0) > slowest_ms or times > plan.horizon_rounds:
        raise DamageError("it has no time for that")


def _check_disturbed(share: float | None, plan: Plan) -> None:
    if share is not None and not plan.of_program:
        raise DamageError(f"disturbed is {share}, and a genome's cells are never at rest")
    if share is not None and share > 1:
        raise DamageError("it has disturbed more cells than there are")


def _shown(value: object) -> str:
    """A value of whatever kind and length."""
    return repr(value[:40] if isinstance(value, str | bytes) else value)
