"""A backend's forward pass is the firmware, wounds and losses included; and whoever differs is found out."""

from pathlib import Path

import numpy as np
import pytest

from firmware.arithmetic import Rule
from firmware.budget import ALPHA
from firmware.genome import Genome
from tests.trainer.worlds import BACKENDS, backend_of, random_rule
from trainer.verify import FirmwareWorld, compare

SHIPPED = sorted((Path(__file__).parents[2] / "planaria" / "genomes").glob("*.genome"))
IDLE = Rule(np.zeros((1, 48), np.int32), np.zeros(1, np.int32), np.zeros((1, 16), np.int32), 6, 8)
LIES = ("a weight", "losses", "a wake", "restarts")
N, NE, E, SE, S, SW, W, NW = range(8)


def test_who_hears_of_whom_in_the_firmwares_world():
    """The middle of three times three cells wakes and is heard by all, each on the port that leads to it."""
    states = np.zeros((1, 3, 3, 16), np.int8)
    states[0, 1, 1, ALPHA] = 64
    world = FirmwareWorld(IDLE, states)
    assert not world.inbox.any()
    world.step(states[..., ALPHA] > 0, np.zeros((1, 3, 3, 8), bool))
    heard = {
        (int(row), int(col)): int(port) for row, col, port in np.argwhere(world.inbox[0, ..., ALPHA] == 64)
    }
    assert heard == {
        **{(0, 0): SE, (0, 1): S, (0, 2): SW},
        **{(1, 0): E, (1, 2): W},
        **{(2, 0): NE, (2, 1): N, (2, 2): NW},
    }


def test_steps_losses_and_restarts_in_the_firmwares_world():
    states = np.zeros((1, 1, 3, 16), np.int8)
    states[0, 0, :, ALPHA] = 64, 10, 20
    world = FirmwareWorld(IDLE, states)
    hole, fire, lost = (np.zeros((1, 1, 3, *more), bool) for more in ((), (), (8,)))
    world.step(~fire, lost)
    hole[0, 0, 1] = fire[0, 0, 1] = lost[0, 0, 1, W] = True
    world.restart(hole)
    assert world.own[0, 0, :, ALPHA].tolist() == [64, 0, 20]
    assert not world.inbox[0, 0, 1].any()
    assert (world.inbox[0, 0, 0, E, ALPHA], world.inbox[0, 0, 2, W, ALPHA]) == (10, 10)
    world.step(fire, lost)
    assert (world.inbox[0, 0, 0, E, ALPHA], world.inbox[0, 0, 2, W, ALPHA]) == (10, 0)


@pytest.mark.parametrize("scale", [5, 40, 127])
@pytest.mark.parametrize("name", BACKENDS)
def test_no_byte_differs(name, scale):
    rule = random_rule(np.random.default_rng(scale), scale, hidden=128)
    result = compare(backend_of(name, 16, 17), rule, rows=16, cols=17, steps=40, seed=scale)
    assert result.bytes_compared == 40 * 3 * 16 * 17 * 16
    assert result.mismatches == 0


class Liar:
    """A backend whose worlds differ in one thing."""

    def __init__(self, backend, lie):
        self.backend, self.lie = backend, lie

    def world(self, weights, states):
        if self.lie == "a weight":
            weights = weights._replace(w2=weights.w2.copy())
            weights.w2[3, 4] += 16
        world = self.backend.world(weights, states)
        live = world.live
        match self.lie:
            case "losses":
                world.live = lambda fire, lost: live(fire, None)
            case "a wake":
                world.live = lambda fire, lost: live(fire & ~np.uint64(1 << 40), lost)
            case "restarts":
                world.restart = lambda hole: None
        return world


@pytest.mark.parametrize(("lie", "found"), [("", False), *((lie, True) for lie in LIES)])
def test_a_difference_is_noticed(usual, lie, found):
    """On 9 rows and 11 columns, cell (2, 1) has bit 40."""
    rule = random_rule(np.random.default_rng(1), 40)
    result = compare(Liar(usual(9, 11), lie), rule, rows=9, cols=11, steps=20)
    assert (result.mismatches > 0) == found


def test_three_genomes_at_least_one_regenerating_with_a_hole():
    genomes = [Genome.load(path) for path in SHIPPED]
    assert len(genomes) >= 3
    for genome in genomes:
        assert max(genome.target.rgba.shape[:2]) >= 16
        assert genome.facts["command"].startswith("planaria train ")
    ring = next(g for g in genomes if g.name == "ring")
    assert ring.regime == "regenerating"
    assert ring.target.rgba[10, 10, 3] == 0


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_million_state_bytes_without_a_mismatch(path, usual):
    result = compare(usual(32, 32), Genome.load(path).rule, rows=32, cols=32, steps=40, seed=5)
    assert result.bytes_compared == 40 * 3 * 32 * 32 * 16 > 10**6
    assert result.mismatches == 0
