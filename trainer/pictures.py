"""A PNG as straight RGBA: every mode that can hold transparency is right, or refused by name.

Of a file only the chunks that make its picture are given to the decoder (PNG specification, 11.2): texts,
profiles and animations have their own ways of being hostile, and say nothing about the target.
"""

import struct
import warnings
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError
from PIL.PngImagePlugin import PngImageFile

from firmware.errors import InputError
from firmware.system.reading import read_input
from trainer.drawings import DRAWINGS

PIXELS_MAX: Final = 4096 * 3072
"""Larger pictures are not decoded: a file of a few kilobytes can ask for gigabytes. Cameras of 12 megapixels
have less, and a target has 128 px a side."""

FILE_MAX_BYTES: Final = 1 << 26

CHUNKS_MAX: Final = 1 << 16
"""A picture of so many pixels has some thousand, if its writer was thrifty with memory."""

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"

CHUNKS: Final = (b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"IDAT", b"IEND")
"""What the picture is made of, and how it is turned."""

ANIMATION: Final = b"acTL"
"""It begins with the number of frames."""

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
        InputError: no such file, no PNG, one without transparency, or a very large one.
    """
    content = _read(path)
    try:
        frames, content = _essence(content)
        rgba = _decode(path, content)
    except InputError:
        raise
    except Exception as error:  # whatever a decoder makes of a foreign file
        why = "no part of it is a picture" if isinstance(error, UnidentifiedImageError) else error
        raise InputError(
            "target", path, f"it cannot be read ({why})", "give a PNG with an alpha channel"
        ) from error
    if frames > 1:
        warn(f"{path}: it has {frames} frames; the first is the target")
    return rgba


def _read(path: Path) -> bytes:
    """Read all chunks of a PNG.

    Raises:
        InputError: no such file, no regular one, or no PNG.
    """
    try:
        there = path.exists()
    except OSError:  # a name that no file can have
        there = False
    if not there:
        names = ", ".join(DRAWINGS)
        raise InputError(
            "target", path, "it is neither a file, an emoji nor a built-in drawing", f"built-in are: {names}"
        )
    content = read_input("target", path, FILE_MAX_BYTES, "give a PNG, or make it smaller")
    if content.startswith(SIGNATURE):
        return content
    if b"<svg" in content[:SVG_HEAD_BYTES] or path.suffix.lower() in (".svg", ".svgz"):
        raise InputError("target", path, "it is an SVG, which has no pixels", "export it as PNG")
    raise InputError("target", path, "it is not a PNG", "save it as a PNG with an alpha channel")


def _essence(content: bytes) -> tuple[int, bytes]:
    """The number of frames, and a PNG of the first alone, without all that is no picture."""
    frames, kept = 1, [memoryview(SIGNATURE)]
    for name, data, chunk in _chunks(content):
        if name in CHUNKS:
            kept.append(chunk)
        elif name == ANIMATION and len(data) >= 4:
            frames = int.from_bytes(data[:4], "big")
    return frames, b"".join(kept)


def _chunks(content: bytes) -> Iterator[tuple[bytes, memoryview, memoryview]]:
    """Name, data and the whole of each chunk, to the last."""
    view, at = memoryview(content), len(SIGNATURE)
    for _ in range(CHUNKS_MAX):
        if at + 12 > len(content):
            raise ValueError("it is truncated")
        length, name = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        yield name, view[at + 8 : end - 4], view[at:end]
        if name == b"IEND":
            return
        at = end
    raise ValueError(f"it has more than {CHUNKS_MAX:,} chunks")


def _decode(path: Path, content: bytes) -> Image.Image:
    """The picture in mode RGBA, upright."""
    limit = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Image.MAX_IMAGE_PIXELS = None  # Pillow warns, or refuses in words of its own
        try:
            picture = Image.open(BytesIO(content), formats=["PNG"])
        finally:
            Image.MAX_IMAGE_PIXELS = limit
        pixels = picture.width * picture.height
        if pixels > PIXELS_MAX:
            raise InputError(
                "target",
                f"{path} ({picture.width}x{picture.height} px)",
                f"it has {pixels:,} pixels, and at most {PIXELS_MAX:,} are read",
                "make it smaller",
            )
        return _upright(_with_alpha(path, content, picture), picture)


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
    key: Any = picture.info.get("transparency")
    if picture.mode in DEEP_GREY:
        grey = np.asarray(picture).astype(np.uint16)
        return _keyed(np.broadcast_to(grey[..., np.newaxis], (*grey.shape, 3)), [key] * 3)
    if coding == DEEP_COLOUR and key is not None:
        high = np.asarray(picture).astype(np.uint16)
        return _keyed((high << 8 | _low_bytes(content)).astype(np.uint16), key)
    if coding in SHALLOW_GREY:
        picture.load()
        picture.info["transparency"] = picture.info["transparency"] * 255 // SHALLOW_GREY[coding]
    elif picture.mode not in ("1", "L", "P", "RGB", "LA", "La", "PA", "RGBA", "RGBa"):
        raise InputError(
            "target", path, f"transparency in mode {picture.mode} is unknown", "save it as a PNG in RGBA"
        )
    return picture.convert("RGBA")


def _upright(rgba: Image.Image, picture: Image.Image) -> Image.Image:
    """Turn a picture as viewers do: EXIF can say that the file holds it turned or mirrored."""
    rgba.getexif()[ExifTags.Base.Orientation] = picture.getexif().get(ExifTags.Base.Orientation, 1)
    return ImageOps.exif_transpose(rgba)


def _keyed(values: NDArray[np.uint16], key: Sequence[int]) -> Image.Image:
    """16-bit colours [h, w, 3] of which one, the key, is transparent; rounded half up."""
    rgba = np.empty((*values.shape[:2], 4), np.uint8)
    transparent = np.ones(values.shape[:2], bool)
    for channel, value in enumerate(key):
        transparent &= values[..., channel] == value
        rgba[..., channel] = (values[..., channel] * np.uint32(255) + 32895) >> 16
    rgba[..., 3] = np.where(transparent, 0, 255)
    return Image.fromarray(rgba)


def _low_bytes(content: bytes) -> NDArray[np.uint8]:
    """Of 16-bit colours, uint8[h, w, 3]: Pillow keeps the upper bytes only, unless it is told otherwise."""
    with PngImageFile(BytesIO(content)) as picture:
        picture.tile = [tile._replace(args=LOW_BYTES) for tile in picture.tile]
        return np.asarray(picture)
