"""Programs with variables: both lives agree in the corners; what is no program has its line in the error."""

import pytest

from firmware.errors import InputError
from planaria import Grid, open_program

PROGRAM = """
from planaria.swarm import Program, i32, u8, u16
four = 4
def wake(me): me.kept += four
def hear(me, port): me.kept += 3 * port
def nothing(me): pass
def other(cell): return cell.kept
def unknown(): return me.kept
def index(me):
    me.kept += 1
    return me.kept % 3
class Mixin:
    def boot(me, strap):
        me.kept = me.board.id + 7 * strap
class Mine(Mixin, Program):
    shows = {{"shown": i32}}
    keeps = {{"kept": u16, "row": i32[3]}}
    hears = ("shown",)
    parameters = {{"low": -(1 << 63), "minus": -1, "lows": (-(1 << 63),), "table": (5, 6)}}
    def hear(me, port, said):
        {hear}
    def wake(me):
        {wake}
        me.shown += me.kept
def legitimate(world): return 0
"""


@pytest.fixture
def program(tmp_path):
    def make(wake="pass", hear="pass"):
        (tmp_path / "mine.py").write_text(PROGRAM.format(wake=wake, hear=hear))
        return open_program(tmp_path / "mine.py")

    return make


@pytest.mark.parametrize(
    ("wake", "hear"),
    [
        ("x = me.low + me.shown; me.row[0] = (x // me.minus) >> 60", "pass"),
        ("x = -me.low\n        if me.board.id % 2: x = (1 << 60) + 1\n        me.row[1] = x >> 3", "pass"),
        ("me.row[2] = (-me.low > 0) + 2 * (-me.lows[0] > 0)", "pass"),
        ("wake(me)", "hear(me, port)"),
        ("me.row[index(me)] = me.row[index(me)] = me.kept", "pass"),
        ("me.row[index(me)] += 2 * index(me)", "me.row[index(me)] -= said.shown"),
        ("for place in me.table: me.row[place % 3] = place", "pass"),
    ],
)
def test_both_lives_are_alike(program, wake, hear):
    code = program(wake, hear)
    lives = []
    for engine in ("window", "reference"):
        grid = Grid(code, 6, 6, seed=1, engine=engine)
        grid.run(12)
        assert grid.crash is None
        lives.append((grid.result, *(grid[name].tolist() for name in ("kept", "row", "shown"))))
    assert lives[0] == lives[1]


@pytest.mark.parametrize(
    ("wake", "says"),
    [
        ("me.kept = nothing(me)", "mine.py:23 - what is stored is no number"),
        ("me.kept = me.table", "mine.py:23 - what is stored is no number"),
        ("me.row[nothing(me)] = 1", "mine.py:23 - an index is no number"),
        ("me.kept = other(me)", "mine.py:23 - me is no number; write me.name, or give it to a function that"),
        ("me.kept = index(3)", "mine.py:23 - index wants me there; give it me"),
        ("me.kept = unknown()", "mine.py:8 - me is an argument of its function, and nothing else"),
    ],
)
def test_what_is_no_program_is_refused_with_its_line(program, wake, says):
    with pytest.raises(InputError) as caught:
        Grid(program(wake), 6, 6, engine="window")
    assert f"program: {says}" in str(caught.value)


def test_what_is_heard_is_no_cell(program):
    with pytest.raises(InputError, match=r"mine\.py:21 - index wants me there; give it me"):
        Grid(program(hear="index(said)"), 6, 6)


def test_a_file_that_has_changed_is_what_was_run(tmp_path):
    """Whichever version was opened last, each runs its own text."""
    path, opened = tmp_path / "mine.py", []
    for number in (1, 2, 1):
        path.write_text(PROGRAM.format(wake=f"me.kept = {number}", hear="pass"))
        opened.append((number, open_program(path)))
    for engine in ("window", "reference"):
        for number, code in opened:
            grid = Grid(code, 4, 4, engine=engine)
            grid.run(8)
            assert set(grid["kept"].ravel().tolist()) == {number}


def test_a_file_in_another_encoding(tmp_path):
    text = "# -*- coding: latin-1 -*-\n" + PROGRAM.format(wake="é = 3; me.kept = é", hear="pass")
    (tmp_path / "mine.py").write_bytes(text.encode("latin-1"))
    grid = Grid(open_program(tmp_path / "mine.py"), 4, 4)
    grid.run(8)
    assert (grid["kept"] == 3).all()
