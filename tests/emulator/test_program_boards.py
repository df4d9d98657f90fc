"""What a program says is on the boards: straps, inputs and roles, and what cannot be."""

import numpy as np
import pytest

from emulator.config import RunConfig
from emulator.program_boards import ProgramBoards
from emulator.world.draws import Stream, draw32, key
from emulator.world.lattices import Square8
from firmware.errors import InputError
from firmware.variables import Layout, i16, u8


def strapped(topology, straps=None):
    """Codes of the straps, by cell."""
    boards = ProgramBoards("p", straps).of(topology, 0)
    assert boards[:, :4].view("<u4")[:, 0].tolist() == list(range(topology.cells))
    return {cell: int(boards[cell, 4]) for cell in np.flatnonzero(boards[:, 4]).tolist()}


def test_straps_are_on_the_middle_cell_or_those_that_a_program_names():
    grid = RunConfig(Square8(9, 8)).topology
    assert strapped(grid) == {4 * 8 + 4: 1}
    assert strapped(grid, lambda _grid: [7, 0, 7]) == {0: 1, 7: 1}
    assert strapped(grid, lambda _grid: {7: 255, np.int64(3): 2}) == {3: 2, 7: 255}
    assert strapped(grid, lambda _grid: np.array([], int)) == {}
    assert strapped(grid, lambda _grid: []) == {}
    assert strapped(grid, lambda _grid: {5, 6}) == {5: 1, 6: 1}
    assert strapped(grid, lambda _grid: {5: 9}.keys()) == {5: 1}
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
            ProgramBoards("p", lambda _grid, wrong=wrong: wrong).of(grid, 0)
    for raises, what in (
        (lambda _grid: 1 / 0, "ZeroDivisionError in line"),
        (lambda _grid: [[0], 1], "Value"),
    ):
        with pytest.raises(InputError, match=f"program: p - its straps raises {what}"):
            ProgramBoards("p", raises).of(grid, 0)


INPUTS = Layout.of({}, {}, [], {"light": u8, "slope": i16[2]})


def test_inputs_are_on_the_boards():
    grid = RunConfig(Square8(2, 3)).topology
    given = {"light": np.arange(6).reshape(2, 3), "slope": -2}
    boards = ProgramBoards("p", inputs=lambda _grid: given, layout=INPUTS).of(grid, 0)
    assert boards[:, 5].tolist() == [0, 1, 2, 3, 4, 5]
    assert (boards[:, 6:10] == [254, 255, 254, 255]).all()
    assert not boards[:, 10:].any()
    given = {"slope": [3, -4]}
    assert (ProgramBoards("p", inputs=lambda _grid: given, layout=INPUTS).of(grid, 0)[:, 6] == 3).all()


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
        ProgramBoards("p", inputs=lambda _grid: given, layout=INPUTS).of(grid, 0)
    assert f"program: p - {says}" in str(caught.value)


class Honest:
    pass


class Liar:
    pass


class Mute:
    pass


ROLES = Layout.of({}, {}, [], {"light": u8}, several=True)


def with_roles(roles, topology, seed=7, classes=(Honest, Liar, Mute)):
    boards = ProgramBoards("p", inputs=lambda _grid: {"light": 9}, roles=roles, layout=ROLES, classes=classes)
    return boards.of(topology, seed)


def test_roles_are_on_the_boards_before_the_inputs():
    """Of several that name a cell the last one counts; chance decides as in a fault of the role's number."""
    grid = Square8(8, 9)
    boards = with_roles(lambda _grid: {Liar: "half:left", Mute: {0, 71}, Honest: np.array([9])}, grid)
    expected = [[1] * 4 + [0] * 5 for _row in range(8)]
    expected[0][0], expected[7][8], expected[1][0] = 2, 2, 0
    assert boards[:, 5].reshape(8, 9).tolist() == expected
    assert (boards[:, 6] == 9).all()
    chosen = with_roles(lambda _grid: {Mute: "random:0.25"}, grid)[:, 5]
    chance = key(7, Stream.REGION, (1 << 32) + 2)
    assert chosen.tolist() == [2 * (draw32(chance, cell) < 1 << 30) for cell in range(72)]
    assert (with_roles(lambda _grid: {Mute: "random:0.25"}, grid, seed=8)[:, 5] != chosen).any()


