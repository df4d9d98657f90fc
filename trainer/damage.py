"""Wounds for training: which cells of a grid around a target in its middle are struck, and how."""

import math
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmware.budget import CHANNELS
from trainer.backend import Babble, Sample
from trainer.rule import Float32

Mask = NDArray[np.bool_]
"""bool[rows, cols], True where cells are struck."""

SIDES: Final = ("left", "right", "top", "bottom")
SLIPS: Final = tuple((down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if down or right)
"""Rows and columns."""


class Wound(NamedTuple):
    """Cells that are struck, bool[rows, cols], and by which of ``KINDS``."""

    kind: str
    cells: Mask


class Damage:
    """Draws wounds for organisms of one size.

    Args:
        rows: of the grid.
        cols: likewise.
        size: the longer side of the target, in cells.
    """

    def __init__(self, rows: int, cols: int, size: int) -> None:
        self.rows, self.cols, self.half = rows, cols, size / 2
        self.down = np.arange(rows)[:, None] - (rows - 1) / 2
        self.right = np.arange(cols)[None, :] - (cols - 1) / 2

    def draw(self, draws: np.random.Generator, shares: dict[str, float]) -> Wound:
        """A wound of a random kind of ``KINDS``, each of which has a share; all together 1."""
        kind = list(shares)[draws.choice(len(shares), p=list(shares.values()))]
        return Wound(kind, KINDS[kind](self, draws))

    def all(self, mask: NDArray[np.bool_]) -> Mask:
        """A mask of one row or column on all of the grid."""
        return mask & np.ones((self.rows, self.cols), np.bool_)

    def around(self, down: float, right: float, radius: float) -> Mask:
        """A disc of this radius in cells, its middle at two shares of the target and a fifth more."""
        reach = 1.2 * self.half
        below, beside = self.down - reach * (down - 0.5), self.right - reach * (right - 0.5)
        return self.all(below**2 + beside**2 < radius**2)

    def beyond(self, angle: float, distance: float) -> Mask:
        """What lies farther from the middle than so many cells, towards an angle in turns, clockwise."""
        away = math.cos(2 * math.pi * angle) * self.right + math.sin(2 * math.pi * angle) * self.down
        return self.all(away > distance)


def scatter(damage: Damage, draws: np.random.Generator) -> Mask:
    """Each cell with the same random probability of .1 to .5."""
    share = 0.1 + 0.4 * draws.random()
    return draws.random((damage.rows, damage.cols)) < share


def disc(damage: Damage, draws: np.random.Generator) -> Mask:
    """A disc of a tenth to six tenths of the target's half size, somewhere on it (paper, experiment 3)."""
    down, right, size = draws.random(3)
    return damage.around(down, right, damage.half * (0.1 + 0.5 * size))


def half_plane(damage: Damage, draws: np.random.Generator) -> Mask:
    """All cells on one side of a random line near the middle."""
    angle, offset = draws.random(2)
    return damage.beyond(angle, damage.half * (0.5 * offset - 0.25))


def side(damage: Damage, draws: np.random.Generator) -> Mask:
    """The left, right, top or bottom half, cut near the middle."""
    which, offset = draws.integers(len(SIDES)), draws.random()
    away = {"left": -damage.right, "right": damage.right, "top": -damage.down, "bottom": damage.down}
    return damage.all(away[SIDES[which]] > damage.half * (0.3 * offset - 0.15))


def square(damage: Damage, draws: np.random.Generator) -> Mask:
    """A square of three to six tenths of the target near its middle."""
    size, down, right = draws.random(3)
    reach = damage.half * (0.3 + 0.3 * size)
    shift = 0.3 * damage.half
    near_row = abs(damage.down - shift * (down - 0.5)) < reach
    return damage.all(near_row & (abs(damage.right - shift * (right - 0.5)) < reach))


def spot(damage: Damage, draws: np.random.Generator) -> Mask:
    """A disc with a radius of half a cell to two cells, somewhere on the target."""
    down, right, size = draws.random(3)
    return damage.around(down, right, 0.5 + 1.5 * size)


def scrambled(damage: Damage, draws: np.random.Generator) -> Mask:
    """A spot, a disc, or up to a fifth of all cells."""
    kind = draws.integers(3)
    if kind < 2:
        return (spot, disc)[kind](damage, draws)
    share = 0.2 * draws.random() ** 2
    return draws.random((damage.rows, damage.cols)) < share


def outer(damage: Damage, draws: np.random.Generator) -> Mask:
    """All cells beyond a random line through the middle of the target or beside it."""
    angle, offset = draws.random(2)
    return damage.beyond(angle, damage.half * 0.7 * offset)


KINDS: Final[dict[str, Callable[[Damage, np.random.Generator], Mask]]] = {
    "scatter": scatter,
    "disc": disc,
    "half_plane": half_plane,
    "side": side,
    "square": square,
    "scrambled": scrambled,
    "babbling": spot,
    "slipped": outer,
}

FAULTY_KINDS: Final = ("scrambled", "babbling", "slipped")
"""Those whose cells do not restart, but have, or say for a while, what they should not."""


def struck(sample: Sample, wound: Wound, draws: np.random.Generator) -> Sample:
    """A sample whose cells have random states or those of neighbours, say random states, or restart."""
    cells = wound.cells
    if wound.kind == "scrambled":
        states = sample.states.copy()
        states[cells] = _random_states(draws, int(cells.sum()))
        return sample._replace(states=states)
    if wound.kind == "slipped":
        return sample._replace(states=_slipped(sample.states, cells, draws))
    if wound.kind == "babbling":
        steps = int(draws.random() * len(sample.fire))
        return sample._replace(babble=Babble(cells, _random_states(draws, steps, int(cells.sum()))))
    return sample._replace(hole=cells)


def _slipped(states: Float32, cells: Mask, draws: np.random.Generator) -> Float32:
    """What these cells have is found a cell further: a half that grew again may fit badly."""
    down, right = SLIPS[draws.integers(len(SLIPS))]
    rows, cols = states.shape[:2]
    padded = np.pad(states, ((1, 1), (1, 1), (0, 0)))
    moved = padded[1 - down : 1 - down + rows, 1 - right : 1 - right + cols]
    return np.where(cells[..., None], moved, states)


def _random_states(draws: np.random.Generator, *shape: int) -> Float32:
    return draws.integers(-128, 128, (*shape, CHANNELS)).astype(np.float32)
