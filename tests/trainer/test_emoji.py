"""Emoji: one each, drawn by a font."""

import numpy as np
import pytest
from PIL import features

from firmware.errors import InputError
from trainer.emoji import draw_emoji, font_path, is_emoji
from trainer.targets import load_target

needs_font = pytest.mark.skipif(font_path() is None, reason="the font Noto Color Emoji is not installed")
needs_raqm = pytest.mark.skipif(not features.check("raqm"), reason="Pillow has no raqm here")

SINGLE = ["🦎", "❤", "Ⓜ", "©", "◾", "↔"]
SEQUENCES = [
    "❤️", "🇩🇪", "👨\u200d👩\u200d👧\u200d👦", "🏳️\u200d🌈", "👍🏽", "#️⃣", "1️⃣", "1⃣", "*️⃣", "ℹ️", "‼️", "™️",
    "👩🏽\u200d❤️\u200d💋\u200d👨🏿", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
]  # fmt: skip


@pytest.mark.parametrize("text", SINGLE + SEQUENCES + ["→", "\U0001fae9", "🦎🦋"])
def test_emoji_are_emoji(text):
    assert is_emoji(text)


@pytest.mark.parametrize(
    "text", ["", "1", "12", "#", "ring", "🦎.png", "./🦎", "a🦎", "漢字", "é", "-", "🦎 "]
)
def test_file_names_are_none(text):
    assert not is_emoji(text)


@needs_font
def test_colours():
    lizard = load_target("🦎", 24)
    assert max(lizard.rgba.shape[:2]) == 24
    colour = lizard.rgba[lizard.rgba[..., 3] == 255].mean(0)
    assert colour[1] > colour[0] > colour[2]


@needs_font
@needs_raqm
@pytest.mark.parametrize("text", SINGLE + SEQUENCES)
def test_each_is_drawn_whole(text):
    canvas = draw_emoji(text)
    left, top, right, bottom = canvas.getbbox()
    assert 0 < left < right < canvas.width
    assert 0 < top < bottom < canvas.height


@needs_font
@needs_raqm
@pytest.mark.parametrize(
    "text", ["🦎🦋", "🦎🦎", "🇩🇪🇫🇷", "🦎🏽", "🦎→", "❤️🦎", "👨\u200d👩\u200d👧\u200d👦🦎"]
)
def test_two_are_refused(text):
    """Field report F11: a lizard and the left sixth of a butterfly."""
    with pytest.raises(InputError, match="more than one emoji"):
        load_target(text)


def test_no_emoji_is_long():
    """Laying out some hundred thousand letters takes a font many seconds."""
    with pytest.raises(InputError, match=r"🦎🦎\.\.\. - that is more than one emoji; give one emoji"):
        load_target("🦎" * 100_000)


@needs_font
@pytest.mark.parametrize("text", ["→", "\U0001fae9", "\u2fff"])
def test_what_the_font_does_not_have(text):
    with pytest.raises(InputError, match="Noto Color Emoji has no picture of it"):
        load_target(text)


@needs_font
def test_sequences_need_raqm(monkeypatch):
    monkeypatch.setattr(features, "check", lambda name: name != "raqm")
    with pytest.raises(InputError, match="lacks raqm and fribidi"):
        load_target("🇩🇪")
    assert np.array_equal(load_target("❤️").rgba, load_target("❤").rgba)


def test_without_the_font(monkeypatch):
    monkeypatch.setattr("trainer.emoji.font_path", lambda: None)
    with pytest.raises(InputError, match="apt-get install fonts-noto-color-emoji"):
        load_target("🦎")
