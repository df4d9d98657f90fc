from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from planaria import Grid, InputError, open_genome, open_program
from planaria.pictures import figures
from planaria.pictures.film import cell_px

HOP_COUNT = Path(__file__).parents[3] / "examples" / "hop_count.py"


def lived(faults=(), name="ring", rows=22, cols=22, rounds=8):
    grid = Grid(replace(open_genome("ring"), name=name), rows, cols, seed=3, faults=list(faults))
    grid.run(rounds)
    return grid


def titles(grid):
    panels = figures._panels(grid.genome, grid.config, grid.faults, grid._pictures, None)
    return [title for title, _ in panels]


@pytest.mark.parametrize(
    ("faults", "between"),
    [
        (["restart:half:left@4"], ["before, round 3", "wounded, round 4"]),
        (["rolling:4@4+2"], ["before, round 3", "wounded, round 4"]),
        (["loss:0.5@2+3", "rolling:2@5.5+2"], ["before, round 5", "wounded, round 6"]),
        (["mix:30@3+4"], ["before, round 3", "wounded, round 4"]),
        (["loss:0.5@2+3"], []),
    ],
)
def test_compounds_have_pictures_of_their_wounds_too(faults, between):
    assert titles(lived(faults)) == ["target", *between, "end, round 8"]


def test_parts_are_numbered_as_they_strike():
    """The draws of a mix depend on its number."""
    grid = lived(["rolling:3@1+2", "mix:5@3+4"])
    parts = [str(part) for part in figures._parts(grid.faults, grid.config.seed) if part.destroys]
    assert sorted(recovery.wound for recovery in grid.result.recoveries) == sorted(parts)


def test_faults_of_one_moment_are_named_beside_each_other(monkeypatch, tmp_path):
    """One hid the other."""
    said = []
    monkeypatch.setattr(figures, "_label", lambda axes, at, height, text, *_: said.append((at, text)))
    faults = ["loss:0.5@2+3", "carry:half:left,right=-3@4", "carry:half:right,right=3@4"]
    lived(faults).save_figure(tmp_path / "f.png")
    assert said[:2] == [(2, "loss:0.5"), (4, "carry:half:left,right=-3\ncarry:half:right,right=3")]


@pytest.mark.parametrize("name", ["$x^$ y", "_a", "a${b$", "🦎", "x" * 64, "<&>"])
def test_any_name_is_drawn(tmp_path, name):
    lived(["restart:half:left@4"], name).save_figure(tmp_path / "f.png")
    with Image.open(tmp_path / "f.png") as picture:
        assert picture.size == (990, 682)


@pytest.mark.parametrize(
    ("rows", "cols", "faults", "size"),
    [
        (22, 200, ["restart:half:left@4"], (990, 985)),
        (22, 60, ["restart:half:left@4"], (990, 836)),
        (60, 22, ["restart:half:left@4"], (990, 682)),
        (22, 60, [], (990, 968)),
    ],
)
def test_pictures_of_a_wide_grid_stand_below_each_other(tmp_path, rows, cols, faults, size):
    lived(faults, rows=rows, cols=cols).save_figure(tmp_path / "f.png")
    with Image.open(tmp_path / "f.png") as picture:
        assert picture.size == size


@pytest.mark.parametrize(
    ("rows", "cols", "px"), [(22, 200, 4), (32, 32, 12), (256, 256, 4), (300, 300, 3), (1024, 1024, 1)]
)
def test_a_cell_in_a_film_can_be_seen(rows, cols, px):
    assert cell_px(rows, cols) == px


@pytest.mark.parametrize("save", [Grid.save_film, Grid.save_figure])
def test_no_pictures_are_refused(tmp_path, save):
    grid = Grid(open_genome("ring"), 22, 22, record=False)
    grid.run(1)
    with pytest.raises(InputError, match=r"f\.x - this grid keeps no pictures; make it with record=True"):
        save(grid, tmp_path / "f.x")
    with pytest.raises(InputError, match=r"f\.x - this grid has not lived yet; call run first"):
        save(Grid(open_genome("ring"), 22, 22), tmp_path / "f.x")
    assert list(tmp_path.iterdir()) == []


def test_a_distance_of_nothing_lies_on_the_axis():
    """A logarithm has no place for 0, which is what a program's distance is at rest."""
    from matplotlib.figure import Figure

    grid = Grid(open_program(HOP_COUNT), 9, 9)
    axes = Figure().subplots()
    figures._draw_error(axes, grid.config, [], grid.run(40))
    drawn = axes.lines[0].get_ydata()
    assert (drawn[0] > 900, drawn[-1]) == (True, 0)
    bottom, top = axes.transData.transform([(0, 0), (0, drawn[0])])[:, 1]
    assert bottom == axes.bbox.y0 < top < axes.bbox.y1
