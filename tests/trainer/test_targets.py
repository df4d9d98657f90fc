"""Pictures to grow: drawings, PNGs, emoji, and what is refused."""

import numpy as np
import pytest
from PIL import Image

from firmware.errors import InputError
from trainer.drawings import DRAWINGS, draw
from trainer.targets import load_target, premultiplied, reachable


@pytest.mark.parametrize("name", DRAWINGS)
@pytest.mark.parametrize("size_px", [8, 20, 128])
def test_drawings(name, size_px):
    target = load_target(name, size_px)
    assert target.rgba.shape == (size_px, size_px, 4)
    opaque = target.rgba[..., 3] >= 128
    assert 0.2 < opaque.mean() < 0.95
    assert len(np.unique(target.rgba[opaque], axis=0)) >= (2 if size_px == 8 else 3)


def test_four_drawings_at_least_and_one_with_a_hole():
    assert {"planarian", "french-flag", "ring"} <= set(DRAWINGS)
    assert len(DRAWINGS) >= 4
    ring = load_target("ring", 20)
    assert not ring.rgba[7:13, 7:13, 3].any()
    assert ring.rgba[ring.seed][3] >= 128


def test_flag_has_miller_s_stripes():
    flag = draw("french-flag", 18)
    assert flag[9, [2, 9, 15]].tolist() == [[0, 62, 160, 255], [244, 244, 240, 255], [226, 40, 52, 255]]


def test_premultiplied_rounds_half_up():
    straight = np.array([[[255, 100, 1, 128], [51, 255, 3, 255], [9, 9, 9, 0]]], np.uint8)
    assert premultiplied(straight).tolist() == [[[128, 50, 1, 128], [51, 255, 3, 255], [0, 0, 0, 0]]]


def refuse(text):
    raise AssertionError(text)


def warned(*arguments, **options):
    said = []
    load_target(*arguments, **options, warn=said.append)
    return said


def save(path, rgba):
    Image.fromarray(np.asarray(rgba, np.uint8)).save(path)
    return str(path)


def test_png_keeps_its_pixels_and_loses_its_border(tmp_path):
    rgba = np.zeros((20, 30, 4), np.uint8)
    rgba[4:14, 6:18] = (200, 100, 40, 255)
    target = load_target(save(tmp_path / "a.png", rgba))
    assert target.rgba.shape == (10, 12, 4)
    assert (target.rgba == (200, 100, 40, 255)).all()


def test_png_is_resized_without_dark_fringes(tmp_path):
    """A white disc on transparent black: its edge must stay white under its alpha."""
    y, x = np.mgrid[:100, :80]
    rgba = np.zeros((100, 80, 4), np.uint8)
    rgba[((y - 50) / 50) ** 2 + ((x - 40) / 40) ** 2 < 1] = 255
    target = load_target(save(tmp_path / "a.png", rgba), 25, warn=refuse).rgba
    assert target.shape == (25, 20, 4)
    edge = (target[..., 3] > 0) & (target[..., 3] < 255)
    assert edge.any()
    assert (target[edge][:, :3] == target[edge][:, 3:]).all()


def test_palette_png_with_transparency(tmp_path):
    picture = Image.new("P", (12, 12), 1)
    picture.putpalette([0, 0, 0, 10, 20, 30])
    picture.paste(0, (0, 0, 4, 12))
    picture.save(tmp_path / "p.png", transparency=0)
    target = load_target(str(tmp_path / "p.png"))
    assert target.rgba.shape == (12, 8, 4)
    assert (target.rgba == (10, 20, 30, 255)).all()


@pytest.mark.parametrize(
    ("rgba", "size_px", "words"),
    [
        (np.full((16, 16, 3), 9), None, "no alpha channel"),
        (np.full((16, 16), 9), None, "no alpha channel"),
        (np.zeros((16, 16, 4)), None, "all transparent"),
        (np.full((65, 40, 4), 255), None, "40x65 px.*more than 64 px.*--size"),
        (np.full((7, 5, 4), 255), None, "at least 8 px"),
        (np.full((16, 16, 4), 255), 129, "size: 129.*8 to 128"),
        (np.full((16, 16, 4), 255), 7, "size: 7.*8 to 128"),
        (np.full((16, 16, 4), 60), None, r"a.png \(no pixel of alpha 128 or more\).*seed"),
    ],
)
def test_refused_pictures(tmp_path, rgba, size_px, words):
    with pytest.raises(InputError, match=words):
        load_target(save(tmp_path / "a.png", rgba), size_px)


