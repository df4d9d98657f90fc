"""Goals: a picture's is E as before; a program's is a function of the world."""

import sys

import numpy as np
import pytest

from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.goal import PictureGoal
from emulator.program_goal import ProgramGoal
from emulator.record.recovery import Outcome
from emulator.reference.engine import ReferenceEngine
from emulator.world.lattices import Square8
from firmware import image
from firmware.errors import InputError
from firmware.variables import Layout, i16, u8


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
    assert strapped(goal, config.topology) == {8 * row + col: 1}
    assert engine.error == genome.target.error(engine.picture)
    assert engine.stands() == genome.target.displacement(engine.picture, False)
    assert goal.mature_cells == genome.target.mature
    assert goal.look(engine) == (engine.error, 1) == engine.sight


def test_a_program_says_itself_how_far_it_is(run):
    """Zero is reached: by its yardsticks nothing above that is clean."""
    alive = ProgramGoal("p", lambda world: 1 - world.running.mean())
    result = run(alive, 60, faults=(Fault.parse("kill:half:left@26+4"),))
    assert (result.error_by_round[25], result.error_by_round[28], result.error_by_round[60]) == (0, 500, 0)
    (recovery,) = result.recoveries
    assert (recovery.outcome, recovery.clean.outcome) == (Outcome.RECOVERED, Outcome.RECOVERED)
    assert (recovery.clean.error_limit, recovery.recognisable.error_limit) == (0, 10)
    assert (result.stood, recovery.stood, result.away) == (None, None, [])


def test_a_goal_looks_at_all_that_the_cells_hold(run):
    seen = []

    def legitimate(world):
        seen.append((world.states.shape, world.ram.shape, world.topology.cells))
        world.ram[:] = 0
        world.running[:] = False
        return 0

    assert run(ProgramGoal("p", legitimate), 1).error_by_round == [0, 0]
    assert set(seen) == {((72, 16), (72, 256), 72)}


def strapped(goal, topology):
    """Codes of the straps, by cell."""
    boards = goal.boards(topology)
    assert boards[:, :4].view("<u4")[:, 0].tolist() == list(range(topology.cells))
    return {cell: int(boards[cell, 4]) for cell in np.flatnonzero(boards[:, 4]).tolist()}


def test_straps_are_on_the_middle_cell_or_those_that_a_program_names():
    grid = RunConfig(Square8(9, 8)).topology
    assert strapped(ProgramGoal("p", float), grid) == {4 * 8 + 4: 1}
    assert strapped(ProgramGoal("p", float, lambda _grid: [7, 0, 7]), grid) == {0: 1, 7: 1}
    assert strapped(ProgramGoal("p", float, lambda _grid: {7: 255, np.int64(3): 2}), grid) == {3: 2, 7: 255}
    assert strapped(ProgramGoal("p", float, lambda _grid: np.array([], int)), grid) == {}
    assert strapped(ProgramGoal("p", float, lambda _grid: []), grid) == {}
    assert strapped(ProgramGoal("p", float, lambda _grid: {5, 6}), grid) == {5: 1, 6: 1}
    assert strapped(ProgramGoal("p", float, lambda _grid: {5: 9}.keys()), grid) == {5: 1}
    for wrong in (
        [72],
        [-1],
        [0.5],
        ["a"],
        [True],
        {72: 1},
        {0: 256},
        {0: 0},
        {0: -1},
        {0: 1.5},
        0.5,
        [{0}],
        None,
    ):
        with pytest.raises(
            InputError, match="program: p - its straps must be numbers of cells, 0 to 71, or co"
        ):
            ProgramGoal("p", float, lambda _grid, wrong=wrong: wrong).boards(grid)
    for raises, what in (
        (lambda _grid: 1 / 0, "ZeroDivisionError in line"),
        (lambda _grid: [[0], 1], "Value"),
    ):
        with pytest.raises(InputError, match=f"program: p - its straps raises {what}"):
            ProgramGoal("p", float, raises).boards(grid)


INPUTS = Layout.of({}, {}, [], {"light": u8, "slope": i16[2]})


def test_inputs_are_on_the_boards():
    grid = RunConfig(Square8(2, 3)).topology
    given = {"light": np.arange(6).reshape(2, 3), "slope": -2}
    boards = ProgramGoal("p", float, inputs=lambda _grid: given, layout=INPUTS).boards(grid)
    assert boards[:, 5].tolist() == [0, 1, 2, 3, 4, 5]
    assert (boards[:, 6:10] == [254, 255, 254, 255]).all()
    assert not boards[:, 10:].any()
    given = {"slope": [3, -4]}
    assert (ProgramGoal("p", float, inputs=lambda _grid: given, layout=INPUTS).boards(grid)[:, 6] == 3).all()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"dark": 1}, "it declares no input dark; it has light, slope"),
        ({"light": 256}, "its input light has 256 to 256, and is u8; declare a larger kind"),
        ({"light": -1}, "its input light has -1 to -1, and is u8"),
        ({"slope": np.full((6, 2), 1 << 15)}, "its input slope has 32768 to 32768, and is i16"),
        (
            {"light": [1, 2]},
            "its input light must be whole numbers, u8 for each of 6 cells, or for all; it is int64[2]",
        ),
        (
            {"slope": np.zeros((2, 6), int)},
            "its input slope must be whole numbers, i16[2] for each of 6 cells",
        ),
        ({10**5000: 1}, "it declares no input 0x"),
        ({"light": 0.5}, "its input light must be whole numbers"),
        ({"light": "1"}, "its input light must be whole numbers"),
        ({"light": np.array([])}, "its input light must be whole numbers"),
        ({"light": None}, "its input light must be whole numbers"),
        ({"light": [[1], 2]}, "its inputs raises ValueError"),
        (3, "its inputs raises TypeError"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(given, says):
    grid = RunConfig(Square8(2, 3)).topology
    with pytest.raises(InputError) as caught:
        ProgramGoal("p", float, inputs=lambda _grid: given, layout=INPUTS).boards(grid)
    assert f"program: p - {says}" in str(caught.value)


class Speechless(Exception):  # noqa: N818 # what other people call theirs
    def __str__(self):
        raise RuntimeError


def speechless(_world):
    raise Speechless


def in_numpy(_world):
    return np.mean(np.array([[1], [2]]), axis=5)


@pytest.mark.parametrize(
    ("legitimate", "limit"),
    [
        (lambda _world: -1, "its legitimate says -1;"),
        (lambda _world: float("nan"), "its legitimate says nan"),
        (lambda _world: float("inf"), "its legitimate says inf"),
        (lambda _world: 10**400, "its legitimate says 10000"),
        (lambda _world: None, "its legitimate returns a NoneType"),
        (lambda _world: "5", "its legitimate returns a str"),
        (lambda _world: np.array([1.0]), "its legitimate returns a ndarray"),
        (lambda: 0, r"its legitimate raises TypeError: .* positional"),
        (sys.exit, "its legitimate raises SystemExit: "),
        (lambda _world: 1 / 0, "its legitimate raises ZeroDivisionError in line"),
        (in_numpy, rf"its legitimate raises AxisError in line {in_numpy.__code__.co_firstlineno + 1}: "),
        (speechless, "its legitimate raises Speechless in line .*: it has no text"),
    ],
)
def test_what_says_nothing_of_a_world_is_refused(run, legitimate, limit):
    with pytest.raises(InputError, match=f"program: p - {limit}"):
        run(ProgramGoal("p", legitimate))
