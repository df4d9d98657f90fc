"""Pictures to grow: drawings, PNGs, emoji, and what is refused."""

import numpy as np
import pytest
from PIL import Image

from firmware.errors import InputError
from trainer.drawings import DRAWINGS, draw
from trainer.targets import _emoji_font, load_target, premultiplied


@pytest.mark.parametrize("name", DRAWINGS)
@pytest.mark.parametrize("size_px", [8, 20, 64])
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
    target = load_target(save(tmp_path / "a.png", rgba), 25).rgba
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
        (np.full((65, 40, 4), 255), None, "40x65 px.*at most 64 px.*--size"),
        (np.full((7, 5, 4), 255), None, "at least 8 px"),
        (np.full((16, 16, 4), 255), 65, "size: 65.*8 to 64"),
        (np.full((16, 16, 4), 255), 7, "size: 7.*8 to 64"),
        (np.full((16, 16, 4), 60), None, "no opaque pixel"),
    ],
)
def test_refused_pictures(tmp_path, rgba, size_px, words):
    with pytest.raises(InputError, match=words):
        load_target(save(tmp_path / "a.png", rgba), size_px)


def test_files_that_are_no_pictures(tmp_path):
    (tmp_path / "text.png").write_text("hello")
    with pytest.raises(InputError, match="not a picture"):
        load_target(str(tmp_path / "text.png"))
    whole = tmp_path / "whole.png"
    save(whole, np.random.default_rng(0).integers(0, 256, (40, 40, 4)))
    (tmp_path / "cut.png").write_bytes(whole.read_bytes()[:2000])
    with pytest.raises(InputError, match=r"cut\.png"):
        load_target(str(tmp_path / "cut.png"))
    with pytest.raises(InputError, match="built-in are: butterfly"):
        load_target("unicorn")
    with pytest.raises(InputError, match="cannot be read"):
        load_target(str(tmp_path))


@pytest.mark.skipif(_emoji_font() is None, reason="the font Noto Color Emoji is not installed")
def test_emoji():
    lizard = load_target("🦎", 24)
    assert max(lizard.rgba.shape[:2]) == 24
    colour = lizard.rgba[lizard.rgba[..., 3] == 255].mean(0)
    assert colour[1] > colour[0] > colour[2]


def test_emoji_without_the_font(monkeypatch):
    monkeypatch.setattr("trainer.targets._emoji_font", lambda: None)
    with pytest.raises(InputError, match="apt-get install fonts-noto-color-emoji"):
        load_target("🦎")
