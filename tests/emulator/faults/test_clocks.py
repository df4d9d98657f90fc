"""Exact times of wakes of cells that would wake every 1,000 us."""

import numpy as np
import pytest

from emulator.faults import Fault
from emulator.world.draws import Stream, draw32, key
from emulator.world.rate import RATE_ONE


def wakes(tick, *faults, until_us=9_001, cell=1, **options):
    engine, program = tick(1, 2, faults=tuple(map(Fault.parse, faults)), **options)
    times = []
    original = program.wake

    def wake(ram):
        if program.cell(ram) == cell:
            times.append(engine.time_us)
        return original(ram)

    program.wake = wake
    engine.environment.run(until=until_us)
    return times


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ((), [1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000]),
        (("pause:rect:0,1,1,1@2.5+2",), [1000, 2000, 5000, 6000, 7000, 8000, 9000]),
        (("pause:rect:0,0,1,1@2.5+2",), [1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000]),
        (("pause:all@2.5",), [1000, 2000]),
        (("pause:all@2.5+2", "pause:all@3.5+3"), [1000, 2000, 7000, 8000, 9000]),  # overlap: 2.5 to 6.5
        (("pause:all@2.5+2", "kill:all@3+1"), [1000, 2000, 5500, 6500, 7500, 8500]),  # boots while paused
        (("pause:all@2.5+2", "restart:all@5"), [1000, 2000, 6000, 7000, 8000, 9000]),
        (("slow:2@2.5+2",), [1000, 2000, 3000, 5000, 6000, 7000, 8000, 9000]),
        (("slow:0.5@2.5+1",), [1000, 2000, 3000, 3500, 4500, 5500, 6500, 7500, 8500]),
        (("slow:2@2.5+2", "slow:1.5@2.5+4"), [1000, 2000, 3000, 6000, 7500, 8500]),
        (("jump:all,by_us=300@2.5",), [1000, 2000, 2700, 3700, 4700, 5700, 6700, 7700, 8700]),
        (("jump:all,by_us=2000@2.5",), [1000, 2000, 2500, 3500, 4500, 5500, 6500, 7500, 8500]),
        (("jump:all,by_us=-2000@2.5",), [1000, 2000, 5000, 6000, 7000, 8000, 9000]),
        (("pause:all@2.5+2", "jump:all,by_us=200@3"), [1000, 2000, 4800, 5800, 6800, 7800, 8800]),
    ],
)
def test_times(tick, faults, expected):
    assert wakes(tick, *faults) == expected


def deviation(seed, number, cell, index, spread):
    limit = round(spread * RATE_ONE)
    draw = draw32(key(seed, Stream.RATE, (number << 32) | cell), index)
    return (draw * (2 * limit + 1) >> 32) - limit


def test_skew_is_each_cells_own(tick):
    seen = set()
    for cell in (0, 1):
        wait = 1000 * (RATE_ONE + deviation(8, 1, cell, 0, 0.3)) >> 16
        assert wakes(tick, "skew:0.3@0.5", cell=cell, seed=8, until_us=4_000)[:3] == [
            1000, 1000 + wait, 1000 + 2 * wait,
        ]  # fmt: skip
        seen.add(wait)
    assert len(seen) == 2
    assert all(700 <= wait <= 1300 for wait in seen)


def test_drift_walks(tick):
    rate, times, at = RATE_ONE, [], 1000
    for index in range(6):
        rate += rate * deviation(8, 1, 1, index, 0.2) >> 16
        times.append(rate)
    expected = []
    while at < 6000:
        expected.append(at)
        at += 1000 * times[(at - 500) // 1000] >> 16
    assert wakes(tick, "drift:0.2@0.5", seed=8, until_us=6_000) == expected
    assert len(set(np.diff(expected).tolist())) > 3


def test_afterwards_all_is_as_before(build):
    """However faults overlap, nothing of them is left when the last has ended."""
    texts = ("slow:3@1+3", "skew:0.5@2+4", "drift:0.4@1+4", "slow:0.5@3+1", "loss:0.5@1+2", "lie:all@2+2")
    engine = build(faults=tuple(map(Fault.parse, texts)))
    engine.run(5)
    assert len({board.rate for board in engine._boards}) > 10
    engine.run(2)
    assert {board.rate for board in engine._boards} == {RATE_ONE}
    assert engine.weather.active == []
