"""How a program finds back, in the words of self-stabilisation: convergence, closure, containment, cost.

*Convergence* is to become legitimate after the fault; *closure* to stay so; *containment* that cells which
were not struck go on showing what they show; *cost* what was computed and said until then. All of it is seen
at round boundaries.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from emulator.config import RunConfig
from emulator.record.judge import first_to_stay
from emulator.record.recovery import Outcome
from emulator.record.result import RunResult
from firmware.budget import VISIBLE
from planaria.code import engine_of
from planaria.program import SourceProgram

STRIKES_AT: Final = 100
"""Round of the fault; a world has to have been legitimate for a while by then."""


class Return(NamedTuple):
    """How a world found back from one fault.

    Attributes:
        outcome: by the clean yardstick: legitimate for the dwell time.
        rounds: from the fault until then; None unless it recovered.
        updates: of cells meanwhile, likewise.
        messages: frames put on links meanwhile, likewise.
        relapses: how often the world, legitimate for the dwell time, was not so again by the end.
        disturbed: of the cells that were not struck, the share that showed something else at a round boundary
            than before the fault, until the recovery, or by the end; the colour does not count. None if all
            were struck.
    """

    outcome: Outcome
    rounds: float | None
    updates: int | None
    messages: int | None
    relapses: int
    disturbed: float | None


def find_back(program: SourceProgram, fault: str, rounds: int, world: dict[str, Any]) -> Return:
    """Let a world grow, strike it once at ``STRIKES_AT``, and watch it.

    Args:
        program: of every cell.
        fault: its kind and region, e.g. ``scramble:all``; it has no length.
        rounds: after the fault.
        world: options of the world, by name.

    Raises:
        InputError: an option is out of its limits.
    """
    config = RunConfig.of({**world, "faults": [f"{fault}@{STRIKES_AT}"]})
    engine = engine_of(program, config)
    watch = _Watch(_spared(config))

    def look(number: int) -> None:
        watch.look(number, engine.states_now()[:, VISIBLE:], engine.messages)

    engine.on_round = look
    result = engine.run(STRIKES_AT + rounds)
    return watch.tell(result, config.predicate.dwell_rounds)


def _spared(config: RunConfig) -> NDArray[np.bool_]:
    """Which cells the one fault does not strike: bool[cells]."""
    topology = config.topology
    spared = np.ones(topology.cells, np.bool_)
    everybody = np.ones(topology.cells, np.bool_)
    spared[config.faults[0].region.cells(topology, config.seed, 1, lambda: everybody)] = False
    return spared


class _Watch:
    """What is seen of a world, round by round.

    Args:
        spared: cells that the fault does not strike, bool[cells].
    """

    def __init__(self, spared: NDArray[np.bool_]) -> None:
        self._spared = spared
        self._before = np.empty(0, np.int8)
        self._changed = np.zeros(len(spared), np.bool_)
        self._disturbed: list[int] = []
        self._messages: list[int] = []

    def look(self, number: int, shown: NDArray[np.int8], messages: int) -> None:
        """A round is over: int8[cells, 12] that cells show beside their colour, and frames sent so far."""
        if number < STRIKES_AT:
            self._before = shown.copy()
        else:
            self._changed |= (shown != self._before).any(1)
        self._disturbed.append(int((self._changed & self._spared).sum()))
        self._messages.append(messages)

    def tell(self, result: RunResult, dwell_rounds: int) -> Return:
        """How the world found back, by the result of its run."""
        clean = result.recoveries[0].clean
        end, messages, relapses = len(self._disturbed) - 1, None, 0
        if clean.rounds is not None:
            end = STRIKES_AT + round(clean.rounds)
            messages = self._messages[end] - self._messages[STRIKES_AT]
        errors = result.error_by_round[STRIKES_AT:]
        first = first_to_stay(errors, clean.error_limit, dwell_rounds)
        if first is not None:
            legitimate = np.array(errors) <= clean.error_limit
            relapses = int((legitimate[first:-1] & ~legitimate[first + 1 :]).sum())
        spared = int(self._spared.sum())
        disturbed = self._disturbed[end] / spared if spared else None
        return Return(clean.outcome, clean.rounds, clean.updates, messages, relapses, disturbed)
