"""A picture file as straight RGBA: every mode that can hold transparency is right, or refused by name."""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError
from PIL.PngImagePlugin import PngImageFile

from firmware.errors import InputError
from firmware.reading import read_input
from trainer.drawings import DRAWINGS

FILE_MAX_BYTES: Final = 1 << 26

PIXELS_MAX: Final = 1 << 26
"""Larger pictures are not decoded: a file of a few kilobytes can ask for gigabytes."""

SVG_HEAD_BYTES: Final = 1024

DEEP_GREY: Final = ("I", "I;16", "I;16B", "I;16L", "I;16N")
"""Pillow's modes of 16-bit grey."""

SHALLOW_GREY: Final = {"L;2": 3, "L;4": 15}
"""Greys of 2 and 4 bits, and their white: Pillow widens the pixels to 8 bits, but not the transparent one."""

DEEP_COLOUR: Final = "RGB;16B"
LOW_BYTES: Final = "RGB;16L"
"""Pillow's names for the upper bytes of 16-bit colours as a PNG stores them, and for the lower ones."""

Warn = Callable[[str], object]


def open_picture(path: Path, warn: Warn) -> Image.Image:
    """Read a picture that has transparency; of several frames it is the first.

    Args:
        path: of the file.
        warn: is told, in one line, what a user may not expect.

    Returns:
        The picture in mode RGBA, not premultiplied.

    Raises:
        InputError: no such file, no picture, one without transparency, or a very large one.
    """
    if not os.path.lexists(path):
        names = ", ".join(DRAWINGS)
        raise InputError(
            "target", path, "it is neither a file, an emoji nor a built-in drawing", f"built-in are: {names}"
        )
    if path.is_dir():
        raise InputError("target", path, "it is a folder", "give a picture file")
    content = read_input("target", path, FILE_MAX_BYTES, "give a picture file")
    try:
        with _open(path, content) as picture:
            frames = getattr(picture, "n_frames", 1)
            rgba = _upright(_with_alpha(path, content, picture), picture)
    except UnidentifiedImageError as error:
        raise _unidentified(path, content) from error
    except InputError:
        raise
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(
            "target", path, f"it cannot be read ({error})", "give a PNG with an alpha channel"
        ) from error
    if frames > 1:
        warn(f"{path}: it has {frames} frames; the first is the target")
    return rgba


@contextmanager
def _open(path: Path, content: bytes) -> Iterator[Image.Image]:
    """The file, opened but not decoded, whatever Pillow thinks of its size."""
    limit = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings():
        Image.MAX_IMAGE_PIXELS = None
        try:
            picture = Image.open(BytesIO(content))
        finally:
            Image.MAX_IMAGE_PIXELS = limit
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        pixels = picture.width * picture.height
        if pixels > PIXELS_MAX:
            raise InputError(
                "target",
                f"{path} ({picture.width}x{picture.height} px)",
                f"it has {pixels:,} pixels, and at most {PIXELS_MAX:,} are read",
                "make it smaller",
            )
        yield picture


def _unidentified(path: Path, content: bytes) -> InputError:
    if b"<svg" in content[:SVG_HEAD_BYTES] or path.suffix.lower() in (".svg", ".svgz"):
        return InputError("target", path, "it is an SVG, which has no pixels", "export it as PNG")
    return InputError("target", path, "it is not a picture", "give a PNG with an alpha channel")


def _with_alpha(path: Path, content: bytes, picture: Image.Image) -> Image.Image:
    """In mode RGBA. Pillow's own conversion loses the transparent value of what is not 8 bits deep."""
    if not picture.has_transparency_data:
        raise InputError(
            "target",
            path,
            f"it has no alpha channel (mode {picture.mode})",
            "save it with a transparent background",
        )
    coding = picture.tile[0].args if isinstance(picture, PngImageFile) else None
    key = picture.info.get("transparency")
    if picture.mode in DEEP_GREY:
        values = np.asarray(picture).astype(np.int64)
        return _keyed(np.stack([values] * 3, -1), np.full(3, key), 65535)
    if coding == DEEP_COLOUR and key is not None:
        high = np.asarray(picture).astype(np.int64)
        return _keyed(high << 8 | _low_bytes(content), np.asarray(key), 65535)
    if coding in SHALLOW_GREY:
        picture.load()
        picture.info["transparency"] = picture.info["transparency"] * 255 // SHALLOW_GREY[coding]
    elif picture.mode not in ("1", "L", "P", "RGB", "LA", "La", "PA", "RGBA", "RGBa"):
        raise InputError(
            "target", path, f"transparency in mode {picture.mode} is unknown", "save it as a PNG in RGBA"
        )
    return picture.convert("RGBA")


def _upright(rgba: Image.Image, picture: Image.Image) -> Image.Image:
    """As viewers show it: EXIF can say that the file holds it turned or mirrored."""
    rgba.getexif()[ExifTags.Base.Orientation] = picture.getexif().get(ExifTags.Base.Orientation, 1)
    return ImageOps.exif_transpose(rgba)


def _keyed(values: NDArray[np.int64], key: NDArray[np.int64], white: int) -> Image.Image:
    """Colours [h, w, 3] from 0 to ``white``, of which one, the key, is transparent; rounded half up."""
    alpha = np.where((values == key).all(-1, keepdims=True), 0, 255)
    rgb = (2 * 255 * values + white) // (2 * white)
    return Image.fromarray(np.concatenate([rgb, alpha], -1).astype(np.uint8))


def _low_bytes(content: bytes) -> NDArray[np.uint8]:
    """Of 16-bit colours, uint8[h, w, 3]: Pillow keeps the upper bytes only, unless it is told otherwise."""
    with PngImageFile(BytesIO(content)) as picture:
        picture.tile = [tile._replace(args=LOW_BYTES) for tile in picture.tile]
        return np.asarray(picture)
