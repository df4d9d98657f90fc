"""Goals: a picture's is E as before; a program's is a function of the world."""

import sys

import numpy as np
import pytest

from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.goal import PictureGoal
from emulator.program_boards import ProgramBoards
from emulator.program_goal import ProgramGoal
from emulator.record.recovery import Outcome
from emulator.reference.engine import ReferenceEngine
from emulator.world.boards import STRAP
from emulator.world.lattices import Square8
from firmware import image
from firmware.errors import InputError


@pytest.fixture
def run(genome):
    def run(goal, rounds=4, **world):
        config = RunConfig(Square8(9, 8), **world)
        return ReferenceEngine(config, image.build(genome, config.timing), goal).run(rounds)

    return run


def program(legitimate):
    """The goal of a program."""
    return ProgramGoal(ProgramBoards("p"), legitimate)


def test_a_picture_is_the_error_of_the_grid_and_grows_from_one_cell(genome):
    goal = PictureGoal(genome.target)
    row, col = genome.target.seed_cell(9, 8)
    config = RunConfig(Square8(9, 8))
    engine = ReferenceEngine(config, image.build(genome, config.timing), goal)
    assert np.flatnonzero(goal.boards(config.topology, 0)[:, STRAP]).tolist() == [8 * row + col]
    assert engine.error == genome.target.error(engine.picture)
    assert engine.stands() == genome.target.displacement(engine.picture, False)
    assert goal.mature_cells == genome.target.mature
    assert goal.look(engine) == (engine.error, 1) == engine.sight


def test_a_program_says_itself_how_far_it_is(run):
    """Zero is reached: by its yardsticks nothing above that is clean."""
    alive = program(lambda world: 1 - world.running.mean())
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

    assert run(program(legitimate), 1).error_by_round == [0, 0]
    assert set(seen) == {((72, 16), (72, 256), 72)}


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
        run(program(legitimate))
