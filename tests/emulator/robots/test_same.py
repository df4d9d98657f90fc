"""Robots live alike in the reference engine and in compiled code, whatever befalls them; C on all chips."""

import random
from pathlib import Path

import numpy as np
import pytest

from emulator.choose import make_engine
from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.world.plane import Plane
from firmware.clock import Timing
from firmware.hardware.chips import CHIPS
from firmware.program_in_c import ProgramInC
from planaria.code import engine_of
from planaria.program import open_program
from tests.emulator.random_worlds import Quiet
from tests.emulator.robots.rover import Rover, robots
from tests.firmware.hardware.in_c import KILOLIB_IS_NATIVE as NATIVE

EXAMPLES = Path(__file__).parents[3] / "examples"

FAULTS = (
    "restart:half:left@10", "restart:half:left,ram=random@10", "kill:disc:1,1,1,ram=stale@10+5",
    "brownout:half:top,flipped=0.005@10+2", "flaky:all,mtbf_rounds=6,mttr_rounds=2@10+10",
    "pause:half:right@10+5", "slow:half:left,factor=3@10+10", "skew:all,spread=0.4@10+10",
    "jump:half:left,by_us=3000@10", "flips:all,rate_hz=0.05@10+5", "scramble:half:left@10", "loss:0.5@10+10",
    "burst:all,enter=0.2,leave=0.3@10+10", "corrupt:0.3@10+10", "delay:4000@10+10", "jitter:9000@10+10",
    "reorder:all,probability=0.3,by_us=15000@10+10", "duplicate:all,probability=0.3,after_us=7000@10+10",
    "limit:all,interval_us=12000@10+10", "mute:half:left@10+10", "stick:disc:1,1,1@10+10",
    "babble:disc:1,1,1@10+10", "lie:disc:1,1,1@10+10", "rolling:3@10+9", "mix:4@10+10",
    "motor:random:0.5,left=0.5@5+20", "motor:half:left,right=2@8+20", "blind:half:top@5+20",
    "move:near:350,350,100,right_mm=-90,down_mm=20@15",
)  # fmt: skip


def all_of(engine, rounds):
    """Everything that a run has come to."""
    result = engine.run(rounds)
    moved = (array.tobytes() for array in engine.robots)
    return result, engine.ram.tobytes(), engine.boards.tobytes(), *moved, engine.crash


@pytest.mark.parametrize("seed", range(12))
def test_random_worlds(seed):
    chance = random.Random(seed)
    plane = Plane(
        chance.randint(2, 5),
        chance.randint(2, 5),
        pitch_mm=chance.choice([35, 50, 90]),
        margin_mm=chance.choice([20, 300]),
        range_mm=chance.choice([50, 100]),
        clear_mm=chance.choice([0, 40]),
        air_us=chance.choice([0, 5000]),
        spread=chance.choice([0, 0.2]),
        speed_mm_s=chance.choice([7, 60, 1000]),
    )
    world = {
        "seed": chance.randrange(1000),
        "loss": chance.choice([0, 0.05, 0.3]),
        "jitter_us": chance.choice([0, 0, 30_000]),
        "faults": chance.sample(FAULTS, chance.randint(0, 3)),
    }
    window, reference = (all_of(robots(name, plane, **world), 40) for name in ("window", "reference"))
    assert window == reference


def test_in_parts_as_at_once():
    plane, world = Plane(4, 4, pitch_mm=40), {"faults": ["restart:half:left@7"], "loss": 0.1}
    at_once = all_of(robots("window", plane, **world), 60)
    parts = robots("window", plane, **world)
    for rounds in (1, 6, 3):
        parts.run(rounds)
    assert all_of(parts, 50) == at_once


def test_motors_outlast_a_clock_and_not_power():
    plane = Plane(1, 3, pitch_mm=90, range_mm=50)
    engine = robots("window", plane, Rover, faults=["pause:disc:0,0,0@5", "kill:disc:0,2,0@5"])
    engine.run(5)
    before = engine.robots.places_um.copy()
    engine.run(60)
    moved = (engine.robots.places_um != before).any(1)
    assert moved.tolist() == [True, True, False]


@pytest.mark.parametrize("seed", range(2))
def test_disperse_in_two_languages(hardware, seed):
    faults = ("move:half:left,right_mm=60@40", "scramble:half:top@55", "blind:half:top@70+5")
    config = RunConfig(
        Plane(4, 4, pitch_mm=70, speed_mm_s=50, turn_deg_s=200),
        timing=Timing(mean_interval_us=200_000),
        seed=seed,
        loss=0.1,
        faults=tuple(map(Fault.parse, faults)),
    )

    def lived(name):
        engine = engine_of(open_program(EXAMPLES / "disperse.py"), config, name)
        result = engine.run(100)
        return result, engine.states.tobytes(), *(array.tobytes() for array in engine.robots)

    expected = lived("reference")
    assert len(set(expected[0].error_by_round)) > 10
    for name in ("window", "native", "iss"):
        assert lived(name) == expected, name


def test_kilolib(hardware):
    """Motors, distance and light of a Kilobot, in the same places natively and on the chips."""

    def engine(chip):
        config = RunConfig(
            Plane(4, 4, pitch_mm=40, spread=0.1),
            seed=2,
            loss=0.05,
            faults=tuple(map(Fault.parse, ("restart:half:left@60", "babble:disc:1,1,1@80+20"))),
        )
        name = "iss" if chip else "native"
        path = Path(__file__).with_name("shy.c")
        return make_engine(config, ProgramInC(path), Quiet(), engine=name, target=chip)

    def lived(engine):
        result = engine.run(400)
        return result, engine.states.tobytes(), *(array.tobytes() for array in engine.robots)

    expected = engine(CHIPS[0])
    before = expected.robots.places_um.copy()
    first = lived(expected)
    assert (np.abs(expected.robots.places_um - before).max(1) > 5_000).sum() > 8
    assert not first[0].machine_faults
    for chip in (*CHIPS[1:], *([None] if NATIVE else [])):
        assert lived(engine(chip)) == first, chip
