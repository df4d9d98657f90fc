"""Genome files: bytes, bytes with the right CRC, a spoilt body in a right envelope, and spoilt fields."""

import json
import zlib
from functools import cache
from random import Random
from typing import Any

import msgpack

from firmware import image
from firmware.clock import Timing
from firmware.genome import CRC_HEADER, MAGIC, Genome
from planaria.inspect import describe
from tests.fuzz.mutations import TEXTS, WHOLE, altered, anything, spoiled
from tests.fuzz.target import Target
from tests.small_genome import small_genome


@cache
def genome() -> Genome:
    return small_genome(hidden=3)


@cache
def content() -> bytes:
    return genome().to_bytes()


@cache
def body() -> bytes:
    return bytes(msgpack.unpackb(content())[2])


def sealed(head: bytes) -> bytes:
    """With the CRC that belongs to it."""
    return head + zlib.crc32(head).to_bytes(4, "big")


def enveloped(inner: bytes) -> bytes:
    """A body in the file that it would have."""
    return sealed(MAGIC + b"\x01" + msgpack.packb(inner) + CRC_HEADER)


def read(file: bytes) -> None:
    """What is read is written again as the same bytes, can be flashed, and can be shown as JSON."""
    found = Genome.from_bytes(file)
    assert found.to_bytes() == file, "it is written again in another way"
    image.parse(image.build(found, Timing()))
    json.dumps(describe(found), allow_nan=False)


def of_bytes(random: Random) -> bytes:
    return spoiled(random, content())


def of_sealed_bytes(random: Random) -> bytes:
    return sealed(spoiled(random, content()[:-4]))


def of_body(random: Random) -> bytes:
    return enveloped(spoiled(random, body(), body()))


def of_fields(random: Random) -> bytes:
    fields = msgpack.unpackb(body())
    if random.random() < 0.5:  # right values of other sizes, and places where they end
        height, width, hidden = (random.choice((1, 2, 5, 128, 129)) for _ in range(3))
        fields["target"] |= {"height": height, "width": width, "rgba": b"\xff" * (4 * height * width)}
        fields |= {
            "hidden": hidden,
            "w1": bytes(48 * hidden),
            "b1": bytes(2 * hidden),
            "w2": bytes(16 * hidden),
        }
    for _ in range(random.choice((1, 1, 2))):
        match random.randrange(6):
            case 0:
                fields["facts"] = {
                    text: fact(random) for text in random.choices(TEXTS, k=random.choice((1, 3, 64, 65)))
                }
            case 1:
                fields["facts"] = {f"fact {n}": fact(random) for n in range(random.choice((1, 64, 65, 3000)))}
            case 2:
                fields["name"] = random.choice(TEXTS)
            case _:
                fields = altered(random, fields, raw=True)
                if not isinstance(fields, dict):
                    break
                fields = {"facts": {}, "target": {}} | fields
    return enveloped(packed(random, fields))


def fact(random: Random) -> Any:
    return random.choice(
        (random.choice(TEXTS), random.choice(WHOLE[:-1]), 1.5, "x" * random.choice((2048, 2049)))
    )


def packed(random: Random, value: Any) -> bytes:
    """As msgpack, now and then in one of its longer forms."""
    packer = msgpack.Packer(use_single_float=random.random() < 0.2, use_bin_type=random.random() < 0.95)
    try:
        return bytes(packer.pack(value))
    except (OverflowError, ValueError, UnicodeEncodeError):  # what msgpack cannot hold
        return bytes(
            msgpack.packb(
                anything(random, 0) if random.random() < 0 else str(value).encode("utf-8", "replace")
            )
        )


TARGETS = (
    Target("genome-bytes", of_bytes, read, 20_000),
    Target("genome-sealed", of_sealed_bytes, read, 10_000),
    Target("genome-body", of_body, read, 8_000),
    Target("genome-fields", of_fields, read, 900),
)
