"""The compiled backend: ``c/rollout.c``, one organism at a time, several side by side in threads."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firmware.budget import CHANNELS, HIDDEN_MAX, PERCEPTION, PORTS
from trainer.backend import Babble, Backend, Grade, Sample, World
from trainer.kernels import aligned, library
from trainer.rule import Float32, Gradient, Weights
from trainer.wakes import Sets, packed

SHAPES: Final = ((HIDDEN_MAX, PERCEPTION), (HIDDEN_MAX,), (HIDDEN_MAX, CHANNELS))
"""Of the weights in compiled code, whatever the rule's hidden units are."""


class Compiled(Backend):
    """Computes rollouts with code that was compiled on this machine.

    Args:
        kernel: a name from ``trainer.kernels.KERNELS``.
        rows: of the grids.
        cols: likewise.
        workers: so many samples are computed at once, of a batch; the result does not depend on it.

    Raises:
        InputError: there is no compiler, or this processor lacks what the kernel needs.
    """

    def __init__(self, kernel: str, rows: int, cols: int, workers: int = 1) -> None:
        self.name = kernel
        self._library = library(kernel)
        self._workers = ThreadPoolExecutor(workers) if workers > 1 else None
        self._size = rows, cols
        self._desks: list[_Desk] = []

    def learn(
        self, weights: tuple[Weights, Weights], samples: Sequence[Sample], grade: Grade, penalty: float
    ) -> tuple[list[Float32], Gradient]:
        rules = [_Rule(self._library, some) for some in weights]

        def learned(sample: Sample) -> tuple[Float32, Gradient | None]:
            try:
                desk = self._desks.pop()
            except IndexError:  # all that there are are in use
                desk = _Desk(self._library, *self._size)
            try:
                return desk.learn(rules[sample.quantised], sample, grade, penalty)
            finally:
                self._desks.append(desk)

        found = list((self._workers.map if self._workers else map)(learned, samples))
        hidden = len(weights[0].b1)
        total = Gradient(*(np.zeros((hidden, *shape[1:]), np.float32) for shape in SHAPES))
        for _, gradient in found:
            for part, added in zip(total, gradient or (), strict=gradient is not None):
                part += added[:hidden]
        return [states for states, _ in found], total

    def world(self, weights: Weights, states: Float32) -> World:
        return _CompiledWorld(self._library, _Rule(self._library, weights), states)


class _Rule:
    """Weights as compiled code wants them."""

    def __init__(self, compiled: Any, weights: Weights) -> None:
        self.packed = aligned((compiled.weights_bytes(),), np.uint8)
        full = [np.zeros(shape, np.float32) for shape in SHAPES]
        for place, tensor in zip(full, weights[:3], strict=True):
            place[: len(tensor)] = tensor
        compiled.weights_pack(_at(self.packed), *map(_at, full), weights.shift1, weights.shift2)


class _Desk:
    """What one rollout needs, used again by the next one."""

    def __init__(self, compiled: Any, rows: int, cols: int) -> None:
        self.compiled = compiled
        self.rollout = compiled.rollout_new(rows, cols)
        if not self.rollout:
            raise MemoryError
        shape = (rows + 2, cols + 2)
        self.own, self.toward_own = (aligned((*shape, CHANNELS)) for _ in range(2))
        self.inbox, self.toward_inbox = (aligned((*shape, PORTS, CHANNELS)) for _ in range(2))
        self.sums = aligned((compiled.sums_bytes(),), np.uint8)

    def __del__(self) -> None:
        self.compiled.rollout_free(self.rollout)

    def begin(self, states: Float32) -> None:
        self.own[...] = 0
        self.own[1:-1, 1:-1] = states
        self.compiled.world_begin(self.rollout, _at(self.inbox))

    def restart(self, hole: Sets) -> None:
        self.compiled.world_restart(self.rollout, _at(self.own), _at(self.inbox), _at(hole))

    def live(
        self,
        rule: _Rule,
        fire: Sets,
        lost: Sets | None,
        quantised: bool,
        keep: bool,
        babble: Babble | None = None,
    ) -> None:
        fire = np.ascontiguousarray(fire)
        lost = None if lost is None else np.ascontiguousarray(lost)
        given = self.rollout, _at(rule.packed), _at(self.own), _at(self.inbox), _at(fire), _at(lost)
        cells, said = _babbling(babble)
        babbling = _at(cells), cells.size, len(said), _at(said)
        if self.compiled.rollout_forward(*given, *babbling, len(fire), quantised, keep) < 0:
            raise MemoryError

    @property
    def states(self) -> Float32:
        inside: Float32 = self.own[1:-1, 1:-1]
        return inside.copy()

    def learn(
        self, rule: _Rule, sample: Sample, grade: Grade, penalty: float
    ) -> tuple[Float32, Gradient | None]:
        self.begin(sample.states)
        if sample.heard:
            self.compiled.world_hear(self.rollout, _at(self.own), _at(self.inbox))
        self.restart(packed(sample.hole))
        self.live(rule, sample.fire, sample.lost, sample.quantised, keep=True, babble=sample.babble)
        states = self.states
        toward = grade(sample, states)
        if toward is None:
            return states, None
        for array in (self.toward_own, self.toward_inbox, self.sums):
            array[...] = 0
        self.toward_own[1:-1, 1:-1] = toward
        given = self.rollout, _at(rule.packed), _at(self.toward_own), _at(self.toward_inbox)
        self.compiled.rollout_backward(*given, penalty, sample.quantised, _at(self.sums))
        gradient = Gradient(*(np.zeros(shape, np.float32) for shape in SHAPES))
        self.compiled.sums_unpack(_at(rule.packed), _at(self.sums), *map(_at, gradient))
        return states, gradient


class _CompiledWorld(World):
    def __init__(self, compiled: Any, rule: _Rule, states: Float32) -> None:
        self._rule = rule
        self._desks = [_Desk(compiled, *grid.shape[:2]) for grid in states]
        for desk, grid in zip(self._desks, states, strict=True):
            desk.begin(grid)

    @property
    def states(self) -> Float32:
        return np.stack([desk.states for desk in self._desks])

    def live(self, fire: Sets, lost: Sets | None) -> None:
        for number, desk in enumerate(self._desks):
            some = None if lost is None else lost[:, number]
            desk.live(self._rule, fire[:, number], some, quantised=True, keep=False)

    def restart(self, hole: NDArray[np.bool_]) -> None:
        for desk, cells in zip(self._desks, packed(hole), strict=True):
            desk.restart(cells)


def _babbling(babble: Babble | None) -> tuple[NDArray[np.int32], Float32]:
    """Places of cells on a grid with a border, and what they say, as compiled code wants it."""
    if babble is None:
        return np.zeros(0, np.int32), np.zeros((0, 0, CHANNELS), np.float32)
    said: Float32 = aligned(babble.said.shape)
    said[...] = babble.said
    return np.flatnonzero(np.pad(babble.cells, 1)).astype(np.int32), said


def _at(array: NDArray[Any] | None) -> int | None:
    return None if array is None else array.ctypes.data
