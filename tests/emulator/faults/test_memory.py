"""Scrambled RAM: what cells are at the moment after it, on every engine."""

import numpy as np
import pytest

from emulator.choose import make_engine
from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.faults.memory import random_ram
from emulator.world.lattices import Square8
from firmware import image
from tests.emulator.arrays.programs.samples import SAMPLES
from tests.emulator.random_worlds import Quiet


@pytest.mark.parametrize("engine", ["reference", "window"])
def test_all_bytes_of_cells_with_power_are_random_and_they_go_on(engine):
    faults = tuple(map(Fault.parse, ("kill:rect:0,0,1,2@1+5", "scramble:half:left@1.9999")))
    config = RunConfig(Square8(6, 6), seed=3, faults=faults)
    world = make_engine(config, SAMPLES["full"], Quiet(), engine=engine)
    world.run(2)
    struck = np.flatnonzero(np.arange(36) % 6 < 3)
    expected = random_ram(3, 2, struck)
    expected[:2] = 0
    assert world.ram[struck].tolist() == expected.tolist()
    assert len({tuple(row) for row in expected[2:].tolist()}) == len(struck) - 2
    before = world.updates
    assert world.run(3).updates > before + 60


def test_both_engines_live_on_alike(make_genome):
    config = RunConfig(Square8(8, 8), seed=4, faults=(Fault.parse("scramble:all@2.5"),))
    flash = image.build(make_genome(hidden=16), config.timing)
    results = [make_engine(config, flash, Quiet(), engine=name).run(8) for name in ("reference", "window")]
    assert results[0] == results[1]