def test_files_that_are_no_pictures(tmp_path):
    (tmp_path / "text.png").write_text("hello")
    with pytest.raises(InputError, match="it is not a PNG"):
        load_target(str(tmp_path / "text.png"))
    whole = tmp_path / "whole.png"
    save(whole, np.random.default_rng(0).integers(0, 256, (40, 40, 4)))
    (tmp_path / "cut.png").write_bytes(whole.read_bytes()[:2000])
    with pytest.raises(InputError, match=r"cut\.png"):
        load_target(str(tmp_path / "cut.png"))
    with pytest.raises(InputError, match="built-in are: butterfly"):
        load_target("unicorn")


def islands(gap_px, height=10):
    """Two squares of ``height`` px, side by side."""
    rgba = np.zeros((height, 2 * height + gap_px, 4), np.uint8)
    rgba[:, :height] = rgba[:, height + gap_px :] = (200, 90, 40, 255)
    return rgba


def test_two_islands_are_warned_of(tmp_path):
    """Field report F19: the second one never grows, and nobody said so."""
    path = save(tmp_path / "islands.png", islands(4))
    assert warned(path) == [
        f"{path}: it has parts that lie 4 px or more apart; a rule grows from one seed, and "
        "100 of 200 px will hardly be reached: join the parts"
    ]


@pytest.mark.parametrize(("gap_px", "count"), [(1, 0), (2, 0), (3, 1)])
def test_what_a_rule_can_cross(tmp_path, gap_px, count):
    assert len(warned(save(tmp_path / "a.png", islands(gap_px)))) == count


def test_islands_that_join_when_they_shrink(tmp_path):
    path = save(tmp_path / "a.png", islands(4, height=40))
    assert len(warned(path, 42)) == 0
    assert len(warned(path, 63)) == 1


def test_faint_bridges_do_not_join(tmp_path):
    """Alpha 27 keeps no cell alive, 28 does."""
    for alpha, count in ((27, 1), (28, 0)):
        rgba = islands(5)
        rgba[5, 10:15] = (0, 0, 0, alpha)
        assert len(warned(save(tmp_path / f"{alpha}.png", rgba))) == count


def test_reachable_goes_round_corners_and_from_part_to_part():
    picture = np.array([list(row) for row in ("#..#...#", ".#......", "..#....#", "........")]) == "#"
    expected = np.array([list(row) for row in ("#..#....", ".#......", "..#.....", "........")]) == "#"
    assert (reachable(picture, (2, 2)) == expected).all()


@pytest.mark.parametrize("name", DRAWINGS)
@pytest.mark.parametrize("size_px", [8, 16, 128])
def test_drawings_are_in_one_part(name, size_px):
    target = load_target(name, size_px)
    mature = target.rgba[..., 3] >= 28
    assert (reachable(mature, target.seed) == mature).all()


def test_opaque_pictures_are_warned_of(tmp_path):
    said = warned(save(tmp_path / "a.png", np.full((12, 12, 4), 255)))
    assert said == [
        f"{tmp_path / 'a.png'}: it has no transparent pixel, so the whole rectangle will grow: "
        "cut its background out"
    ]
    faint = np.full((12, 12, 4), 110)
    faint[4:8, 4:8] = 255
    assert len(warned(save(tmp_path / "horse.png", faint))) == 1
    rectangle = np.zeros((14, 14, 4))
    rectangle[1:-1, 1:-1] = 255
    assert warned(save(tmp_path / "rectangle.png", rectangle)) == []


def test_strips_are_warned_of(tmp_path):
    def strip(width, height):
        rgba = np.zeros((height + 2, width, 4))
        rgba[1:-1] = 255
        return save(tmp_path / f"{width}x{height}.png", rgba)

    assert warned(strip(2000, 10), 20) == [
        f"{tmp_path / '2000x10.png'}: it is 2000x10 px, a strip; at 20 px its shorter side has 1"
    ]
    assert len(warned(strip(10, 2000), 20)) == 1
    assert warned(strip(64, 8)) == []
    assert len(warned(strip(64, 7))) == 1


