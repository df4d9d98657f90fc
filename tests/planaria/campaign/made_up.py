"""Campaigns without a simulation: plans, and results that follow from a chance and a speed."""

from dataclasses import replace

import numpy as np

from emulator.record.predicate import Predicate
from emulator.record.recovery import Outcome
from planaria.campaign.parameters import Between
from planaria.campaign.plan import Plan
from planaria.campaign.trial import TrialResult


def made_up_plan(genomes=("planarian",), sweep=None, draw=None, title="The paper's five cuts", trials=60):
    return Plan(
        title=title,
        genomes=tuple(genomes),
        timeline=("restart:{cut}@200",),
        trials=trials,
        horizon_rounds=350,
        quiet_rounds=0,
        seed=0,
        world={},
        predicate=Predicate(),
        sweep={name: tuple(values) for name, values in (sweep or {}).items()},
        draw={name: Between(*ends) for name, ends in (draw or {}).items()},
        text=f"title = {title!r}\n",
        source="plan.toml",
    )


def made_up_trial(
    point, index, outcome, rounds=None, drawn=None, /, error_end=1.5, observed_rounds=150.0, **others
):
    """``outcome`` by all yardsticks; ``rounds`` for a recovered one, which makes the other times follow."""
    made_up = TrialResult(
        point=point,
        index=index,
        seed=2**64 - 1 - index,
        drawn=drawn or {},
        clean_outcome=outcome,
        clean_rounds=rounds,
        clean_updates=None if rounds is None else int(rounds * 500),
        clean_messages=None if rounds is None else int(rounds * 4000),
        recognisable_outcome=outcome,
        recognisable_rounds=rounds,
        outcome=outcome,
        rounds=rounds,
        time_ms=None if rounds is None else 10 * rounds,
        async_rounds=None if rounds is None else int(rounds / 4),
        updates=None if rounds is None else int(rounds * 500),
        observed_rounds=observed_rounds,
        error_before=1.0,
        error_after=400.0,
        error_limit=20.0,
        error_end=error_end,
        displaced_rows=0,
        displaced_cols=0,
        error_displaced=error_end,
        away=0,
        relapses=0,
        disturbed=None,
        trace_sha256=f"{point:032x}{index:032x}",
    )
    return replace(made_up, **others)


def made_up_results(plan, chance, typical_rounds):
    """``chance(point, drawn)`` and ``typical_rounds(point, drawn)`` of each trial's recovery; seeded."""
    random, results = np.random.default_rng(7), []
    failures = (Outcome.NOT_RECOVERED, Outcome.DISPLACED, Outcome.EXTINCT, Outcome.EXPLODED)
    for point in plan.points():
        for index in range(plan.trials):
            drawn = {name: int(random.integers(c.low, c.high + 1)) for name, c in sorted(plan.draw.items())}
            rounds = 1 + float(random.gamma(4, typical_rounds(point, drawn) / 4))
            if random.random() < 0.02:
                results.append(made_up_trial(point.number, index, Outcome.UNHARMED, None, drawn))
            elif random.random() < chance(point, drawn) and rounds <= 125:
                results.append(made_up_trial(point.number, index, Outcome.RECOVERED, rounds, drawn))
            else:
                outcome, error = failures[random.integers(4)], float(random.uniform(20, 900))
                results.append(made_up_trial(point.number, index, outcome, None, drawn, error))
    return results
