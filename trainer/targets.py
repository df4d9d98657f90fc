"""The picture that an organism should grow: a built-in drawing, a PNG with alpha, or an emoji."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

from firmware.errors import InputError
from firmware.pattern import TARGET_MAX_PX, Target
from trainer.drawings import DRAWINGS, draw

TARGET_MIN_PX: Final = 8
DRAWING_PX: Final = 16
EMOJI_PX: Final = 20
EMOJI_FONT_PX: Final = 109
"""The one size of the bitmaps in Noto Color Emoji."""

EMOJI_FONTS: Final = (
    "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",
    "/usr/share/fonts/noto/NotoColorEmoji.ttf",
    "/usr/share/fonts/google-noto-color-emoji-fonts/NotoColorEmoji.ttf",
    "/Library/Fonts/NotoColorEmoji.ttf",
)

Picture = NDArray[np.uint8]


def load_target(spec: str, size_px: int | None = None) -> Target:
    """Load a target.

    Args:
        spec: name of a built-in drawing, path of a PNG with alpha, or an emoji character.
        size_px: longer side of the result, 8..64; by default 16 for drawings, 20 for emoji, and a
            PNG's own size.

    Returns:
        The picture, seeded near its middle; a PNG or emoji loses its transparent border.

    Raises:
        InputError: no such target, a picture without alpha or without opaque pixels, a bad size,
            or an emoji without the font.
    """
    if size_px is not None and not TARGET_MIN_PX <= size_px <= TARGET_MAX_PX:
        raise InputError("size", size_px, f"it must be {TARGET_MIN_PX} to {TARGET_MAX_PX} px", "20 is usual")
    if spec in DRAWINGS:
        return Target.of(premultiplied(draw(spec, size_px or DRAWING_PX)))
    if _is_emoji(spec):
        return Target.of(_fitted(_emoji(spec), size_px or EMOJI_PX, spec))
    return Target.of(_fitted(_open(Path(spec)), size_px, spec))


def premultiplied(rgba: Picture) -> Picture:
    """Straight to premultiplied colour, rounded half up; uint8[h, w, 4] both."""
    result = rgba.copy()
    product = rgba[..., :3].astype(np.int32) * rgba[..., 3:]
    result[..., :3] = (2 * product + 255) // 510
    return result


def _is_emoji(spec: str) -> bool:
    """A short text of pictographs: nothing that could be a file's name."""
    return (
        0 < len(spec) <= 8 and ord(max(spec)) >= 0x2190 and not any(c.isalnum() or c in "./\\" for c in spec)
    )


def _open(path: Path) -> Image.Image:
    try:
        with Image.open(path) as picture:
            picture.load()
    except FileNotFoundError as error:
        names = ", ".join(DRAWINGS)
        raise InputError(
            "target", path, "it is neither a file, an emoji nor a built-in drawing", f"built-in are: {names}"
        ) from error
    except UnidentifiedImageError as error:
        raise InputError("target", path, "it is not a picture", "give a PNG with an alpha channel") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError(
            "target", path, f"it cannot be read ({error})", "give a PNG with an alpha channel"
        ) from error
    if picture.mode not in ("RGBA", "LA", "PA") and "transparency" not in picture.info:
        raise InputError(
            "target",
            path,
            f"it has no alpha channel (mode {picture.mode})",
            "save it with a transparent background",
        )
    return picture.convert("RGBA")


def _emoji(text: str) -> Image.Image:
    font_path = _emoji_font()
    if font_path is None:
        raise InputError(
            "target",
            text,
            "drawing an emoji needs the font Noto Color Emoji, which is not installed",
            "install it (Debian, Ubuntu: apt-get install fonts-noto-color-emoji)",
        )
    canvas = Image.new("RGBA", (2 * EMOJI_FONT_PX, 2 * EMOJI_FONT_PX))
    font = ImageFont.truetype(font_path, EMOJI_FONT_PX)
    ImageDraw.Draw(canvas).text(
        (EMOJI_FONT_PX // 2, EMOJI_FONT_PX // 2), text, font=font, embedded_color=True
    )
    return canvas


def _emoji_font() -> str | None:
    """Path of Noto Color Emoji, or None."""
    for path in EMOJI_FONTS:
        if Path(path).is_file():
            return path
    if not shutil.which("fc-match"):
        return None
    answer = subprocess.run(
        ["fc-match", "--format=%{file}", "Noto Color Emoji"], capture_output=True, text=True, check=False
    )
    return answer.stdout if answer.stdout.endswith("NotoColorEmoji.ttf") else None


def _fitted(picture: Image.Image, size_px: int | None, spec: str) -> Picture:
    """Crop the transparent border, resize premultiplied colours so that edges have no dark fringe."""
    box = picture.getchannel("A").getbbox()
    if box is None:
        raise InputError("target", spec, "it is all transparent", "give a picture with opaque pixels")
    cropped = picture.crop(box)
    longer = max(cropped.size)
    if size_px is None and longer > TARGET_MAX_PX:
        raise InputError(
            "target",
            f"{spec} ({cropped.width}x{cropped.height} px)",
            f"at most {TARGET_MAX_PX} px fit",
            "resize it, e.g. --size 28",
        )
    if size_px is None and longer < TARGET_MIN_PX:
        raise InputError(
            "target",
            f"{spec} ({cropped.width}x{cropped.height} px)",
            f"at least {TARGET_MIN_PX} px are needed",
            "resize it, e.g. --size 20",
        )
    if size_px is None or size_px == longer:
        return premultiplied(np.asarray(cropped))
    width, height = (max(1, round(side * size_px / longer)) for side in cropped.size)
    resized = np.asarray(
        cropped.convert("RGBa").resize(
            (width, height), Image.Resampling.BOX if longer >= size_px else Image.Resampling.BICUBIC
        )
    )
    result = resized.copy()
    result[..., :3] = np.minimum(result[..., :3], result[..., 3:])
    return result
