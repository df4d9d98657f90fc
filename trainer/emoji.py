"""An emoji as a picture, by the font Noto Color Emoji."""

import subprocess
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont, features

from firmware.errors import InputError
from firmware.hardware.toolchain import find_program

FONT_PX: Final = 109
"""The one size of the bitmaps in Noto Color Emoji."""

FONTS: Final = (
    "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",
    "/usr/share/fonts/noto/NotoColorEmoji.ttf",
    "/usr/share/fonts/google-noto-color-emoji-fonts/NotoColorEmoji.ttf",
    "/Library/Fonts/NotoColorEmoji.ttf",
)

ONE: Final = "🦎"
"""As wide as every emoji of the font."""

KEYS: Final = "0123456789#*"
"""With a keycap around them they are emoji, alone they are none."""

LOW: Final = KEYS + "©®‼⁉\u200d\u20e3™ℹ"
"""What emoji are made of below U+2190, where pictographs begin."""

LETTERS_MAX: Final = 32
"""The longest sequence of Unicode's emoji has half of them."""

VARIATION: Final = "\ufe0e\ufe0f"
"""Ask for the black or for the colourful form."""


def is_emoji(spec: str) -> bool:
    """A text of pictographs: nothing that could be a file's name."""
    return any(c not in KEYS for c in spec) and all(
        c in LOW or (c >= "\u2190" and not c.isalnum()) for c in spec
    )


def draw_emoji(text: str) -> Image.Image:
    """One emoji on a transparent canvas, RGBA.

    Raises:
        InputError: the font is missing or has no picture of it, it is more than one, or it is a
            sequence and Pillow cannot join it.
    """
    if len(text) > LETTERS_MAX:
        raise InputError("target", f"{text[:9]}...", "that is more than one emoji", "give one emoji")
    path = font_path()
    if path is None:
        raise InputError(
            "target",
            text,
            "drawing an emoji needs the font Noto Color Emoji, which is not installed",
            "install it (Debian, Ubuntu: apt-get install fonts-noto-color-emoji)",
        )
    if sum(c not in VARIATION for c in text) > 1 and not features.check("raqm"):
        raise InputError(
            "target",
            text,
            "it is a sequence, which comes apart where Pillow lacks raqm and fribidi",
            "install libraqm and libfribidi, or give an emoji of one character",
        )
    font = ImageFont.truetype(path, FONT_PX)
    if font.getlength(text) > 1.5 * font.getlength(ONE):
        raise InputError(
            "target", text, "that is more than one emoji, or the font draws it as several", "give one emoji"
        )
    canvas = Image.new("RGBA", (2 * FONT_PX, 2 * FONT_PX))
    ImageDraw.Draw(canvas).text((FONT_PX // 2, FONT_PX // 2), text, font=font, embedded_color=True)
    if canvas.getbbox() is None:
        raise InputError(
            "target", text, "Noto Color Emoji has no picture of it", "choose another, or install a newer font"
        )
    return canvas


def font_path() -> str | None:
    """Path of Noto Color Emoji, or None."""
    for path in FONTS:
        if Path(path).is_file():
            return path
    match = find_program("fc-match")
    if match is None:
        return None
    answer = subprocess.run(
        [match, "--format=%{file}", "Noto Color Emoji"], capture_output=True, text=True, check=False
    )
    return answer.stdout if answer.stdout.endswith("NotoColorEmoji.ttf") else None
