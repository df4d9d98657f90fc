"""How robots move and push each other: exact values, and the same in compiled code whatever its lists are."""

import numpy as np
import pytest

from emulator.arrays.programs.floor import NEXT_STEP, make_floor
from emulator.arrays.programs.motion import move
from emulator.arrays.programs.neighbours import listed
from emulator.config import RunConfig
from emulator.reference.motion import step
from emulator.world.plane import STEP_US, TURN, Plane
from emulator.world.robots import COSINES, SINES, Robots, robots_of
from emulator.world.senses import Senses
from firmware.budget import RAM_BYTES

FULL, STILL = 255, 0
LONE = Plane(1, 1)


def one(x_um=300_000, y_um=300_000, heading=0, strengths=(1024, 1024)):
    return Robots(np.array([[x_um, y_um]]), np.array([heading]), np.array([strengths]), np.zeros(1, np.int64))


def after(robots, *motors, plane=LONE, steps=1):
    for _ in range(steps):
        step(plane, robots, np.array([motors]))
    return (*robots.places_um[0].tolist(), int(robots.headings[0]))


def test_sines():
    assert SINES[[0, 1, 512, 1024, 2048, 3072]].tolist() == [0, 25, 11585, 16384, 0, -16384]
    assert COSINES[[0, 1024, 2048, 3072]].tolist() == [16384, 0, -16384, 0]


