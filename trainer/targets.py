"""The picture that an organism should grow: a built-in drawing, a PNG with alpha, or an emoji."""

import warnings
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import binary_dilation, distance_transform_cdt

from firmware.budget import ALIVE_MIN, ONE
from firmware.errors import InputError
from firmware.picture import TARGET_MAX_PX, Picture
from trainer.drawings import DRAWINGS, draw
from trainer.emoji import draw_emoji, is_emoji
from trainer.pictures import Warn, open_picture

TARGET_MIN_PX: Final = 8
DRAWING_PX: Final = 16
EMOJI_PX: Final = 20

UNASKED_MAX_PX: Final = 64
"""A larger target trains for many hours, so its size has to be said."""

MATURE_ALPHA: Final = -(-255 * ALIVE_MIN // ONE)
"""A pixel of at least this alpha (28 of 255) is a mature cell; a fainter one keeps nothing alive."""

ASPECT_MAX: Final = 8
"""Beyond 1 to 8 a picture is a strip, of which a small target keeps a line."""

BRIDGED_PX: Final = 2
"""Empty cells that a rule learns to grow across. Two squares of 4 px ended at E 1.7 and 4.7 with 1 px
between them, 2.2 and 3.1 with 2, and 502 with 3: one never grew (``persistent``, 64 hidden, 1,000 steps)."""

Pixels = NDArray[np.uint8]


def load_target(
    spec: str, size_px: int | None = None, tile: int | None = None, warn: Warn = warnings.warn
) -> Picture:
    """Load the picture that is to be grown.

    Args:
        spec: name of a built-in drawing, path of a PNG with alpha, or an emoji.
        size_px: longer side of the result, 8..128; by default 16 for drawings, 20 for emoji, and a
            PNG's own size, up to 64.
        tile: which tile, from 0, of a picture that is a row of square tiles.
        warn: is told, in one line each, what will hardly grow: parts of their own, a picture without
            a transparent pixel, a narrow strip; and that of several frames the first is taken.

    Returns:
        The picture, seeded near its middle; a PNG or emoji loses the border that is no mature cell.

    Raises:
        InputError: no such target, a picture without alpha or without opaque pixels or a very large
            one, a bad size, no such tile, more than one emoji, or one without the font.
    """
    if size_px is not None and not TARGET_MIN_PX <= size_px <= TARGET_MAX_PX:
        raise InputError("size", size_px, f"it must be {TARGET_MIN_PX} to {TARGET_MAX_PX} px", "20 is usual")
    if not spec:
        raise InputError("target", "''", "it is empty", "give a name, a PNG or an emoji")
    drawn = spec in DRAWINGS or is_emoji(spec)
    if drawn and tile is not None:
        raise InputError("tile", tile, f"{spec} is no sheet of tiles", "leave it out")
    if spec in DRAWINGS:
        return Picture.of(premultiplied(draw(spec, size_px or DRAWING_PX)))
    doubts: list[str] = []
    if drawn:
        picture, size_px = draw_emoji(spec), size_px or EMOJI_PX
    else:
        picture = open_picture(Path(spec), doubts.append)
        if tile is not None:
            picture = cut_tile(picture, tile, spec)
    fitted = _fitted(picture, size_px, spec, doubts.append)
    try:
        target = Picture.of(fitted)
    except InputError as error:
        raise InputError(error.what, f"{spec} ({error.value})", error.limit, error.fix) from error
    doubts += _parts(target, spec)
    for doubt in doubts:
        warn(doubt)
    return target


def premultiplied(rgba: Pixels) -> Pixels:
    """Straight to premultiplied colour, rounded half up; uint8[h, w, 4] both."""
    result = rgba.copy()
    product = rgba[..., :3].astype(np.int32) * rgba[..., 3:]
    result[..., :3] = (2 * product + 255) // 510
    return result


def cut_tile(sheet: Image.Image, tile: int, spec: str) -> Image.Image:
    """The ``tile``-th square, from 0, of a row of squares.

    Raises:
        InputError: the sheet is not a row of squares, or has no such tile.
    """
    width, side = sheet.size
    tiles, rest = divmod(width, side)
    if rest or tiles < 2:
        raise InputError(
            "tile",
            f"{tile} of {spec} ({width}x{side} px)",
            "a sheet is a row of two or more squares",
            "cut it out yourself, or leave out --tile",
        )
    if not 0 <= tile < tiles:
        raise InputError(
            "tile", tile, f"{spec} has {tiles} tiles of {side} px", f"choose one of 0 to {tiles - 1}"
        )
    return sheet.crop((tile * side, 0, (tile + 1) * side, side))


def reachable(mature: NDArray[np.bool_], seed: tuple[int, int]) -> NDArray[np.bool_]:
    """The part of a picture that can grow from its seed, over gaps of at most ``BRIDGED_PX`` cells.

    Args:
        mature: bool[h, w], the mature cells.
        seed: (row, column) of one of them.
    """
    near = np.ones((2 * BRIDGED_PX + 3, 2 * BRIDGED_PX + 3), bool)
    reached = np.zeros_like(mature)
    reached[seed] = True
    while True:
        grown = binary_dilation(reached, near) & mature
        if (grown == reached).all():
            return reached
        reached = grown


def _parts(target: Picture, spec: str) -> list[str]:
    """What to say of parts that the seed's part does not reach."""
    mature = target.rgba[..., 3] >= MATURE_ALPHA
    reached = reachable(mature, target.seed)
    apart = mature & ~reached
    if not apart.any():
        return []
    gap = int(distance_transform_cdt(~reached, "chessboard")[apart].min()) - 1
    return [
        f"{spec}: it has parts that lie {gap} px or more apart; a rule grows from one seed, and "
        f"{apart.sum()} of {mature.sum()} px will hardly be reached: join the parts"
    ]


def _fitted(picture: Image.Image, size_px: int | None, spec: str, warn: Warn) -> Pixels:
    """Crop the transparent border, resize premultiplied colours so that edges have no dark fringe."""
    mature = picture.getchannel("A").point(lambda alpha: 255 if alpha >= MATURE_ALPHA else 0)
    box = mature.getbbox()
    if box is None:
        raise InputError("target", spec, "it is all transparent", "give a picture with opaque pixels")
    if mature.getextrema() == (255, 255):
        warn(f"{spec}: it has no transparent pixel, so the whole rectangle will grow: cut its background out")
    cropped = picture.crop(box)
    longer, shorter = max(cropped.size), min(cropped.size)
    if longer > ASPECT_MAX * shorter:
        warn(
            f"{spec}: it is {cropped.width}x{cropped.height} px, a strip; at {size_px or longer} px its "
            f"shorter side has {max(1, round(shorter * (size_px or longer) / longer))}"
        )
    if size_px is None and longer > UNASKED_MAX_PX:
        tiles, rest = divmod(picture.width, picture.height)
        sheet = tiles > 1 and not rest and picture.height >= TARGET_MIN_PX
        raise InputError(
            "target",
            f"{spec} ({cropped.width}x{cropped.height} px)",
            f"more than {UNASKED_MAX_PX} px take many hours, so they have to be asked for",
            f"say a size of at most {TARGET_MAX_PX}, e.g. --size 28"
            + (", or take a tile of a row, e.g. --tile 0" if sheet else ""),
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
