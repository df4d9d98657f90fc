"""What a certificate claims: a function of its plan and its trials, so that anybody can check it."""

import hashlib
import json
import re
from collections import Counter
from typing import Any, Final

import numpy as np

from emulator.record.recovery import Outcome
from planaria.campaign.plan import Plan
from planaria.campaign.statistics import lower_bound
from planaria.campaign.trial import TrialResult
from planaria.campaign.yardstick import APART, Yardstick

NOT_GROWN_MAX: Final = 0.02
"""A family of which a larger share had not grown is no family of wounds."""


def row_of(result: TrialResult, yardstick: Yardstick) -> list[Any]:
    """A trial as a certificate holds it: index, seed, outcome, rounds until healed, trace."""
    outcome, rounds = result.outcome_by(yardstick), result.rounds_by(yardstick)
    return [result.index, result.seed, str(outcome), rounds, result.trace_sha256]


def count(
    outcomes: list[tuple[Outcome, float | None]], within_rounds: float, confidence: float
) -> dict[str, Any]:
    """Wounds, those healed in time, and the bound. Trials without harm, or not grown, are no wounds."""
    ended = Counter(outcome for outcome, _ in outcomes)
    wounds = len(outcomes) - sum(ended[outcome] for outcome in APART)
    healed = sum(rounds is not None and rounds <= within_rounds for _, rounds in outcomes)
    return {
        "wounds": wounds,
        "healed": healed,
        "displaced": ended[Outcome.DISPLACED],
        "unharmed": ended[Outcome.UNHARMED],
        "not_grown": ended[Outcome.NOT_GROWN],
        "healed_share_at_least": lower_bound(healed, wounds, confidence),
    }


def statement(certificate: dict[str, Any], plan: Plan) -> str:
    """The sentence that a certificate states."""
    share = int(certificate["healed_share_at_least"] * 10_000) / 10_000  # rounded down
    confidence, within = _exact(certificate["confidence"]), _exact(certificate["within_rounds"])
    of = " of organisms wounded while growing" if plan.predicate.while_growing else ""
    meaning = Yardstick(certificate["yardstick"]).describe(plan.predicate, plan.of_program)
    return (
        f"With confidence {confidence}, at least {share:.2%} of the wounds of this family{of} are healed "
        f"within {within} rounds: {meaning} ({certificate['healed']} of {certificate['wounds']} were; "
        f"{certificate['displaced']} stood displaced at the end; of further trials {certificate['unharmed']} "
        f"did no harm and {certificate['not_grown']} had not grown)."
    )


def _exact(number: float) -> str:
    """All its digits, and none that it has not."""
    return np.format_float_positional(number, trim="-")


def fingerprint(certificate: dict[str, Any]) -> str:
    """SHA-256 of all of it but this."""
    rest = {name: value for name, value in certificate.items() if name != "sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def adds_up(certificate: dict[str, Any], plan: Plan) -> bool:
    """Whether it has every trial of its plan once, and counts them rightly.

    Args:
        certificate: of the right shape.
        plan: its own.
    """
    rows, within, confidence = certificate["trials"], certificate["within_rounds"], certificate["confidence"]
    watched = plan.horizon_rounds - plan.predicate.dwell_rounds
    if len(rows) != plan.trials or plan.seed is not None:
        return False
    if not 0 < confidence < 1 or not 0 < within <= watched:
        return False
    if not all(_could_be(row, place, watched) for place, row in enumerate(rows)):
        return False
    counted = count([(Outcome(row[2]), row[3]) for row in rows], within, confidence)
    if counted["not_grown"] > NOT_GROWN_MAX * len(rows) or not counted["wounds"]:
        return False
    said = {name: certificate[name] for name in counted}
    return said == counted and certificate["statement"] == statement(certificate, plan)


def _could_be(row: list[Any], place: int, watched_rounds: int) -> bool:
    """Whether a row holds what ``row_of`` writes of the trial of this place."""
    index, seed, outcome, rounds, trace = row
    if index != place or not 0 <= seed < 1 << 64 or outcome not in list(Outcome):
        return False
    if (outcome == Outcome.RECOVERED) != (rounds is not None) or not 0 <= (rounds or 0) <= watched_rounds:
        return False
    return re.fullmatch("[0-9a-f]{64}", trace) is not None
