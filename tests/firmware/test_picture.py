"""Targets and the error E."""

import numpy as np
import pytest

from firmware.errors import InputError
from firmware.picture import Picture


def picture(height, width, opaque=True):
    rgba = np.zeros((height, width, 4), np.uint8)
    if opaque:
        rgba[...] = 255
    return rgba


def test_placed_in_the_middle():
    placed = Picture.of(picture(2, 3)).placed(5, 6)
    assert placed.shape == (5, 6, 4)
    assert np.argwhere(placed[..., 3]).tolist() == [[1, 1], [1, 2], [1, 3], [2, 1], [2, 2], [2, 3]]


def test_seed_is_the_opaque_pixel_nearest_to_the_middle():
    rgba = picture(7, 7)
    assert Picture.of(rgba).seed == (3, 3)
    rgba[2:5, 2:5] = 0
    assert Picture.of(rgba).seed == (1, 3)
    rgba[1, 3, 3] = 100
    rgba[1, 3, :3] = 0
    assert Picture.of(rgba).seed == (3, 1)


def test_seed_cell_lies_under_the_seed_pixel():
    rgba = picture(7, 7)
    rgba[2:5, 2:5] = 0
    assert Picture.of(rgba).seed_cell(11, 12) == (2 + 1, 2 + 3)


def test_reach():
    assert Picture(picture(7, 9), (1, 4)).reach == 5
    assert Picture(picture(7, 9), (0, 0)).reach == 8


@pytest.mark.parametrize(
    ("rgba", "seed", "message"),
    [
        (picture(3, 3).astype(float), (1, 1), "uint8"),
        (picture(3, 3)[..., :3], (1, 1), "uint8"),
        (picture(129, 3), (1, 1), "3x129 px"),
        (np.zeros((0, 3, 4), np.uint8), (0, 0), "3x0 px"),
        (picture(3, 3), (3, 0), "opaque pixel"),
        (picture(3, 3, opaque=False), (1, 1), "opaque pixel"),
        (np.full((3, 3, 4), (9, 9, 9, 8), np.uint8), (1, 1), "premultiplied"),
    ],
)
def test_impossible_targets(rgba, seed, message):
    with pytest.raises(InputError, match=message):
        Picture(rgba, seed)


def test_nothing_to_grow():
    with pytest.raises(InputError, match="no pixel of alpha 128 or more - it has no place for a seed"):
        Picture.of(picture(3, 3, opaque=False))


def test_larger_than_the_grid():
    with pytest.raises(InputError, match="5x4 px on a grid of 9x3 cells"):
        Picture.of(picture(4, 5)).placed(3, 9)


def test_error_by_hand():
    """Two cells, one opaque white: blank has E 1000; off by 1/64 in one of four channels, 1000/64**2/4."""
    target = Picture.of(np.full((1, 1, 4), 255, np.uint8))
    rgba = np.zeros((1, 2, 4), np.int8)
    assert target.error(rgba) == 1000
    rgba[0, 0] = 64
    assert target.error(rgba) == 0
    rgba[0, 1, 2] = -1
    assert target.error(rgba) == 1000 / 64**2 / 4


def test_error_is_the_formula_of_the_spec():
    random = np.random.default_rng(0)
    alpha = random.integers(1, 256, (6, 5, 1))
    target = Picture.of(np.concatenate([random.integers(0, alpha + 1, (6, 5, 3)), alpha], 2).astype(np.uint8))
    for rgba in (random.integers(-128, 128, (9, 12, 4)).astype(np.int8), np.full((9, 12, 4), -128, np.int8)):
        wanted = 64 * target.placed(9, 12).astype(np.int64)
        squares = ((255 * rgba.astype(np.int64) - wanted) ** 2).sum()
        assert target.error(rgba) == 1000 * int(squares) / int((wanted**2).sum())


def spot(height, width):
    """Every pixel another colour, so that only one displacement fits."""
    rgba = np.random.default_rng(0).integers(0, 256, (height, width, 4), np.uint8)
    rgba[..., 3] = 255
    return Picture.of(rgba)


def shown(target, rows, cols, down=0, right=0):
    """The target as cells show it, moved over the edges of a torus: int8[rows, cols, 4]."""
    levels = np.round(target.placed(rows, cols).astype(float) * 64 / 255).astype(np.int8)
    return np.roll(levels, (down, right), (0, 1))


@pytest.mark.parametrize(("down", "right"), [(0, 0), (1, 0), (-4, 3), (4, -4)])
def test_displacement_finds_the_shift(down, right):
    target = spot(6, 5)
    found = target.displacement(shown(target, 20, 20, down, right))
    assert (found.rows, found.cols) == (down, right)
    assert found.error == target.error(shown(target, 20, 20)) < 0.1


def test_displacement_over_the_edge_of_a_torus():
    target = spot(6, 6)
    over = shown(target, 7, 8, 3, -4)
    found = target.displacement(over, torus=True)
    assert (found.rows, found.cols) == (3, -4)
    assert found.error < 0.1
    assert target.displacement(over).error > 100


def test_what_a_bounded_grid_cannot_show_is_missing():
    target = Picture.of(picture(4, 4))
    cut = np.zeros((4, 4, 4), np.int8)
    cut[1:] = 64
    found = target.displacement(cut)
    assert found == (0, 0, 250.0)


def test_no_picture_is_displaced_nowhere():
    assert spot(6, 5).displacement(np.zeros((9, 9, 4), np.int8)) == (0, 0, 1000.0)
