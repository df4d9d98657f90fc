"""Robots by the command line and from Python: films, logs, predicates, campaigns, and what is refused."""

import csv
import json
import re

import numpy as np
import pytest
from PIL import Image

from emulator.world.plane import Plane
from emulator.world.topologies import topology_of
from firmware.errors import InputError
from planaria import Grid, open_program

PROGRAM = """
import numpy as np
from planaria.swarm import Program, u8, u16, u32
class Rover(Program):
    shows = {"heard": u8}
    keeps = {"motors": u8[2]}
    inputs = {"distance_mm": u8, "light": u16}
    def hear(me, port, said):
        me.heard = me.board.distance_mm
    def wake(me):
        me.motors[0] = me.motors[1] = 255
        me.colour[0] = me.colour[3] = 64
def starts(topology):
    return [[100, 100, 90], [180, 100, 90], [400, 300, 0]]
def light(topology):
    return np.array([[10, 1000]])
def legitimate(world):
    assert world.headings_deg.tolist() == [90, 90, 0]
    return 0 if world.places_mm[0, 0] > 200 else 1
"""
WORLD = {"grid": "3x1", "topology": "plane", "mean_interval_us": 100_000}


@pytest.fixture
def rover(tmp_path):
    """``rover(changes)`` is the file of the program, some of its lines replaced."""

    def make(**changes):
        text = PROGRAM
        for name, body in changes.items():
            text = re.sub(rf"(def {name}\(.*\):\n)    .*", rf"\1    {body}", text)
        path = tmp_path / "rover.py"
        path.write_text(text)
        return path

    return make


def test_a_grid_of_robots(rover, tmp_path):
    log = tmp_path / "log.csv"
    with log.open("wb") as file:
        grid = Grid(open_program(rover()), **WORLD, log_file=file)
        assert grid.robots.places_um.tolist() == [[100_000, 100_000], [180_000, 100_000], [400_000, 300_000]]
        assert grid.robots.headings.tolist() == [16_384, 16_384, 0]
        result = grid.run(200)
    there = grid.robots.places_um
    assert (there[:2, 1] == 100_000).all()
    assert there[2, 0] == 400_000
    assert result.error_by_round[0] == 1000
    assert result.error_by_round[-1] == 0
    assert set(grid["heard"][0, :2]) <= {78, 79, 80, 81, 82}
    assert grid["heard"][0, 2] == 0
    assert grid["light"].tolist() == [[10, 10, 1000]]
    rows = list(csv.DictReader(log.read_text().splitlines()))
    assert list(rows[0]) == [
        *("round", "cell", "running", "x_um", "y_um", "heading"), "heard", "motors.0", "motors.1",
    ]  # fmt: skip
    assert [int(rows[-3][name]) for name in ("x_um", "y_um", "heading")] == [*there[0].tolist(), 16_384]


def test_a_film_shows_where_robots_are(rover, tmp_path):
    grid = Grid(open_program(rover()), **WORLD)
    grid.run(100)
    grid.save_film(tmp_path / "film.gif")
    grid.save_figure(tmp_path / "figure.png")
    with Image.open(tmp_path / "film.gif") as film:
        last = film.n_frames - 1
        width, height = film.size
        for frame, x_um in ((0, 100_000), (last, int(grid.robots.places_um[0, 0]))):
            film.seek(frame)
            red = np.array(film.convert("RGB"))[:, :, 1] < 40
            at = x_um * width // 700_000
            assert red[100 * height // 600, at] == (frame > 0)  # before the first wake the LED is off


def test_a_campaign_with_robots(rover, tmp_path, planaria):
    program = rover(legitimate="return float(np.mean(world.places_mm[:, 1] > 200))")
    plan = tmp_path / "moved.toml"
    plan.write_text(f"""title = "moved"
program = "{program.name}"
timeline = ["move:near:400,300,200,down_mm=200@30"]
trials = 4
horizon_rounds = 400
[world]
grid = "3x1"
topology = "plane:speed_mm_s=40,margin_mm=400"
mean_interval_us = 100000
""")
    measured = json.loads(planaria("measure", plan, "-o", tmp_path / "out", "--json").stdout)
    assert measured["trials"] == 4
    named = "--program", program, "--json"
    once = json.loads(planaria("replay", tmp_path / "out", "--trial", 2, *named).stdout)
    assert once["same"] is True
    assert once["faults"] == ["move:near:400,300,200,down_mm=200@30"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("plane:range=70", "'range=70' is none of pitch_mm, margin_mm, .*; write e.g. plane:range_mm=70"),
        ("plane:range_mm=70,range_mm=80", "range_mm is there twice; give it once"),
        ("plane:range_mm", "range_mm: '' - it must be a whole number, 1 to 10,000"),
        ("plane:range_mm=-5", "range_mm: -5 - it must be a whole number, 1 to 10,000"),
        ("plane:spread=nan", "spread: nan - it must be 0 to 1"),
        ("plane:range_mm=10001", "range_mm: 10,?001 - it must be a whole number, 1 to 10,000"),
        ("plane:", "'' is none of"),
        ("plane:range_mm=0", "range_mm: 0 - it must be a whole number, 1 to 10,000"),
        ("plane:range_mm=1.5", "range_mm: '?1.5'? - it must be a whole number"),
        ("plane:spread=1.5", r"spread: 1\.5 - it must be 0 to 1"),
        (
            "plane:pitch_mm=30",
            "pitch_mm: 30 - robots have a diameter of 33 mm, and would stand in each other",
        ),
        ("plane:margin_mm=16", "margin_mm: 16 - robots have a diameter of 33 mm, and would stand in a wall"),
        ("plane:pitch_mm=100000", "grid: 32x32 - the floor is longer than 1 km"),
    ],
)
def test_planes_that_cannot_be(text, message):
    with pytest.raises(InputError, match=message):
        topology_of(text)