@pytest.mark.parametrize(
    ("heading", "there"),
    [
        (0, (300_000, 299_771)),  # up: 7 mm/s for 32,768 us are 229 um
        (TURN // 4, (300_229, 300_000)),
        (TURN // 2, (300_000, 300_229)),
        (3 * TURN // 4, (299_771, 300_000)),
        (TURN // 8, (300_162, 299_838)),
    ],
)
def test_straight_ahead(heading, there):
    assert after(one(heading=heading), FULL, FULL) == (*there, heading)


def test_one_motor_turns_about_a_leg():
    """13 degrees a second are 77 of 65,536 in a step; the robot goes half as fast meanwhile."""
    assert after(one(), FULL, STILL) == (299_999, 299_886, TURN - 77)
    assert after(one(), STILL, FULL) == (300_001, 299_886, 77)


def test_half_the_power_is_half_as_fast():
    assert after(one(), 128, 128) == (300_000, 299_886, 0)
    assert after(one(), STILL, STILL) == (300_000, 300_000, 0)


def test_a_weak_motor_leaves_the_straight_way():
    x_um, y_um, heading = after(one(strengths=(1024, 820)), FULL, FULL, steps=30)
    assert (x_um, y_um, heading) == (299_857, 293_820, TURN - 30 * 15)


def test_walls():
    """A robot goes on along a wall."""
    assert after(one(16_600, 40_000, 3 * TURN // 4), FULL, FULL) == (16_500, 40_000, 3 * TURN // 4)
    assert after(one(583_400, 583_450, 3 * TURN // 8), FULL, FULL) == (583_500, 583_500, 3 * TURN // 8)


def pair(dx_um, dy_um):
    """Where two robots are after a step, if they stand still, the second so far to the right and down."""
    plane = Plane(1, 2)
    robots = robots_of(plane, 0)
    robots.places_um[...] = [(300_000, 300_000), (300_000 + dx_um, 300_000 + dy_um)]
    step(plane, robots, np.zeros((2, 2), np.int64))
    return (robots.places_um - 300_000).tolist()


def test_contact():
    """Who stand in each other are pushed out of each other, each by half of it."""
    assert pair(33_000, 0) == [[0, 0], [33_000, 0]]
    assert pair(32_000, 0) == [[-500, 0], [32_500, 0]]
    assert pair(0, -31_000) == [[0, 1000], [0, -32_000]]
    assert pair(0, 0) == [[-16_500, 0], [16_500, 0]]
    assert pair(24_000, 18_000) == [[-1200, -900], [25_200, 18_900]]


def crowd(seed, plane, spread_um):
    """Robots in each other, in random directions, with random motors in their RAM."""
    chance = np.random.default_rng(seed)
    robots = robots_of(plane, seed)
    robots.places_um[...] = chance.integers(plane.radius_um, spread_um, (plane.cells, 2))
    ram = np.zeros((plane.cells, RAM_BYTES), np.uint8)
    ram[:, 40:42] = chance.choice([0, 70, 255], (plane.cells, 2))
    return robots, ram


@pytest.mark.parametrize("skin_um", [2_000, 10_000, 60_000])
@pytest.mark.parametrize("seed", range(4))
def test_compiled_motion_is_the_same_by_any_lists(seed, skin_um):
    plane = Plane(6, 7, margin_mm=60, pitch_mm=40, spread=0.3, speed_mm_s=(7, 90)[seed % 2])
    expected, ram = crowd(seed, plane, 200_000)
    robots = Robots(*(array.copy() for array in expected))
    floor = listed(make_floor(plane, robots, Senses(motors=40), None, RunConfig(plane), skin_um))
    for number in range(1, 60):
        step(plane, expected, ram[:, 40:42].astype(np.int64))
        while not move(ram.ctypes.data, floor):
            floor = listed(floor)
        assert floor.clock[NEXT_STEP] == (number + 1) * STEP_US
        assert (robots.places_um == expected.places_um).all()
        assert (robots.headings == expected.headings).all()


def test_a_crowd_comes_apart():
    plane = Plane(8, 8, pitch_mm=34)
    robots, _ = crowd(1, plane, 500_000)
    for _ in range(200):
        step(plane, robots, np.zeros((plane.cells, 2), np.int64))
    away = robots.places_um[:, None] - robots.places_um
    distances = np.sqrt((away**2).sum(2))[~np.eye(plane.cells, dtype=bool)]
    assert distances.min() > 32_900


def test_strengths_and_headings_follow_from_the_seed():
    plane = Plane(20, 20, spread=0.1)
    robots = robots_of(plane, 5)
    assert robots.strengths.min() >= 1024 - 102
    assert robots.strengths.max() <= 1024 + 102
    assert len(np.unique(robots.strengths)) > 150
    assert (robots_of(plane, 5).headings == robots.headings).all()
    assert (robots_of(plane, 6).headings != robots.headings).any()
    assert robots_of(Plane(2, 2), 5).strengths.tolist() == [[1024, 1024]] * 4
    assert robots.headings[:3].tolist() == robots_of(Plane(1, 3), 5).headings.tolist()


def test_a_step_ends_at_the_wall_at_once():
    """However fast a robot is, it is on the floor when others are pushed, and when lists are made."""
    plane = Plane(3, 3, pitch_mm=34, margin_mm=17, speed_mm_s=1000, turn_deg_s=1000)
    expected, ram = crowd(3, plane, 90_000)
    robots = Robots(*(array.copy() for array in expected))
    floor = listed(make_floor(plane, robots, Senses(motors=40), None, RunConfig(plane)))
    for _ in range(40):
        step(plane, expected, ram[:, 40:42].astype(np.int64))
        while not move(ram.ctypes.data, floor):
            floor = listed(floor)
        assert (robots.places_um == expected.places_um).all()


def test_roots_of_the_largest_robots_are_exact():
    """Above 2**26 um a root of a whole number in float64 may be rounded up."""
    plane = Plane(1, 2, diameter_mm=10_000, pitch_mm=10_000, margin_mm=20_000, range_mm=10_000)
    for dx_um, dy_um in ((9_999_999, 12), (9_999_999, 4472), (7_071_067, 7_071_067)):
        expected, ram = crowd(1, plane, 6_000_000)
        expected.places_um[...] = [(2 * 10**7, 2 * 10**7), (2 * 10**7 + dx_um, 2 * 10**7 - dy_um)]
        ram[:] = 0
        robots = Robots(*(array.copy() for array in expected))
        floor = listed(make_floor(plane, robots, Senses(motors=40), None, RunConfig(plane)))
        step(plane, expected, np.zeros((2, 2), np.int64))
        while not move(ram.ctypes.data, floor):
            floor = listed(floor)
        assert (robots.places_um == expected.places_um).all()


def test_an_empty_floor_takes_little_memory():
    """Bins are as many as robots, about, however long the walls are."""
    plane = Plane(2, 2, pitch_mm=100_000, margin_mm=100_000, diameter_mm=1, range_mm=1)
    floor = listed(make_floor(plane, robots_of(plane, 0), Senses(), None, RunConfig(plane)))
    assert len(floor.bins) < 100
