"""Pictures: chunks of PNG files with the right CRC, bytes, other formats; and names of targets, emoji too."""

import struct
import warnings
import zlib
from functools import cache
from io import BytesIO
from random import Random

import numpy as np
from PIL import Image

from firmware.picture import Picture
from tests.fuzz.mutations import TEXTS, WHOLE, misspelt, spoiled
from tests.fuzz.target import Target, scratch
from trainer.drawings import DRAWINGS
from trainer.targets import load_target

Chunk = tuple[bytes, bytes]

FORMATS = ("PNG", "TIFF", "WEBP", "GIF", "BMP", "TGA", "ICO", "DDS", "JPEG2000", "PPM", "SGI", "PCX")
OTHERS = (b"zTXt", b"iTXt", b"iCCP", b"tEXt", b"acTL", b"fcTL", b"fdAT", b"pHYs", b"gAMA")
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
TEXT = b"a\0\0" + zlib.compress(bytes(1 << 20))
EXIF = b"MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"
EMOJI = ("🦎", "👩‍👩‍👧", "1️⃣", "❤️", "🏳️‍🌈", "🇩🇪", "☀︎", "\u200d", "©", "‼")


def chunk(name: bytes, data: bytes, crc: int | None = None) -> bytes:
    crc = zlib.crc32(name + data) if crc is None else crc
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)


def of_chunks(random: Random) -> bytes:
    """Any depth and kind, right or wrong numbers, and chunks that belong there, or do not."""
    width, height = random.choice((8, 12, 20)), random.choice((8, 12, 20))
    kind = random.choice((0, 2, 3, 4, 6))
    depth = random.choice({0: (1, 2, 4, 8, 16), 3: (1, 2, 4, 8)}.get(kind, (8, 16)))
    interlaced = int(random.random() < 0.1)
    row_bytes = (width * CHANNELS[kind] * depth + 7) // 8
    rows = [bytes([random.randrange(5)]) + random.randbytes(row_bytes) for _ in range(height + 8)]
    head = [width, height, depth, kind, 0, 0, interlaced]
    if random.random() < 0.4:
        place = random.randrange(7)
        head[place] = random.choice(WHOLE) & (0xFFFFFFFF if place < 2 else 0xFF)
    chunks: list[Chunk] = [(b"IHDR", struct.pack(">IIBBBBB", *head))]
    if kind == 3:
        chunks.append((b"PLTE", random.randbytes(3 * random.choice((1, 2, 16, 256, 300)))))
    if kind in (0, 2, 3):
        right = random.random() < 0.6
        length = {0: 2, 2: 6, 3: 1 << depth if depth <= 8 else 1}[kind] if right else random.randrange(300)
        mask = bytes([0, (1 << min(depth, 8)) - 1]) * 3
        key = bytes(a & b for a, b in zip(random.randbytes(6), mask, strict=True)) if kind != 3 else None
        chunks.append((b"tRNS", (key or random.randbytes(length))[:length]))
    data = zlib.compress(b"".join(rows))
    cut = random.randrange(len(data))
    chunks += [(b"IDAT", data[:cut]), (b"IDAT", data[cut:]), (b"IEND", b"")]
    return png(random, chunks)


def png(random: Random, chunks: list[Chunk]) -> bytes:
    for _ in range(random.choice((0, 0, 1, 2, 3))):
        place = random.randrange(len(chunks))
        name, data = chunks[place]
        match random.randrange(6):
            case 0:
                chunks[place] = name, spoiled(random, data)
            case 1:
                del chunks[place]
                chunks = chunks or [(b"IEND", b"")]
            case 2:
                chunks.insert(place, random.choice(chunks))
            case 3:
                text = TEXT if random.random() < 0.5 else random.randbytes(random.randrange(40))
                chunks.insert(place, (random.choice(OTHERS), text))
            case 4:
                chunks.insert(place, (b"eXIf", EXIF if random.random() < 0.3 else spoiled(random, EXIF)))
            case _:
                chunks[place] = random.choice(chunks)[0], data
    crc = random.getrandbits(32) if random.random() < 0.05 else None
    content = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, data, crc) for name, data in chunks)
    return spoiled(random, content) if random.random() < 0.1 else content


@cache
def pictures() -> dict[str, bytes]:
    """A small one of each format."""
    rgba = np.zeros((16, 16, 4), np.uint8)
    rgba[3:12, 2:11] = np.arange(81).reshape(9, 9, 1) + np.array([10, 60, 30, 170])
    made = {}
    for name in FORMATS:
        for mode in ("RGBA", "RGB"):
            stream = BytesIO()
            try:
                Image.fromarray(rgba).convert(mode).save(stream, format=name)
            except (OSError, ValueError, KeyError):
                continue
            made[name] = stream.getvalue()
            break
    return made


def of_formats(random: Random) -> bytes:
    name = random.choice(sorted(pictures()) + ["PNG"] * 10)
    return spoiled(random, pictures()[name], pictures()["PNG"])


def read(content: bytes) -> None:
    """A picture that is taken is a target of the size that was asked for."""
    path = scratch() / "a.png"
    path.write_bytes(content)
    load_target(str(path), warn=lambda _text: None) if len(content) % 2 else sized(str(path), 20)


def sized(spec: str, size_px: int) -> None:
    target = load_target(spec, size_px, warn=lambda _text: None)
    assert isinstance(target, Picture)
    assert max(target.width, target.height) == size_px


def of_name(random: Random) -> bytes:
    text = random.choice((*DRAWINGS, *EMOJI, *EMOJI, *TEXTS))
    text = misspelt(random, text, EMOJI) if random.random() < 0.7 else text
    return text.encode("utf-8", "surrogatepass")


def read_name(content: bytes) -> None:
    """Names of drawings and emoji; whatever is a path of this machine is none of ours."""
    text = content.decode("utf-8", "surrogatepass")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sized(text.replace("/", "-").replace("\\", "-").strip(".") or "-", 16)


EXTRAS = ("PIL",)

TARGETS = (
    Target("png-chunks", of_chunks, read, 1_500, EXTRAS),
    Target("pictures", of_formats, read, 2_500, EXTRAS),
    Target("target-names", of_name, read_name, 1_400, EXTRAS),
)