def test_a_plane_says_all_that_is_not_usual():
    assert str(topology_of("plane")) == "plane 32x32"
    assert str(topology_of("plane:spread=0.25,range_mm=70", "4x3")) == "plane 4x3,range_mm=70,spread=0.25"
    assert topology_of("plane:range_mm=100", "4x3") == Plane(3, 4)
    assert topology_of(str(Plane(3, 4, spread=1 / 3)).replace(" 4x3,", ":"), "4x3") == Plane(
        3, 4, spread=1 / 3
    )
    with pytest.raises(InputError, match="torus: yes - a plane has walls"):
        topology_of("plane", "2x2", torus=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"starts": "return [[1, 2]]"}, r"its starts must be finite numbers, \[3, 2\] or \[3, 3\]"),
        ({"starts": "return [[1, 2, float('nan')]] * 3"}, "its starts must be finite numbers"),
        ({"starts": "return 'abc'"}, "its starts raises ValueError: could not convert"),
        (
            {"starts": "return [[9, 100], [200, 100], [300, 100]]"},
            "put robot 0 at 9, 100 mm, in a wall or outside",
        ),
        ({"starts": "return [[90, 100], [110, 100], [300, 100]]"}, "put robots 0 and 1 in each other"),
        ({"light": "return np.array([1, 2, 3])"}, r"in rows and columns, or pictures .*; it is int64\[3\]"),
        ({"light": "return np.array([[0.5]])"}, r"in rows and columns, .*; it is float64\[1, 1\]"),
        ({"light": "return 5"}, r"in rows and columns, .*; it is int64\[\]"),
        ({"light": "return [[1], [2, 3]]"}, r"in rows and columns, .*; it is object\[1\]"),
        ({"light": "return [[[1]]], [5]"}, r"in rows and columns, .*; it is object\[1\]"),
        ({"light": "return np.zeros((2, 3, 3), int)"}, r"in rows and columns, .*; it is int64\[2, 3, 3\]"),
        ({"light": "return np.zeros((0, 3, 3), int), 5"}, r"in rows and columns, .*; it is int64\[0, 3, 3\]"),
        ({"light": "return np.zeros((3, 3), int), 5"}, r"pictures of such .*; it is int64\[3, 3\]"),
        ({"light": "return np.zeros((5, 2048, 2048), int), 5"}, "each lasts; at most 16,777,216; it is"),
        (
            {"light": "return np.array([[1024]])"},
            "its light has 1024 to 1024, and a robot measures 0 to 1023",
        ),
        ({"light": "1 / 0"}, "its light raises ZeroDivisionError"),
        (
            {"light": "return np.zeros((2, 3, 3), int), 0"},
            "must last 1 to 1,000,000,000 whole ms; it lasts 0, int",
        ),
        ({"light": "return [[[1]]], 0.5"}, "whole ms; it lasts 0.5, float"),
        ({"light": "return [[[1]]], True"}, "whole ms; it lasts True, bool"),
        ({"light": "return [[[1]]], '500'"}, "whole ms; it lasts 500, str"),
        ({"light": "return [[[1]]], 10**5000"}, "whole ms; it lasts .{43}, int$"),
    ],
)
def test_floors_that_cannot_be(rover, changes, message):
    with pytest.raises(InputError, match=message):
        Grid(open_program(rover(**changes)), **WORLD, engine="reference")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"compute_us": 300}, "compute_us: 300 - what a robot hears while it updates has no place to wait"),
        ({"faults": ["deaf:half:left@5"]}, "no wire leads to a robot that moves; choose mute"),
        ({"faults": ["cut:half:left@5"]}, "no wire leads to a robot that moves"),
        (
            {"faults": ["carry:half:left,right=1@5"]},
            "it needs rows and columns of squares, and this is plane",
        ),
        ({"faults": ["kill:ball:1,1@5"]}, "no wire leads from a robot to another; say where: near"),
        ({"faults": ["kill:near:900,1,5@5"]}, "its middle is outside the floor of 700 by 600 mm"),
        ({"faults": ["move:all@5"]}, "they are carried nowhere; give right_mm or down_mm"),
        ({"faults": ["motor:all,left=5@5"]}, "left=5 is out of its limits; it must be 0 to 4"),
        ({"topology": "square8", "faults": ["blind:all@5"]}, "only robots have what it breaks"),
        ({"topology": "square8", "faults": ["kill:near:1,1,5@5"]}, "it is about robots"),
    ],
)
def test_worlds_that_robots_cannot_have(rover, options, message):
    with pytest.raises(InputError, match=message):
        Grid(open_program(rover()), **{**WORLD, **options})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"motors": u8[2]',
            '"motors": u16[2]',
            r"motors - it moves a robot, and is u16\[2\]; declare it as u8\[2\]",
        ),
        ('"distance_mm": u8', '"distance_mm": u32', "distance_mm - it is how far away"),
        ('"light": u16', '"light": u8', "light - it is how much light falls on a robot, and is u8"),
    ],
)
def test_variables_that_mean_something_else(rover, old, new, message):
    """Only where they mean something: on a lattice they are any variables."""
    path = rover()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InputError, match=message):
        Grid(open_program(path), **WORLD, engine="reference")
    assert Grid(open_program(path), grid="3x3", engine="reference").rounds == 0


