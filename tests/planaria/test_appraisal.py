"""What a rule is worth on the engine, in numbers, words and a picture."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emulator.world.region_text import parse_region
from firmware.picture import Displacement, Picture
from planaria.appraisal import (
    CUTS,
    Appraisal,
    Look,
    appraise,
    describe_error,
    describe_look,
    region,
    room,
)
from planaria.commands.train import print_result, warn_if_bad
from planaria.displacement import describe_displacement
from planaria.grid import Grid
from planaria.pictures.colour import target_on_white
from planaria.portrait import PANEL_INCHES, save_portrait
from planaria.say import warn
from planaria.shipped import open_genome
from planaria.train import Trained
from planaria.training_files import TrainingFiles

FILES = TrainingFiles.of(Path("x.genome"))


@pytest.fixture(scope="module")
def ring():
    genome = open_genome("ring")
    return replace(genome, facts={**genome.facts, "best_step": 3975})


@pytest.fixture(scope="module")
def appraisal(ring):
    return appraise(ring)


@pytest.fixture(scope="module")
def beside(ring):
    """The same rule, sown one column to the right of the place where its target wants it."""
    row, col = ring.target.seed
    return replace(ring, target=Picture(ring.target.rgba, (row, col + 1)))


def test_a_good_genome(ring, appraisal):
    assert [len(appraisal.grown), len(appraisal.held), len(appraisal.healed)] == [9, 4, 5]
    errors = [look.error for look in appraisal.grown + appraisal.held]
    assert 0.3 < min(errors) <= max(errors) < 3
    assert appraisal.worst.error == max(errors)
    assert appraisal.worst.best[:2] == (0, 0)
    assert not appraisal.worst.displaced


def test_the_numbers_are_those_of_planaria_run(ring, appraisal):
    """28x28 cells, seeds 0 to 8: anybody can look for themselves."""
    grid = Grid(ring, 28, 28, seed=2, record=False)
    grid.run(200)
    assert appraisal.grown[2].error == grid.error
    assert np.array_equal(appraisal.grown[2].picture, grid.picture)
    cut = Grid(ring, 28, 28, seed=5, record=False)
    cut.run(200)
    cut.wound("restart:half:right")
    cut.run(100)
    assert CUTS[1] == "right"
    assert appraisal.healed[1].error == cut.error
    middle = Grid(ring, 28, 28, seed=8, record=False)
    middle.run(200)
    middle.wound("restart:rect:9,9,10,10")
    middle.run(100)
    assert CUTS[4] == "square"
    assert appraisal.healed[4].error == middle.error


def test_facts(appraisal):
    facts = appraisal.facts()
    assert list(facts) == [
        "E_async_200", "E_async_1000", "E_healed_left", "E_healed_right", "E_healed_top", "E_healed_bottom",
        "E_healed_square",
        "displaced_rows", "displaced_cols", "E_displaced",
    ]  # fmt: skip
    assert facts["E_async_200"] == round(max(look.error for look in appraisal.grown), 3)
    assert facts["E_async_1000"] == round(max(look.error for look in appraisal.held), 3)
    assert facts["E_healed_top"] == round(appraisal.healed[2].error, 3)
    assert (facts["displaced_rows"], facts["displaced_cols"]) == (0, 0)


def look(error, rows=0, cols=0, there=None):
    return Look(np.zeros((3, 3, 4), np.int8), error, Displacement(rows, cols, there or error))


@pytest.mark.parametrize(("regime", "score"), [("growing", 1.0), ("persistent", 2.0), ("regenerating", 4.0)])
def test_score_is_of_what_the_regime_asks(regime, score):
    assert Appraisal(regime, (look(1.0),) * 2, (look(3.0),) * 2, (look(8.0),) * 2).score == score


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ((0, 1), "1 column to the right"),
        ((0, -2), "2 columns to the left"),
        ((1, 0), "1 row down"),
        ((-3, 1), "3 rows up and 1 column to the right"),
    ],
)
def test_displacement_in_words(found, words):
    assert describe_displacement(*found) == words


@pytest.mark.parametrize(
    ("error", "text"), [(0.766, "0.8"), (11.8, "11.8"), (229.21, "229"), (30137.5, "30,138")]
)
def test_errors_in_words(error, text):
    assert describe_error(error) == text


@pytest.mark.parametrize(
    ("found", "text"), [(look(131.4, -1, 0, 7.5), "131 (1 row up: 7.5)"), (look(0.8), "0.8")]
)
def test_organisms_in_words(found, text):
    assert describe_look(found) == text


def test_ruins_are_not_displaced():
    """A smaller E beside the place is a displacement only where the picture really is."""
    assert look(229.0, 0, 1, 11.8).displaced
    assert not look(500.0, 0, 1, 480.0).displaced


def test_words_of_a_good_genome(ring, appraisal, capsys):
    print_result(Trained(ring, appraisal, FILES))
    warn_if_bad(Trained(ring, appraisal, FILES))
    said = capsys.readouterr()
    assert said.err == ""
    assert "displaced" not in said.out
    assert "(1 looks perfect, above 10 is bad)" in said.out


def test_whole_but_one_cell_beside_its_place(on_the_path, beside, capsys):
    """Field report F3: "E 229" was a perfect ladybug one column too far to the right."""
    appraisal = appraise(beside)
    assert appraisal.facts()["displaced_cols"] == 1
    assert appraisal.facts()["displaced_rows"] == 0
    assert appraisal.facts()["E_displaced"] < 3 < 100 < appraisal.facts()["E_async_1000"]
    print_result(Trained(beside, appraisal, FILES))
    warn_if_bad(Trained(beside, appraisal, FILES))
    said = capsys.readouterr()
    at_its_place, there = f"{appraisal.worst.error:.0f}", f"{appraisal.worst.best.error:.1f}"
    words = f"displaced by 1 column to the right: E {at_its_place} at its place, {there} there"
    assert words in said.out.splitlines()
    assert said.err == (
        f"planaria: warning: it has not learned the picture: {words}, and above 10 is bad; "
        "train longer with: planaria train --from x.genome --steps 4000 -o x-longer.genome; "
        "or take another --seed or a smaller target\n"
    )


def test_growing_rules_are_warned_of_with_their_excuse(ring, capsys):
    bad = Appraisal("growing", (look(50.0),), (look(400.0),), (look(1.0),) * 5)
    warn_if_bad(Trained(replace(ring, regime="growing"), bad, FILES))
    assert "E 400 (a rule of the regime growing is not asked to hold its form" in capsys.readouterr().err


@pytest.mark.parametrize(("error", "lines"), [(10.0, 0), (10.1, 1)])
def test_ten_is_the_limit(ring, capsys, error, lines):
    appraisal = Appraisal("regenerating", (look(1.0),), (look(error),), (look(1.0),) * 5)
    warn_if_bad(Trained(ring, appraisal, FILES))
    assert len(capsys.readouterr().err.splitlines()) == lines


@pytest.mark.parametrize(
    ("clean", "few"),
    [((10, 10, 10, 10, 10), ""), ((12, 9, 12, 12, 12), "right 9"), ((12, 4, 12, 0, 11), "right 4, bottom 0")],
)
def test_who_often_does_not_heal_is_warned_of(ring, appraisal, capsys, clean, few):
    """Less than four fifths of twelve worlds are less than 9.6; one cut is enough."""
    cuts = dict(zip((f"clean_{cut}" for cut in CUTS), clean, strict=True))
    facts = {**ring.facts, "healing_worlds": 12, **cuts}
    warn_if_bad(Trained(replace(ring, facts=facts), appraisal, FILES))
    err = capsys.readouterr().err
    assert len(err.splitlines()) == bool(few)
    if few:
        assert f"it often does not heal: clean after the cut {few} of 12, and below 80% is bad; train" in err


def test_a_warning_is_one_line(capsys):
    warn("two\nlines.png: no\r\ngood")
    assert capsys.readouterr().err == "planaria: warning: two lines.png: no good\n"


@pytest.mark.parametrize("name", ["$x^$ y", "$$", "_hidden", "🦎", "x" * 64])
def test_portrait(ring, appraisal, tmp_path, name):
    """Field report F6: names that matplotlib takes for mathematics."""
    save_portrait(tmp_path / "a.png", replace(ring, name=name), appraisal)
    with Image.open(tmp_path / "a.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    assert len(pixels) % round(8 * PANEL_INCHES * 110) == 0
    shown = set(map(tuple, pixels.tolist()))
    wanted = target_on_white(ring.target.rgba)
    assert set(map(tuple, wanted[ring.target.rgba[..., 3] == 255].tolist())) <= shown


@pytest.mark.parametrize(("height", "width"), [(1, 64), (64, 1), (20, 8), (8, 12)])
def test_the_square_is_in_the_middle_whatever_the_shape(ring, height, width):
    """A strip was trained to the end, and then the cut of its appraisal lay outside the grid."""
    picture = np.zeros((height, width, 4), np.uint8)
    picture[...] = 255
    genome = replace(ring, target=Picture.of(picture))
    topology = room(genome)
    cells = parse_region(region(genome, "square")).cells(
        topology, 0, 0, lambda: np.ones(topology.cells, bool)
    )
    rows, cols = np.unravel_index(cells, topology.shape)
    side = max(2, max(height, width) // 2)
    assert (len(set(rows)), len(set(cols))) == (min(side, height + 8), min(side, width + 8))
    for places, size in ((rows, height + 8), (cols, width + 8)):
        assert abs(places.min() - (size - 1 - places.max())) <= 1
