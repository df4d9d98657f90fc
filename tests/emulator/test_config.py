import pytest

from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.record.predicate import Predicate
from firmware.clock import Timing
from firmware.errors import InputError

BAD = [
    ({"rows": 0}, r"grid: 32x0 - it needs at least 1x1 cells"),
    ({"cols": -1}, r"grid: -1x32 - it needs at least 1x1 cells"),
    ({"rows": 2, "torus": True}, r"grid: 32x2 - a torus needs at least 3x3"),
    ({"seed": -1}, r"seed: -1 - it must be a whole number, 0 to 2\*\*64 - 1"),
    ({"seed": 1 << 64}, r"seed: 18446744073709551616 - it must be a whole number, 0 to 2\*\*64 - 1"),
    ({"latency_us": 0}, r"latency_us: 0 - it must be a whole number, 1 to 1,000,000,000; the default is 500"),
    ({"latency_us": -5}, r"latency_us: -5"),
    ({"jitter_us": -1}, r"jitter_us: -1 - it must be a whole number, 0 to"),
    ({"loss": 1.01}, r"loss: 1\.01 - a probability must be 0 to 1"),
    ({"loss": -0.1}, r"loss: -0\.1 - a probability must be 0 to 1"),
    ({"loss": float("nan")}, r"loss: nan - a probability must be 0 to 1"),
    ({"predicate": Predicate(gone_fraction=0)}, r"gone_fraction: 0"),
    ({"predicate": Predicate(gone_fraction=1.1)}, r"gone_fraction: 1\.1"),
    ({"predicate": Predicate(dwell_rounds=-1)}, r"dwell_rounds: -1"),
    (
        {"faults": (Fault.parse("kill:disc:32,0,1@1"),)},
        r"fault: kill:disc:32,0,1@1 - its region is outside the grid",
    ),
    ({"faults": (Fault.parse("kill:rect:30,0,3,1@1"),)}, r"its region is outside the grid of 32x32 cells"),
    ({"faults": (Fault.parse("kill:rect:0,0,0,1@1"),)}, r"the height of its rectangle is 0; give at least 1"),
    ({"faults": (Fault.parse("kill:line:0,0,0,32@1"),)}, r"its region is outside the grid"),
    ({"faults": (Fault.parse("kill:living:disc:32,0,9@1"),)}, r"its region is outside the grid"),
]


@pytest.mark.parametrize(("options", "message"), BAD)
def test_bad_input(options, message):
    with pytest.raises(InputError, match=message):
        RunConfig(**options)


def test_limits_are_allowed():
    RunConfig(rows=1, cols=1, seed=(1 << 64) - 1, latency_us=1, loss=1.0)
    RunConfig(rows=3, cols=3, torus=True, faults=(Fault.parse("kill:rect:0,0,3,3@0"),))


def test_more_cells_than_numbers():
    RunConfig(rows=1, cols=(1 << 28) - 2)
    with pytest.raises(InputError, match=r"grid: 1000000x1000000 - it has more than 268,435,454 cells"):
        RunConfig(rows=10**6, cols=10**6)


def test_horizon():
    plan = RunConfig(faults=(Fault.parse("restart:half:left@200"),), timing=Timing())
    plan.check_horizon(200)
    with pytest.raises(InputError, match="it begins after the run's end at 199 rounds"):
        plan.check_horizon(199)