def test_warnings_of_the_api(tmp_path):
    with pytest.warns(UserWarning, match="parts that lie 4 px"):
        load_target(save(tmp_path / "a.png", islands(4)))


def test_soft_shadow_is_no_part_of_the_size(tmp_path):
    """Alpha 1 over 64x64 and a body of 16x16: with ``--size 20`` the body was 5 px wide."""
    rgba = np.zeros((64, 64, 4))
    rgba[..., 3] = 1
    rgba[20:36, 24:40] = (10, 200, 90, 255)
    target = load_target(save(tmp_path / "halo.png", rgba), 20)
    assert target.rgba.shape == (20, 20, 4)
    assert (target.rgba == (10, 200, 90, 255)).all()


@pytest.mark.parametrize(("alpha", "side"), [(27, 10), (28, 12)])
def test_border_is_trimmed_by_what_is_mature(tmp_path, alpha, side):
    rgba = np.full((12, 12, 4), (0, 0, 0, alpha), np.uint8)
    rgba[1:-1, 1:-1] = 255
    assert load_target(save(tmp_path / "a.png", rgba), warn=str).rgba.shape == (side, side, 4)


def sheet(tmp_path):
    """Four tiles of 10 px, each of another grey, with a transparent border."""
    rgba = np.zeros((10, 40, 4))
    for tile in range(4):
        rgba[1:9, 10 * tile + 1 : 10 * tile + 9] = (50 * tile, 50 * tile, 50 * tile, 255)
    return save(tmp_path / "sheet.png", rgba)


@pytest.mark.parametrize("tile", range(4))
def test_tiles(tmp_path, tile):
    target = load_target(sheet(tmp_path), tile=tile)
    assert target.rgba.shape == (8, 8, 4)
    assert (target.rgba == (50 * tile, 50 * tile, 50 * tile, 255)).all()
    assert load_target(sheet(tmp_path), 16, tile).rgba.shape == (16, 16, 4)


@pytest.mark.parametrize(
    ("size", "tile", "words"),
    [
        ((40, 10), 4, "tile: 4 - .*4 tiles of 10 px; choose one of 0 to 3"),
        ((40, 10), -1, "tile: -1 - .*4 tiles of 10 px"),
        ((45, 10), 0, "tile: 0 of .*45x10 px.*row of two or more squares"),
        ((10, 10), 0, "10x10 px.*row of two or more squares"),
        ((10, 40), 0, "10x40 px.*row of two or more squares"),
    ],
)
def test_refused_tiles(tmp_path, size, tile, words):
    Image.new("RGBA", size, "red").save(tmp_path / "a.png")
    with pytest.raises(InputError, match=words):
        load_target(str(tmp_path / "a.png"), tile=tile)


def test_tile_of_what_is_no_sheet():
    for spec in ("ring", "🦎"):
        with pytest.raises(InputError, match=f"tile: 0 - {spec} is no sheet"):
            load_target(spec, tile=0)


def test_a_sheet_that_is_too_large_is_told_of_tiles(tmp_path):
    Image.new("RGBA", (400, 40), "red").save(tmp_path / "sheet.png")
    with pytest.raises(InputError, match=r"400x40 px.*more than 64 px.*--size 28.*--tile 0"):
        load_target(str(tmp_path / "sheet.png"))


@pytest.mark.parametrize("size", [(80, 78), (97, 20), (400, 1), (40, 120)])
def test_what_is_no_sheet_is_not_told_of_tiles(tmp_path, size):
    """``--tile 0`` would be refused."""
    Image.new("RGBA", size, "red").save(tmp_path / "wide.png")
    with pytest.raises(InputError, match=r"--size 28$"):
        load_target(str(tmp_path / "wide.png"))


def test_refused_pictures_are_not_warned_of_too(tmp_path):
    """One message: a strip that does not fit is a refusal and nothing else."""
    Image.new("RGBA", (400, 40), "red").save(tmp_path / "a.png")
    with pytest.raises(InputError):
        load_target(str(tmp_path / "a.png"), warn=refuse)


def test_empty_target():
    with pytest.raises(InputError, match="target: '' - it is empty"):
        load_target("")
