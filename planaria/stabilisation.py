"""How a world finds back, in the words of self-stabilisation: convergence, closure, containment, cost.

*Convergence* is to become legitimate after the faults; *closure* to stay so; *containment* that cells which
were not struck go on showing what they show; *cost* what was computed and said until then. All of it is seen
at round boundaries.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from emulator.config import RunConfig
from emulator.engine import Engine
from emulator.record.judge import end_of, first_to_stay
from emulator.record.recovery import Outcome
from emulator.record.result import RunResult
from firmware.budget import CHANNELS, VISIBLE
from planaria.code import engine_of
from planaria.program import SourceProgram


class Return(NamedTuple):
    """How a world found back from its faults.

    Attributes:
        outcome: by the clean yardstick: legitimate for the dwell time.
        rounds: from the end of the faults until then; None unless it recovered.
        updates: of cells meanwhile, likewise.
        messages: frames put on links meanwhile, likewise.
        relapses: how often the world, legitimate for the dwell time, was not so again by the end.
        disturbed: of the cells that were not struck, the share that showed something else at a round boundary
            than before the first fault, until the recovery, or by the end; the colour does not count. None if
            all were struck, or if what cells showed had not stood still for the dwell time before.
    """

    outcome: Outcome
    rounds: float | None
    updates: int | None
    messages: int | None
    relapses: int
    disturbed: float | None


def find_back(
    program: SourceProgram, fault: str, rounds: int, world: dict[str, Any], engine: str | None = None
) -> Return:
    """Let a world become legitimate, strike it once, and watch it.

    Args:
        program: of every cell.
        fault: its kind and region, e.g. ``scramble:all``; it has no length.
        rounds: before the fault, and again after it.
        world: options of the world, by name.
        engine: its name; None is the usual one.

    Raises:
        InputError: an option is out of its limits.
    """
    living = engine_of(program, RunConfig.of({**world, "faults": [f"{fault}@{rounds}"]}), engine)
    watch = Watch(living, of_program=True)
    return watch.tell(living.run(2 * rounds))


class Watch:
    """What is seen of a run, round by round: made before the run, and asked after it.

    Args:
        engine: whose world it is; ``on_round`` of it is taken.
        of_program: whether it is a program's; what the cells of a genome show never stands still.
    """

    def __init__(self, engine: Engine, of_program: bool) -> None:
        self._engine = engine
        cells = engine.topology.cells
        self._before = np.zeros((cells, CHANNELS - VISIBLE), np.int8)
        self._still_rounds = -1  # the first look has none before it
        """For how many rounds nobody had shown anything new when the first fault struck."""
        self._changed = np.zeros(cells, np.bool_)
        self._disturbed: list[int] = []
        if of_program:
            engine.on_round = self._look

    def _look(self, _round: int) -> None:
        spared = ~self._engine.observer.struck
        shown = self._engine.states_now()[:, VISIBLE:]
        changed = (shown != self._before).any(1)
        if spared.all():
            self._still_rounds = 0 if changed.any() else self._still_rounds + 1
            self._before = shown.copy()
        else:
            self._changed |= changed
        self._disturbed.append(int((self._changed & spared).sum()))

    def tell(self, result: RunResult) -> Return:
        """How the world found back, by the result of its run; the run had a fault."""
        verdict, observer, dwell_rounds = result.verdict, self._engine.observer, self._dwell_rounds
        assert verdict is not None, "there is a fault"
        clean, end, samples = verdict.clean, end_of(observer.wounds()), observer.samples
        last, messages, relapses = len(samples) - 1, None, 0
        watched = [sample for sample in samples if end is not None and sample.time_us > end.time_us]
        within = [sample.error <= clean.error_limit for sample in watched]
        first = first_to_stay([sample.error for sample in watched], clean.error_limit, dwell_rounds)
        if end is not None and first is not None:
            relapses = sum(now and not then for now, then in pairwise(within[first:]))
            if clean.recovered:
                last = len(samples) - len(watched) + first
                messages = watched[first].messages - end.messages
        return Return(clean.outcome, clean.rounds, clean.updates, messages, relapses, self._share(last))

    @property
    def _dwell_rounds(self) -> int:
        return self._engine.config.predicate.dwell_rounds

    def _share(self, last: int) -> float | None:
        """Of the cells that were not struck, those that had shown something else by a round."""
        spared = int((~self._engine.observer.struck).sum())
        was_still = self._still_rounds >= max(1, self._dwell_rounds)
        return self._disturbed[last] / spared if spared and was_still else None


def found_back(returns: Sequence[Return]) -> dict[str, Any]:
    """How worlds found back: cost of those that recovered, closure and containment of all."""
    shares = [one.disturbed for one in returns if one.disturbed is not None]
    return {
        **_spread(returns, "updates"),
        **_spread(returns, "messages"),
        "relapsed_worlds": sum(one.relapses > 0 for one in returns),
        "relapses": sum(one.relapses for one in returns),
        "median_disturbed": _median(shares),
        "most_disturbed": max(shares, default=None),
    }


def convergence(returns: Sequence[Return]) -> dict[str, Any]:
    """What became of how many, and after how many rounds those recovered that did."""
    outcomes = Counter(str(one.outcome) for one in returns)
    return {"outcomes": dict(sorted(outcomes.items())), **_spread(returns, "rounds")}


def _spread(returns: Sequence[Return], name: str) -> dict[str, Any]:
    """Median and most of those that recovered."""
    values = [getattr(one, name) for one in returns if one.outcome is Outcome.RECOVERED]
    return {f"median_{name}": _median(values), f"most_{name}": max(values, default=None)}


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if values else None
