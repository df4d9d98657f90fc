"""Picture files: every mode is right, or refused by name."""

import os
import struct
import tracemalloc
import warnings
import zlib

import numpy as np
import pytest
from PIL import ExifTags, Image

from firmware.errors import InputError
from trainer.pictures import CHUNKS_MAX, FILE_MAX_BYTES, PIXELS_MAX, SIGNATURE, open_picture

GREY, COLOUR, PALETTE, GREY_ALPHA, COLOUR_ALPHA = 0, 2, 3, 4, 6


def png(path, depth, kind, values, transparent=b"", palette=b""):
    """Write a PNG by hand: values [h, w] or [h, w, channels], each of ``depth`` bits."""
    values = np.asarray(values)
    bits = values.reshape(len(values), -1, 1) >> np.arange(depth - 1, -1, -1) & 1
    rows = np.packbits(bits.reshape(len(values), -1).astype(np.uint8), axis=1)
    head = struct.pack(">IIBBBBB", values.shape[1], len(values), depth, kind, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    chunks = [(b"IHDR", head), (b"PLTE", palette), (b"tRNS", transparent), (b"IDAT", data), (b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*c) for c in chunks if c[1] or c[0] == b"IEND"))
    return path


def silent(text):
    raise AssertionError(text)


def pixels(path):
    return np.asarray(open_picture(path, silent))


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("key", ["black", "dark", "white"])
def test_grey_with_a_transparent_grey(tmp_path, depth, key):
    """Field report F5 at 16 bits, and its siblings of 2 and 4 bits."""
    white = (1 << depth) - 1
    key = {"black": 0, "dark": white // 3, "white": white}[key]
    others = [value for value in {0, white // 3, white * 2 // 3, white} if value != key]
    values = np.full((12, 12), key)
    values[2 : 2 + len(others), 3] = others
    rgba = pixels(png(tmp_path / "a.png", depth, GREY, values, struct.pack(">H", key)))
    assert np.array_equal(rgba[..., 3], np.where(values == key, 0, 255))
    for row, value in enumerate(others, 2):
        assert rgba[row, 3].tolist() == [(2 * 255 * value + white) // (2 * white)] * 3 + [255]


def test_lizard_of_the_field_report(tmp_path):
    """40x40 greys of 200 times the luminance, 65535 transparent: it was "all transparent"."""
    y, x = np.mgrid[:40, :40]
    body = (y - 20) ** 2 + (x - 20) ** 2 < 180
    values = np.where(body, 200 * (x + y), 65535)
    rgba = pixels(png(tmp_path / "grey16_trns.png", 16, GREY, values, struct.pack(">H", 65535)))
    assert (rgba[..., 3] == 255).sum() == body.sum() == 561
    assert np.array_equal(rgba[body][:, 0], np.floor(200 * (x + y)[body] / 257 + 0.5))


@pytest.mark.parametrize("key", [(0x1234, 0x5678, 0x9ABC), (65535, 65535, 65535), (0, 0, 0)])
def test_deep_colour_with_a_transparent_colour(tmp_path, key):
    """A neighbour that shares all upper bytes with it is opaque."""
    values = np.full((9, 9, 3), key)
    values[4, 4] = np.array(key) ^ 1
    values[2, 3] = (0x8000, 0x0100, 0xFF00)
    rgba = pixels(png(tmp_path / "a.png", 16, COLOUR, values, struct.pack(">HHH", *key)))
    assert np.argwhere(rgba[..., 3]).tolist() == [[2, 3], [4, 4]]
    assert rgba[2, 3].tolist() == [128, 1, 254, 255]


def test_colour_with_a_transparent_colour(tmp_path):
    values = np.full((9, 9, 3), (9, 8, 7))
    values[4, 4] = (9, 8, 6)
    rgba = pixels(png(tmp_path / "a.png", 8, COLOUR, values, struct.pack(">HHH", 9, 8, 7)))
    assert np.argwhere(rgba[..., 3]).tolist() == [[4, 4]]
    assert rgba[4, 4].tolist() == [9, 8, 6, 255]


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_palettes(tmp_path, depth):
    values = np.zeros((9, 9), int)
    values[4, 4] = 1
    palette = bytes([0, 0, 0, 10, 20, 30])
    for transparent, alpha in ((b"\0", 255), (bytes([0, 77]), 77)):
        rgba = pixels(png(tmp_path / "a.png", depth, PALETTE, values, transparent, palette))
        assert rgba[4, 4].tolist() == [10, 20, 30, alpha]
        assert np.count_nonzero(rgba[..., 3]) == 1


@pytest.mark.parametrize("depth", [8, 16])
def test_alpha_channels(tmp_path, depth):
    scale = 257 if depth == 16 else 1
    grey = np.zeros((9, 9, 2), int)
    grey[4, 4] = (30 * scale, 200 * scale)
    assert pixels(png(tmp_path / "la.png", depth, GREY_ALPHA, grey))[4, 4].tolist() == [30, 30, 30, 200]
    colour = np.zeros((9, 9, 4), int)
    colour[4, 4] = np.array([30, 40, 50, 200]) * scale
    assert pixels(png(tmp_path / "rgba.png", depth, COLOUR_ALPHA, colour))[4, 4].tolist() == [30, 40, 50, 200]


@pytest.mark.parametrize(
    ("mode", "name"),
    [("1", "a.png"), ("L", "a.png"), ("I;16", "a.png"), ("RGB", "a.png"), ("P", "a.png")],
)
def test_modes_without_transparency_are_named(tmp_path, mode, name):
    Image.new(mode, (12, 12)).save(tmp_path / name)
    with Image.open(tmp_path / name) as picture:
        stored = picture.mode
    with pytest.raises(InputError, match=rf"no alpha channel \(mode {stored}\)"):
        pixels(tmp_path / name)


@pytest.mark.parametrize("kind", ["TIFF", "WEBP", "TGA", "ICO", "GIF", "DDS", "JPEG2000", "PPM", "SGI"])
def test_other_formats_are_refused_whatever_they_are_called(tmp_path, kind):
    """Their decoders are many, and have had holes."""
    Image.new("RGB" if kind == "PPM" else "RGBA", (16, 16)).save(tmp_path / "a.png", format=kind)
    with pytest.raises(InputError, match="it is not a PNG; save it as a PNG with an alpha channel"):
        pixels(tmp_path / "a.png")


def test_a_png_by_any_name(tmp_path):
    rgba = np.zeros((16, 16, 4), np.uint8)
    rgba[4:12, 5:11] = (10, 200, 30, 255)
    Image.fromarray(rgba).save(tmp_path / "a", format="PNG")
    assert np.array_equal(pixels(tmp_path / "a"), rgba)


def test_of_several_frames_the_first_is_taken(tmp_path):
    name = "a.png"
    frames = []
    for left in (2, 4, 6):
        rgba = np.zeros((16, 16, 4), np.uint8)
        rgba[4:12, left : left + 8] = (10, 200, 30, 255)
        rgba[7, left + 3] = 0  # a frame without holes would be stored without alpha
        frames.append(Image.fromarray(rgba))
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
    said = []
    picture = open_picture(tmp_path / name, said.append)
    assert said == [f"{tmp_path / name}: it has 3 frames; the first is the target"]
    assert picture.getchannel("A").getbbox() == (2, 4, 10, 12)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_of_exif(tmp_path, orientation):
    """A picture that is kept turned is learned as viewers show it: EXIF 2.3, 4.6.4."""
    rgba = np.zeros((16, 12, 4), np.uint8)
    rgba[2:12, 3:6] = (10, 200, 30, 255)
    turned = {
        1: rgba,
        2: rgba[:, ::-1],
        3: rgba[::-1, ::-1],
        4: rgba[::-1],
        5: rgba.transpose(1, 0, 2),
        6: np.rot90(rgba, -1),
        7: rgba[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(rgba),
    }[orientation]
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    Image.fromarray(rgba).save(tmp_path / "a.png", exif=exif)
    shown = pixels(tmp_path / "a.png")
    assert np.array_equal(shown[..., 3], turned[..., 3])
    assert np.array_equal(shown[shown[..., 3] > 0], turned[turned[..., 3] > 0])


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


BOMB = zlib.compress(bytes(1 << 26), 9)


@pytest.mark.parametrize(
    "chunks",
    [
        chunk(b"zTXt", b"a\0\0" + BOMB),
        chunk(b"iTXt", b"a\0\1\0\0\0" + BOMB) * 100,
        chunk(b"iCCP", b"a\0\0" + BOMB),
        chunk(b"tEXt", b"no null"),
        chunk(b"fcTL", b"\0\0\0\5"),
        chunk(b"acTL", b"\0"),
        chunk(b"pHYs", b"") + chunk(b"gAMA", b"\1") + chunk(b"sRGB", b"") + chunk(b"cHRM", b""),
        chunk(b"IDAT", b"") * 1000,
        b"\0\0\0\0aaaabad!",
    ],
    ids=["zTXt", "iTXt", "iCCP", "tEXt", "fcTL", "acTL", "empty", "IDAT", "CRC"],
)  # fmt: skip
def test_what_is_no_picture_never_reaches_the_decoder(tmp_path, chunks):
    values = np.full((9, 9), 0)
    values[4, 4] = 1
    content = png(tmp_path / "a.png", 8, GREY, values, b"\0\0").read_bytes()
    end = content.index(b"IDAT") - 4
    (tmp_path / "a.png").write_bytes(content[:end] + chunks + content[end:])
    tracemalloc.start()
    assert np.argwhere(pixels(tmp_path / "a.png")[..., 3]).tolist() == [[4, 4]]
    assert tracemalloc.get_traced_memory()[1] < FILE_MAX_BYTES + (8 << 20)
    tracemalloc.stop()


def test_very_many_chunks(tmp_path):
    content = png(tmp_path / "a.png", 8, GREY, np.zeros((9, 9), int), b"\0\0").read_bytes()
    end = len(SIGNATURE)
    for count, says in ((CHUNKS_MAX, "it has more than 65,536 chunks"), (10, "it is truncated")):
        (tmp_path / "a.png").write_bytes(content[:end] + chunk(b"aaaa", b"") * count)
        with pytest.raises(InputError, match=says):
            pixels(tmp_path / "a.png")


def test_every_truncation_is_refused(tmp_path):
    path = tmp_path / "a.png"
    content = png(path, 8, COLOUR_ALPHA, np.full((9, 9, 4), 255)).read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(InputError, match=r"it cannot be read|it is not a PNG"):
            pixels(path)


@pytest.mark.parametrize("damage", [(b"IHDR", b"IHDQ"), (b"IDAT", b"IDAS"), (b"tRNS", b"tRNT")])
def test_without_a_chunk(tmp_path, damage):
    path = png(tmp_path / "a.png", 8, GREY, np.zeros((9, 9), int), b"\0\0")
    path.write_bytes(path.read_bytes().replace(*damage))
    with pytest.raises(InputError, match=r"it cannot be read|no alpha channel"):
        pixels(path)


def bomb(path, width, height):
    """Some kilobytes that ask for a picture of any size."""
    png(path, 1, GREY, np.zeros((1, 8), int), b"\0\0")
    content = path.read_bytes()
    head = b"IHDR" + struct.pack(">II", width, height) + content[24:29]
    path.write_bytes(content[:12] + head + struct.pack(">I", zlib.crc32(head)) + content[33:])
    return path


@pytest.mark.parametrize("side", [3548, 8193, 14_000, 60_000, 0x7FFFFFFF])
def test_very_large_pictures_are_refused_before_they_are_decoded(tmp_path, side):
    """Field report F13: 14,000x14,000 px ended in a traceback."""
    path = bomb(tmp_path / "bomb.png", side, side)
    limit = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError, match=f"it has {side * side:,} pixels.*make it smaller"):
            pixels(path)
    assert limit == Image.MAX_IMAGE_PIXELS
    assert PIXELS_MAX == 4096 * 3072


def test_a_picture_that_is_none_is_told_in_words(tmp_path):
    (tmp_path / "a.png").write_bytes(SIGNATURE + b"\0\0\0\0IEND\xaeB`\x82")
    with pytest.raises(InputError, match=r"it cannot be read \(no part of it is a picture\)"):
        pixels(tmp_path / "a.png")


def test_what_is_no_file(tmp_path):
    with pytest.raises(InputError, match="it is a folder"):
        pixels(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="it is a pipe"):
        pixels(tmp_path / "pipe")
    (tmp_path / "empty.png").write_bytes(b"")
    with pytest.raises(InputError, match="it is not a PNG"):
        pixels(tmp_path / "empty.png")


@pytest.mark.parametrize(
    "content", ["<svg xmlns='http://www.w3.org/2000/svg'/>", "<?xml version='1.0'?>\n<svg/>"]
)
def test_svg(tmp_path, content):
    for name in ("a.svg", "a.png"):
        (tmp_path / name).write_text(content)
        with pytest.raises(InputError, match=r"SVG.*export it as PNG"):
            pixels(tmp_path / name)
