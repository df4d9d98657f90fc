"""A small genome with random weights whose organism lives, and programs that log what happens to them."""

import numpy as np
import pytest

from emulator.config import RunConfig
from emulator.goal import PictureGoal
from emulator.reference.engine import ReferenceEngine
from emulator.world.lattices import Square8
from firmware import image
from firmware.clock import Timing
from firmware.genome import Genome
from firmware.picture import Picture
from firmware.program import Wake


def random_genome(side=8, hidden=8, weights_seed=7):
    random = np.random.default_rng(weights_seed)
    picture = np.full((side, side, 4), (200, 100, 50, 255), np.uint8)
    return Genome(
        name="random",
        w1=random.integers(-40, 41, (hidden, 48), np.int8),
        b1=random.integers(-200, 201, hidden, np.int16),
        w2=random.integers(-40, 41, (hidden, 16), np.int8),
        shift1=5,
        shift2=6,
        regime="growing",
        target=Picture.of(picture),
    )


@pytest.fixture
def genome():
    return random_genome()


@pytest.fixture
def make_genome():
    return random_genome


@pytest.fixture
def build(genome):
    """Makes an engine that runs the random genome."""

    def make(rows=12, cols=12, trace_file=None, **options):
        config = RunConfig(**{"topology": Square8(rows, cols)} | options)
        return ReferenceEngine(
            config, image.build(genome, config.timing), PictureGoal(genome.target), trace_file=trace_file
        )

    return make


class Metronome:
    """Wakes at a fixed interval and logs (what, cell, detail) of all that it lives through.

    The cell numbers itself at first boot, for boards boot in the order of their numbers.
    """

    def __init__(self, wait_us, cells):
        self.wait_us = wait_us
        self.cells = cells
        self.log = []
        self.numbers = {}

    def cell(self, ram):
        return self.numbers.setdefault(id(ram), len(self.numbers))

    def boot(self, ram, entropy, strap):
        self.log.append(("boot", self.cell(ram), strap))
        ram.state[0] = 1
        return self.wait_us

    def receive(self, ram, port, wire):
        self.log.append(("receive", self.cell(ram), (port, wire)))

    def wake(self, ram):
        self.log.append(("wake", self.cell(ram), None))
        ram.sequence = (ram.sequence + 1) % 128
        return Wake(bytes([self.cell(ram), ram.sequence]), self.wait_us)


@pytest.fixture
def tick():
    """Makes an engine whose cells are metronomes, and the metronome with its log."""

    def make(rows, cols, wait_us=1000, mean_interval_us=1000, **options):
        program = Metronome(wait_us, rows * cols)
        config = RunConfig(Square8(rows, cols), timing=Timing(mean_interval_us=mean_interval_us), **options)
        target = Picture.of(np.full((1, 1, 4), 255, np.uint8))
        return ReferenceEngine(config, b"", PictureGoal(target), lambda _rom: program), program

    return make


WORLDS = {"square8": 200, "square4": 12, "hex6": 12, "cube6": 12, "graph": 12}
"""How many random worlds of each topology are tried when neither ``--worlds`` nor the module says which."""


def pytest_generate_tests(metafunc):
    """Tests of a random world get its topology's kind and its number."""
    if {"kind", "world"} <= set(metafunc.fixturenames):
        chosen = metafunc.config.getoption("worlds")
        few_of = getattr(metafunc.module, "WORLDS", WORLDS)
        worlds = [(kind, world) for kind, few in few_of.items() for world in chosen or range(few)]
        metafunc.parametrize(("kind", "world"), worlds)