@pytest.mark.parametrize("shape", [(8, 9), (72,)])
def test_a_role_may_go_to_a_mask(shape):
    mask = np.zeros(shape, np.bool_)
    mask.flat[::5] = True
    for given in (mask, mask.tolist()):
        roles = with_roles(lambda _grid, given=given: {Liar: given}, Square8(8, 9))[:, 5]
        assert roles.tolist() == mask.ravel().tolist()


@pytest.mark.parametrize("nobody", [[], (), {}.keys(), np.array([], int), np.zeros((8, 9), np.bool_)])
def test_a_role_may_go_to_nobody(nobody):
    assert not with_roles(lambda _grid: {Liar: nobody}, Square8(8, 9))[:, 5].any()
    assert not with_roles(lambda _grid: {}, Square8(8, 9))[:, 5].any()


class Speechless:
    """Somebody's object that fails whatever is asked of it."""

    def __str__(self):
        raise RuntimeError

    __repr__ = __iter__ = __str__


FAR = "cells have numbers from 0 to 71"


@pytest.mark.parametrize(
    ("roles", "says"),
    [
        (lambda _grid: {"Liar": "all"}, "its roles name a str; name one of its classes, Honest, Liar, Mute"),
        (lambda _grid: {int: "all"}, "its roles name int"),
        (lambda _grid: {Speechless(): "all"}, "its roles name a Speechless"),
        (lambda _grid: {Liar: [3, 72]}, f"its roles give Liar to 72: {FAR}; e.g. [0, 9] or"),
        (lambda _grid: {Liar: [-1]}, f"its roles give Liar to -1: {FAR}"),
        (lambda _grid: {Mute: [1 << 80]}, f"its roles give Mute to [{1 << 80}]: {FAR}"),
        (lambda _grid: {Liar: [True]}, f"its roles give Liar to [True]: {FAR}"),
        (lambda _grid: {Liar: [1.0]}, f"its roles give Liar to [1.0]: {FAR}"),
        (lambda _grid: {Liar: [(0, 1)]}, f"its roles give Liar to [(0, 1)]: {FAR}"),
        (lambda _grid: {Liar: ["n3"]}, f"its roles give Liar to ['n3']: {FAR}"),
        (lambda _grid: {Liar: b"12"}, f"its roles give Liar to b'12': {FAR}"),
        (lambda _grid: {Liar: {0: 1}}, f"its roles give Liar to {{0: 1}}: {FAR}"),
        (lambda _grid: {Liar: 5}, f"its roles give Liar to 5: {FAR}"),
        (lambda _grid: {Liar: None}, f"its roles give Liar to None: {FAR}"),
        (lambda _grid: {Liar: Speechless()}, "its roles raises RuntimeError in line"),
        (lambda _grid: {Liar: (1 // 0 for _ in range(3))}, "its roles raises ZeroDivisionError in line"),
        (lambda _grid: {Liar: [[1], 2]}, "its roles raises ValueError"),
        (lambda _grid: {Liar: "disc:9,9,1"}, "its roles give Liar to disc:9,9,1: "),
        (
            lambda _grid: {Liar: "rand:1"},
            "its roles give Liar to rand:1: it is not a region; regions are all, ha",
        ),
        (lambda _grid: {Liar: "living:all"}, "its roles give Liar to living:all: no cell lives yet"),
        (lambda _grid: [(Liar, [1]), (Liar, [2])], "its roles return a list; return classes with cells"),
        (lambda _grid: None, "its roles return a NoneType"),
        (lambda _grid: 1 / 0, "its roles raises ZeroDivisionError in line"),
        (lambda: {}, "its roles raises TypeError"),
    ],
)
def test_roles_that_cannot_be_are_refused(roles, says):
    with pytest.raises(InputError) as caught:
        with_roles(roles, Square8(8, 9))
    assert f"program: p - {says}" in str(caught.value)


def test_straps_that_raise_on_the_way_are_refused():
    with pytest.raises(InputError, match="program: p - its straps raises ZeroDivisionError in line"):
        ProgramBoards("p", lambda _grid: (1 // 0 for _ in range(3))).of(Square8(8, 9), 0)
