"""Programs for Kilobots live alike on this machine and on every chip, whatever befalls them."""

from pathlib import Path

import pytest

from emulator.choose import make_engine
from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.world.lattices import Square8
from firmware.errors import InputError
from firmware.hardware.chips import CHIPS
from firmware.program_in_c import ProgramInC
from tests.emulator.random_worlds import Quiet
from tests.firmware.hardware.in_c import KILOLIB_IS_NATIVE as NATIVE

ROOT = Path(__file__).parents[2]
PROGRAMS = [*sorted((ROOT / "tests/firmware/hardware/kilobots").glob("*.c")), ROOT / "examples/gradient.c"]
FAULTS = (
    "restart:half:left,ram=random@120",
    "kill:rect:1,1,2,1,ram=stale@200+150",
    "corrupt:0.1@100+300",
    "carry:half:top,right=1@300",
    "skew:all,spread=0.2@0",
)
ROUNDS = 600


@pytest.fixture
def engine(hardware):
    """``engine(path, chip)`` makes one of robots with this program; without a chip on this machine."""

    def make(path, chip=None, faults=FAULTS):
        if chip is None and not NATIVE:
            pytest.skip("kilolib is built natively on Linux and x86-64 only")
        config = RunConfig(
            Square8(4, 5), seed=3, loss=0.05, jitter_us=3000, faults=tuple(map(Fault.parse, faults))
        )
        name = "iss" if chip else "native"
        return make_engine(config, ProgramInC(path), Quiet(), engine=name, target=chip)

    return make


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_one_trace(engine, path):
    """A robot that is in a delay() when it is carried off, or loses power, is so everywhere."""
    expected = engine(path, CHIPS[0]).run(ROUNDS)
    assert expected.delivered > 500
    assert not expected.machine_faults
    for chip in (*CHIPS[1:], *([None] if NATIVE else [])):
        assert engine(path, chip).run(ROUNDS) == expected, chip


def test_how_many_programs():
    assert len(PROGRAMS) == 9


@pytest.mark.parametrize("fault", ["flips:all,rate_hz=0.01@9+9", "scramble:half:left@9"])
def test_bytes_of_ram_are_a_chips(engine, fault):
    """Planned or at once: what lies in them on this machine is no chip's."""
    with pytest.raises(InputError, match="keeps the variables of a program for kilolib elsewhere") as caught:
        engine(PROGRAMS[0], faults=[fault])
    assert "choose the engine iss" in str(caught.value)
    with pytest.raises(InputError, match="elsewhere"):
        engine(PROGRAMS[0]).wound(Fault.parse(fault))
    result = engine(PROGRAMS[0], CHIPS[0], faults=[fault]).run(60)
    assert result.updates > 0
