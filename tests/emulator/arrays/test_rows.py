import numpy as np
import pytest

from emulator.arrays.rows import DARK, LAYOUT, Population, draw_waits_us, in_lines, offset
from emulator.config import RunConfig
from emulator.world.entropy import Entropy
from emulator.world.lattices import Square8
from firmware.clock import Law, Timing, draw_wait_us


@pytest.mark.parametrize("law", list(Law))
@pytest.mark.parametrize("mean_us", [1, 7, 10_000])
def test_waits_are_the_clocks(law, mean_us):
    timing = Timing(law, mean_us)
    states = np.random.default_rng(0).integers(0, 1 << 32, 500, np.uint32)
    states[:2] = (0, 0xFFFFFFFF)
    after, waits_us = draw_waits_us(timing, states)
    expected = [draw_wait_us(timing, int(state)) for state in states]
    assert list(zip(after.tolist(), waits_us.tolist(), strict=True)) == expected


def test_a_row_is_three_lines_and_its_fields_stay_apart():
    assert LAYOUT.itemsize == 192
    assert offset("visible") == offset("state") == 128
    ends = {"inbox": 128, "state": 144, "slots": 176, "broadcasts": 180, "listened": 181, "wired": 182}
    for (name, end), following in zip(ends.items(), [*list(ends)[1:], None], strict=True):
        assert offset(name) + LAYOUT[name].itemsize == end
        assert following is None or offset(following) == end


def test_open_ports_lead_into_the_void():
    population = Population(RunConfig(Square8(2, 2)), Timing())
    assert population.rows["slots"][0].tolist() == [32, 32, 8 + 6, 3 * 8 + 7, 2 * 8 + 0, 32, 32, 32]
    assert population.rows["wired"].tolist() == [0b00011100, 0b01110000, 0b00000111, 0b11000001, 0]
    assert population.rows["slots"][4].tolist() == [32] * 8


def test_power_comes_and_goes():
    timing = Timing()
    population = Population(RunConfig(Square8(2, 3), seed=9, compute_us=7), timing)
    assert population.any_dark
    assert (population.wakes == DARK).all()
    population.boot(np.arange(6), 100)
    assert not population.any_dark
    for boot, now_us in ((0, 100), (1, 500)):
        for cell in range(6) if boot == 0 else (1, 4):
            prng, wait_us = draw_wait_us(timing, Entropy(9, 6).draw(cell, boot))
            assert (population.prngs[cell], population.wakes[cell]) == (prng, now_us + wait_us + 7)
            assert (population.booted[cell], population.last_boot_us) == (now_us, now_us)
        population.rows["inbox"] = population.rows["state"] = 1
        population.rows["listened"] = 3
        population.heard[:] = 255
        population.blank(np.array([1, 4]))
        assert population.any_dark
        assert not population.rows[["inbox", "state", "listened"]][[1, 4]].tolist()[0][0].any()
        assert (population.states[[1, 4]] == 0).all()
        assert (population.states[[0, 2, 3, 5]] == 1).all()
        assert population.heard.tolist() == [255, 0, 255, 255, 0, 255, 255]
        assert population.visible.tolist() == [[1] * 4, [0] * 4, [1] * 4, [1] * 4, [0] * 4, [1] * 4]
        population.boot(np.array([1, 4]), 500)
    population.blank(np.array([], np.intp))
    assert not population.any_dark


def test_lines():
    for size in (1, 63, 64, 1000):
        array = np.arange(size, dtype=np.int32).reshape(1, size)
        copy = in_lines(array)
        assert copy.ctypes.data % 64 == 0
        assert (copy == array).all()
        assert copy.dtype == array.dtype
