"""Who hears a robot: range, ports, distance, loss by distance, and the air that is busy."""

from itertools import groupby

import numpy as np
import pytest

from emulator.world.plane import TURN, Plane
from emulator.world.robots import Robots, distance_lost_below, in_range, robots_of, sector
from tests.emulator.robots.rover import Lit, Rover, robots

ENGINES = ["window", "reference"]


@pytest.mark.parametrize(
    ("right_um", "down_um", "port"),
    [
        (0, -50, 0), (50, -50, 1), (50, 0, 2), (50, 50, 3),
        (0, 50, 4), (-50, 50, 5), (-50, 0, 6), (-50, -50, 7),
        (41, -100, 0), (42, -100, 1), (100, -42, 1), (100, -41, 2), (0, 0, 5),
    ],
)  # fmt: skip
def test_port(right_um, down_um, port):
    """A port faces an eighth of all directions; a robot that turns turns its ports."""
    assert sector(right_um, down_um, 0) == port
    assert sector(1000 * right_um, 1000 * down_um, TURN // 4) == (
        (port - 2) % 8 if right_um or down_um else 5
    )


def test_loss_by_distance():
    plane = Plane(1, 2, range_mm=100, clear_mm=60)
    shares = [distance_lost_below(plane, 1000 * mm) / (1 << 32) for mm in (0, 60, 70, 90, 100)]
    assert shares == [0, 0, 0.25, 0.75, 1]
    assert distance_lost_below(Plane(1, 2), 100_000) == 0


def test_in_range():
    plane = Plane(1, 4, pitch_mm=50, range_mm=100)
    assert in_range(plane, robots_of(plane, 0)).tolist() == [[1, 2, 4], [0, 2, 3], [0, 1, 3], [1, 2, 4]]
    assert in_range(Plane(1, 1), robots_of(Plane(1, 1), 0)).tolist() == [[1]]


def pair(mm, **options):
    """Two robots side by side, both looking up, so far from each other."""

    def starts(_topology):
        return [[300, 300, 0], [300 + mm, 300, 0]]

    return Plane(1, 2, margin_mm=400, speed_mm_s=0, turn_deg_s=0, **options), starts


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(("mm", "hears"), [(50, True), (100, True), (101, False)])
def test_range(name, mm, hears):
    plane, starts = pair(mm)
    engine = robots(name, plane, starts=starts)
    result = engine.run(20)
    assert result.delivered == (result.messages - engine_on_the_way(result) if hears else 0)
    near, port = engine.ram[:, 4], engine.ram[:, 5]
    assert near.tolist() == ([mm, mm] if hears else [0, 0])
    assert port.tolist() == ([2, 6] if hears else [0, 0])


def engine_on_the_way(result):
    """Broadcasts that have not arrived when a run ends."""
    return result.messages - result.delivered


@pytest.mark.parametrize("name", ENGINES)
def test_the_air_is_busy(name):
    """Whoever hears a frame hears no other one meanwhile: of three in a row the middle one misses most."""
    plane = Plane(1, 3, range_mm=50, air_us=5000, speed_mm_s=0, turn_deg_s=0)
    engine = robots(name, plane)
    result = engine.run(400)
    free = robots(name, Plane(1, 3, range_mm=50, speed_mm_s=0, turn_deg_s=0)).run(400)
    assert free.lost == 0
    assert 0.15 < result.lost / (result.lost + result.delivered) < 0.45


@pytest.mark.parametrize("name", ENGINES)
def test_light(name):
    """Each pixel covers a part of the floor; a robot measures what is below its middle when it wakes."""
    light = np.arange(6).reshape(2, 3) * 100

    def starts(_topology):
        return [[20, 20], [300, 20], [640, 20], [20, 580], [420, 580], [640, 300]]

    plane = Plane(2, 3, pitch_mm=100, margin_mm=250)  # 700 x 600 mm
    engine = robots(name, plane, Lit, starts=starts, light=lambda _topology: light)
    engine.run(20)
    assert engine.ram[:, 4:6].copy().view("<u2").ravel().tolist() == [0, 100, 200, 300, 400, 500]


@pytest.mark.parametrize("name", ENGINES)
def test_light_that_moves(name):
    """Each picture lasts 30 ms; after the third the first comes again."""
    pictures = np.arange(1, 7).reshape(3, 1, 2) * 100

    def starts(_topology):
        return [[20, 20], [400, 20]]

    plane = Plane(1, 2, pitch_mm=100)
    engine = robots(name, plane, Lit, starts=starts, light=lambda _topology: (pictures, 30), seed=3)
    seen = []
    assert engine.boards[:, 5:7].copy().view("<u2").ravel().tolist() == [100, 200]
    for _ in range(14):
        engine.run(1)
        seen.append(engine.ram[:, 4:6].copy().view("<u2").ravel().tolist())
    left, right = ([there for there, _ in groupby(column)] for column in zip(*seen, strict=True))
    assert (left, right) == ([100, 300, 500, 100, 300], [200, 400, 600, 200, 400])


def test_who_is_said_to_be_near_is_near_now():
    """The predicate's ways go over whoever is in range at that moment."""
    plane, starts = pair(50)
    engine = robots("window", plane, Rover, starts=starts)
    assert engine.receivers.tolist() == [[1], [0]]
    engine.robots.places_um[1, 0] += 100_000
    assert engine.receivers.tolist() == [[2], [2]]
    assert isinstance(engine.robots, Robots)
