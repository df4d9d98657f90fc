import pytest

from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.record.predicate import Predicate
from emulator.world.lattices import Square8
from firmware.clock import Timing
from firmware.errors import InputError

BAD = [
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
    RunConfig(Square8(1, 1), seed=(1 << 64) - 1, latency_us=1, loss=1.0)
    RunConfig(Square8(3, 3, torus=True), faults=(Fault.parse("kill:rect:0,0,3,3@0"),))


def test_horizon():
    plan = RunConfig(faults=(Fault.parse("restart:half:left@200"),), timing=Timing())
    plan.check_horizon(200)
    with pytest.raises(InputError, match="it begins after the run's end at 199 rounds"):
        plan.check_horizon(199)
