"""A rule whose organisms wander is trimmed: a few of its biases move by a little, until they stay.

Nothing tells an organism where it is. It stays because what its one side pushes the other side holds, and a
rule of 8 bits is a little out of balance: the whole picture moves by a cell in some thousand rounds, one way
after this step of a training and another way after the next. Biases have 16 bits, and are fine enough to
balance it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emulator.config import RunConfig
from firmware.budget import ONE
from firmware.genome import Genome
from planaria.appraisal import room
from planaria.grid import Grid
from planaria.healing import LASTING_ROUNDS, MARGIN

Cells = NDArray[np.float64]
"""Down and to the right, or the same in a round: float64[2]."""

FIRST_SEED: Final = 2_000_000
"""Of worlds in which nobody is chosen or judged."""

WORLDS: Final = 3

STAYS_CELLS: Final = 0.25
"""An organism that is no farther from its place after ``LASTING_ROUNDS`` stays there."""

TRIES_MAX: Final = 6

GROUPS: Final = 16
"""Biases are moved in so many groups: for each of them one has to see what comes of it."""

NUDGE: Final = 8
"""By so much, to see that: little beside biases, which are some hundred, and enough to move organisms."""

MOVE_MAX: Final = 3
"""By so much in a try, at most."""

SETTLED_ROUNDS, WATCHED_ROUNDS = 300, 600
"""An organism has grown and is at rest; from then on it is watched for so long."""

RETURN_ROUNDS: Final = 5000
"""In so long it would come back, by the speed that is asked for."""


def trim(genome: Genome, over: Callable[[], object] = lambda: None) -> Genome:
    """The same rule if its organisms stay; else one with other biases, whose organisms wander least.

    Args:
        genome: a rule whose organisms hold their form.
        over: called after each of at most ``TRIES_MAX`` tries.
    """
    best, least = genome, np.inf
    for number in range(TRIES_MAX):
        places = [_place_after(genome, LASTING_ROUNDS, FIRST_SEED + world) for world in range(WORLDS)]
        away = max(float(np.hypot(*place)) for place in places)
        over()
        if away < least:
            best, least = genome, away
        if away <= STAYS_CELLS or number == TRIES_MAX - 1:
            break
        genome = _nudged_back(genome, np.mean(places, 0), number)
    return best


def _nudged_back(genome: Genome, place: Cells, number: int) -> Genome:
    """With the smallest change of its biases by which organisms move back, as far as one can foresee."""
    groups = _groups(genome.hidden, number)
    speed = _speed(genome)
    effects = np.array([(_speed(_moved(genome, NUDGE * group)) - speed) / NUDGE for group in groups])
    # Far away its place says little: an organism at an edge of the grid goes no farther.
    wanted = -speed if np.hypot(*place) > 1 else -place / RETURN_ROUNDS
    return _moved(genome, _moves(effects, wanted) @ groups)


def _moves(effects: NDArray[np.float64], wanted: Cells) -> NDArray[np.int64]:
    """How far each group is to move: whole numbers, small, whose effects together are what is wanted.

    Args:
        effects: of each group, moved by 1: float64[groups, 2].
        wanted: of all together.
    """
    smallest = np.linalg.pinv(effects.T, rcond=0.1) @ wanted
    moves = np.rint(np.clip(smallest, -MOVE_MAX, MOVE_MAX)).astype(np.int64)
    steps = np.concatenate([np.eye(len(moves), dtype=np.int64), -np.eye(len(moves), dtype=np.int64)])
    while True:  # what rounding has spoiled is mended, a step of 1 after another
        others = moves + steps
        others = others[abs(others).max(1) <= MOVE_MAX]
        missed = np.linalg.norm(others @ effects - wanted, axis=1)
        if missed.min() >= np.linalg.norm(moves @ effects - wanted):
            return moves
        moves = others[missed.argmin()]


def _groups(hidden: int, number: int) -> NDArray[np.int64]:
    """Which biases move together, and which way: -1, 0 or 1, int64[groups, hidden]; others in each try."""
    draws = np.random.default_rng(number)
    order, ways = draws.permutation(hidden), draws.choice([-1, 1], hidden)
    groups = np.zeros((min(GROUPS, hidden), hidden), np.int64)
    for place, unit in enumerate(order):
        groups[place % len(groups), unit] = ways[unit]
    return groups


def _moved(genome: Genome, moves: NDArray[np.int64]) -> Genome:
    limits = np.iinfo(genome.b1.dtype)
    return replace(genome, b1=np.clip(genome.b1 + moves, limits.min, limits.max).astype(genome.b1.dtype))


def _speed(genome: Genome) -> Cells:
    grid = _world(genome, FIRST_SEED)
    grid.run(SETTLED_ROUNDS)
    before = _place(grid)
    grid.run(WATCHED_ROUNDS)
    return (_place(grid) - before) / WATCHED_ROUNDS


def _place_after(genome: Genome, rounds: int, seed: int) -> Cells:
    grid = _world(genome, seed)
    grid.run(rounds)
    return _place(grid)


def _world(genome: Genome, seed: int) -> Grid:
    return Grid(genome, config=RunConfig(room(genome, MARGIN), seed=seed), record=False)


def _place(grid: Grid) -> Cells:
    """Where an organism stands, to a part of a cell.

    To whole cells by the smallest E; the rest is by how much the target's slopes would have to be moved along
    them, in least squares, to become what is seen (Lucas and Kanade 1981).
    """
    whole = grid.stands
    assert whole is not None
    seen = np.roll(_sheet(grid.picture), (-whole.rows, -whole.cols), (0, 1)).astype(np.float64)
    assert isinstance(grid.genome, Genome)
    target = _sheet(grid.genome.target.placed(*grid.picture.shape[:-1])).astype(np.float64) * ONE / 255
    slopes = np.stack([slope.ravel() for slope in np.gradient(target, axis=(0, 1))])
    rest = np.linalg.solve(slopes @ slopes.T, slopes @ (target - seen).ravel())
    place: Cells = rest + np.array([whole.rows, whole.cols])
    return place


def _sheet(picture: NDArray[np.generic]) -> NDArray[np.generic]:
    """The middle layer of a picture that has several; any other as it is."""
    return picture if picture.ndim == 3 else picture[len(picture) // 2]