def test_a_predicate_cannot_move_robots(rover):
    path = rover(legitimate="p = world.places_um; p -= 7; world.headings[:] = 9; return 0")
    grid = Grid(open_program(path), **WORLD, engine="reference")
    before = grid.robots
    assert grid.error == 0
    assert all((one == other).all() for one, other in zip(before, grid.robots, strict=True))


def test_a_bad_floor_is_found_before_a_campaign(rover, tmp_path, refused):
    program = rover(starts="return [[1, 1]] * 3")
    (tmp_path / "plan.toml").write_text(f"""title = "bad"
program = "{program.name}"
timeline = ["restart:all@30"]
trials = 2
horizon_rounds = 100
[world]
grid = "3x1"
topology = "plane"
""")
    says = ["plan.toml: program: program: rover.py - its starts put robot 0 at 1, 1 mm, in a wall"]
    refused("measure", tmp_path / "plan.toml", "-o", tmp_path / "out", says=says)


def test_many_motor_faults_have_a_limit(rover):
    faults = ["motor:all,left=4,right=4@1"] * 22
    grid = Grid(open_program(rover()), **WORLD, faults=faults, engine="reference")
    grid.run(2)
    assert grid.robots.strengths.tolist() == [[65_536, 65_536]] * 3


def test_put_to_the_test_on_a_plane(rover, tmp_path, planaria):
    path = rover()
    path.write_text(path.read_text().partition("def starts")[0] + "def legitimate(world):\n    return 0\n")
    world = ("--topology", "plane", "--grid", "5x5", "--mean-interval-us", 20_000)
    report = json.loads(planaria("test", path, *world, "--worlds", 1, "--rounds", 60, "--json").stdout)
    assert report["topology"] == "plane 5x5"
    kinds = {fault["fault"].partition(":")[0] for fault in report["faults"]}
    assert {"motor", "blind", "move", "flips"} <= kinds
    assert not {"deaf", "cut", "carry"} & kinds
    assert [fault["fault"] for fault in report["faults"] if not fault["alike"]] == []


def test_a_predicate_of_robots_on_a_lattice(rover):
    with pytest.raises(InputError, match=r"legitimate raises KeyError.*the cells do not move"):
        Grid(open_program(rover()), grid="3x3").run(1)
