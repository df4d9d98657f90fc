"""Goals: a picture's is E as before; a program's is a function of the world."""

import sys

import numpy as np
import pytest

from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.goal import PictureGoal, ProgramGoal
from emulator.record.recovery import Outcome
from emulator.reference.engine import ReferenceEngine
from emulator.world.lattices import Square8
from firmware import image
from firmware.errors import InputError


@pytest.fixture
def run(genome):
    def run(goal, rounds=4, **world):
        config = RunConfig(Square8(9, 8), **world)
        return ReferenceEngine(config, image.build(genome, config.timing), goal).run(rounds)

    return run


def test_a_picture_is_the_error_of_the_grid_and_grows_from_one_cell(genome):
    goal = PictureGoal(genome.target)
    row, col = genome.target.seed_cell(9, 8)
    config = RunConfig(Square8(9, 8))
    engine = ReferenceEngine(config, image.build(genome, config.timing), goal)
    assert goal.seeds(config.topology).tolist() == [8 * row + col]
    assert engine.error == genome.target.error(engine.picture)
    assert engine.stands() == genome.target.displacement(engine.picture, False)
    assert goal.mature_cells == genome.target.mature
    assert goal.look(engine) == (engine.error, 1) == engine.sight


def test_a_program_says_itself_how_far_it_is(run):
    """Zero is reached: by its yardsticks nothing above that is clean."""
    alive = ProgramGoal("p", lambda world: 1000.0 * (1 - world.running.mean()))
    result = run(alive, 60, faults=(Fault.parse("kill:half:left@26+4"),))
    assert (result.error_by_round[25], result.error_by_round[28], result.error_by_round[60]) == (0, 500, 0)
    (recovery,) = result.recoveries
    assert (recovery.outcome, recovery.clean.outcome) == (Outcome.RECOVERED, Outcome.RECOVERED)
    assert (recovery.clean.error_limit, recovery.recognisable.error_limit) == (0, 10)
    assert (result.stood, recovery.stood, result.away) == (None, None, [])


def test_a_goal_looks_at_all_that_the_cells_hold(run):
    seen = []

    def distance(world):
        seen.append((world.states.shape, world.picture.shape, world.ram.shape, world.topology.cells))
        world.ram[:] = 0
        world.running[:] = False
        return 0

    assert run(ProgramGoal("p", distance), 1).error_by_round == [0, 0]
    assert set(seen) == {((9, 8, 16), (9, 8, 4), (72, 256), 72)}


def test_seeds_are_the_middle_cell_or_those_that_a_program_names():
    grid = RunConfig(Square8(9, 8)).topology
    assert ProgramGoal("p", float).seeds(grid).tolist() == [4 * 8 + 4]
    assert ProgramGoal("p", float, lambda _grid: [7, 0, 7]).seeds(grid).tolist() == [0, 7]
    assert ProgramGoal("p", float, lambda _grid: np.array([], int)).seeds(grid).tolist() == []
    for wrong in ([72], [-1], [0.5], ["a"], [True]):
        with pytest.raises(
            InputError, match="program: p - its seeds must be numbers of cells, 0 to 71; return"
        ):
            ProgramGoal("p", float, lambda _grid, wrong=wrong: wrong).seeds(grid)
    assert ProgramGoal("p", float, lambda _grid: []).seeds(grid).tolist() == []
    for raises, what in (
        (lambda _grid: 1 / 0, "ZeroDivisionError in line"),
        (lambda _grid: [[0], 1], "Value"),
    ):
        with pytest.raises(InputError, match=f"program: p - its seeds raises {what}"):
            ProgramGoal("p", float, raises).seeds(grid)


class Speechless(Exception):  # noqa: N818 # what other people call theirs
    def __str__(self):
        raise RuntimeError


def speechless(_world):
    raise Speechless


def in_numpy(_world):
    return np.mean(np.array([[1], [2]]), axis=5)


@pytest.mark.parametrize(
    ("distance", "limit"),
    [
        (lambda _world: -1, "its distance is -1;"),
        (lambda _world: float("nan"), "its distance is nan"),
        (lambda _world: float("inf"), "its distance is inf"),
        (lambda _world: 10**400, "its distance is 10000"),
        (lambda _world: None, "its distance is a NoneType"),
        (lambda _world: "5", "its distance is a str"),
        (lambda _world: np.array([1.0]), "its distance is a ndarray"),
        (lambda: 0, r"its distance raises TypeError: .* positional"),
        (sys.exit, "its distance raises SystemExit: "),
        (lambda _world: 1 / 0, "its distance raises ZeroDivisionError in line"),
        (in_numpy, rf"its distance raises AxisError in line {in_numpy.__code__.co_firstlineno + 1}: "),
        (speechless, "its distance raises Speechless in line .*: it has no text"),
    ],
)
def test_a_distance_that_is_none_is_refused(run, distance, limit):
    with pytest.raises(InputError, match=f"program: p - {limit}"):
        run(ProgramGoal("p", distance))
