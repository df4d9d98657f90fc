"""The genome file: an int8 update rule, the picture that it should grow, and where it came from.

SPEC.md, "Genome file". The file is one msgpack array

    ["planaria", version, body, crc]

where ``body`` is itself msgpack (a map), and ``crc`` is the CRC-32 of every byte before it, in
four bytes, most significant first.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, Final

import msgpack
import numpy as np
from numpy.typing import NDArray

from firmware.arithmetic import Rule
from firmware.budget import CHANNELS, HIDDEN_MAX, PERCEPTION
from firmware.errors import InputError
from firmware.picture import TARGET_MAX_PX, Picture
from firmware.strict import unique_keys
from firmware.system.atomic import write_atomic
from firmware.system.reading import read_input

VERSION: Final = 1
SUFFIX: Final = ".genome"
NAME_MAX_LETTERS: Final = 64
FILE_MAX_BYTES: Final = 1 << 20
"""More than any genome has, its facts included."""

FACTS_MAX: Final = 64
FACT_LETTERS_MAX: Final = 2_048
"""Of a fact's text; its name may have ``FACT_NAME_LETTERS_MAX``."""

FACT_NAME_LETTERS_MAX: Final = 64
MAGIC: Final = msgpack.packb(["planaria"] * 4)[:10]
CRC_BYTES: Final = 4
CRC_HEADER: Final = b"\xc4\x04"
REGIMES: Final = ("growing", "persistent", "regenerating")

_BODY: Final[dict[str, type]] = {
    "name": str,
    "regime": str,
    **dict.fromkeys(("hidden", "shift1", "shift2"), int),
    **dict.fromkeys(("w1", "b1", "w2"), bytes),
    "target": dict,
    "facts": dict,
}
_TARGET: Final[dict[str, type]] = {"height": int, "width": int, "rgba": bytes, "seed": list}

_BIN_SIZE_BYTES: Final = {0xC4: 1, 0xC5: 2, 0xC6: 4}
"""Bytes that hold the length, by the header of a msgpack bin."""

TOPOLOGY_FACT: Final = "topology"
"""Name of the fact that says which kind of topology a genome was trained for."""

Fact = str | int | float


@dataclass(frozen=True, eq=False)
class Genome:
    """An update rule and what belongs to it.

    Attributes:
        name: what it grows, for people; files are called by it (``check_name``).
        w1: int8[H, 48], weights from perception to hidden units.
        b1: int16[H], hidden biases in units of 2**-(6 + shift1).
        w2: int8[H, 16], weights from hidden units to the change of state.
        shift1: right shift after the first layer, 1..15.
        shift2: right shift after the second layer, 1..15.
        regime: ``growing``, ``persistent`` or ``regenerating``.
        target: the picture that it grows.
        facts: how it was trained and how well it does.
    """

    name: str
    w1: NDArray[np.int8]
    b1: NDArray[np.int16]
    w2: NDArray[np.int8]
    shift1: int
    shift2: int
    regime: str
    target: Picture
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_name(self.name)
        hidden = self.hidden
        if not 1 <= hidden <= HIDDEN_MAX:
            raise InputError(
                "hidden units",
                hidden,
                f"a cell's ROM holds 1 to {HIDDEN_MAX}",
                "train with --hidden 128 or less",
            )
        for name, array, dtype, shape in (
            ("w1", self.w1, np.int8, (hidden, PERCEPTION)),
            ("b1", self.b1, np.int16, (hidden,)),
            ("w2", self.w2, np.int8, (hidden, CHANNELS)),
        ):
            if array.dtype != dtype or array.shape != shape:
                raise InputError(
                    f"genome {name}",
                    f"{array.dtype}{array.shape}",
                    f"it must be {np.dtype(dtype)}{shape}",
                    "export it again",
                )
        for name, shift in (("shift1", self.shift1), ("shift2", self.shift2)):
            if type(shift) is not int or not 1 <= shift <= 15:
                raise InputError(f"genome {name}", shift, "it must be 1 to 15", "export it again")
        if self.regime not in REGIMES:
            raise InputError(
                "regime", self.regime, f"it must be one of {', '.join(REGIMES)}", "choose one of these"
            )
        if len(self.facts) > FACTS_MAX:
            raise InputError("genome facts", len(self.facts), f"there can be {FACTS_MAX}", "leave some out")
        for name, value in self.facts.items():
            _check_text("name of a genome fact", name, FACT_NAME_LETTERS_MAX)
            check_fact(name, value)

    @property
    def hidden(self) -> int:
        """Number of hidden units, H."""
        return len(self.b1)

    @property
    def topology(self) -> str:
        """The kind of topology that it was trained for; genomes of old do not say, and mean squares."""
        return str(self.facts.get(TOPOLOGY_FACT, "square8"))

    @property
    def rule(self) -> Rule:
        """The weights, widened for ``firmware.arithmetic``."""
        return Rule(
            self.w1.astype(np.int32),
            self.b1.astype(np.int32),
            self.w2.astype(np.int32),
            self.shift1,
            self.shift2,
        )

    def to_bytes(self) -> bytes:
        """The bytes of the genome's file."""
        body = {
            "name": self.name,
            "regime": self.regime,
            "hidden": self.hidden,
            "shift1": self.shift1,
            "shift2": self.shift2,
            "w1": self.w1.tobytes(),
            "b1": self.b1.astype("<i2").tobytes(),
            "w2": self.w2.tobytes(),
            "target": {
                "height": self.target.height,
                "width": self.target.width,
                "rgba": self.target.rgba.tobytes(),
                "seed": self.target.seed,
            },
            "facts": dict(self.facts),
        }
        head: bytes = MAGIC + msgpack.packb(VERSION) + msgpack.packb(msgpack.packb(body)) + CRC_HEADER
        return head + zlib.crc32(head).to_bytes(CRC_BYTES, "big")

    def crc32(self) -> int:
        """The CRC-32 that closes the genome file; names a genome in reports."""
        return int.from_bytes(self.to_bytes()[-CRC_BYTES:], "big")

    def save(self, path: str | Path) -> None:
        """Write the genome file, whole or not at all.

        Raises:
            InputError: the file cannot be written.
        """
        write_atomic(Path(path), self.to_bytes())

    @classmethod
    def load(cls, path: str | Path) -> "Genome":
        """Read a genome from its file.

        Raises:
            InputError: no such file, or one that is foreign, truncated, corrupt or of another
                format version; the message says which.
        """
        path = Path(path)
        fix = "check the path, or list the shipped genomes with 'planaria genomes'"
        content = read_input("genome file", path, FILE_MAX_BYTES, fix)
        return cls.from_bytes(content, str(path))

    @classmethod
    def from_bytes(cls, content: bytes, source: str = "genome") -> "Genome":
        """Read the bytes of a genome file; ``source`` names them in an error.

        Raises:
            InputError: as ``load``.
        """
        body = _open_envelope(content, source)
        try:
            genome = cls._from_body(msgpack.unpackb(body, raw=False, object_pairs_hook=unique_keys))
            if genome.to_bytes() != content:
                raise ValueError("its values are right, but not in the one form that planaria writes")
        except InputError:
            raise
        except Exception as error:  # the CRC held, so a writer produced this: say what is wrong with it
            raise InputError(
                source, f"malformed body ({error})", "it is not a planaria genome", "export it again"
            ) from error
        return genome

    @classmethod
    def _from_body(cls, body: Any) -> "Genome":
        fields = _typed(body, _BODY)
        target = _typed(fields["target"], _TARGET)
        hidden = _whole("hidden", fields["hidden"], HIDDEN_MAX)
        height, width = (_whole(name, target[name], TARGET_MAX_PX) for name in ("height", "width"))
        if len(target["seed"]) != 2 or any(type(place) is not int for place in target["seed"]):
            raise ValueError("seed is no row and column")
        row, col = target["seed"]
        return cls(
            name=fields["name"],
            w1=np.frombuffer(fields["w1"], np.int8).reshape(hidden, PERCEPTION),
            b1=np.frombuffer(fields["b1"], "<i2").astype(np.int16).reshape(hidden),
            w2=np.frombuffer(fields["w2"], np.int8).reshape(hidden, CHANNELS),
            shift1=fields["shift1"],
            shift2=fields["shift2"],
            regime=fields["regime"],
            target=Picture(np.frombuffer(target["rgba"], np.uint8).reshape(height, width, 4), (row, col)),
            facts=fields["facts"],
        )


def check_name(name: str) -> None:
    """Refuse a name by which no file should be called.

    Raises:
        InputError: it is.
    """
    fits = isinstance(name, str) and len(name) <= NAME_MAX_LETTERS and name.strip() not in ("", ".", "..")
    if not fits or not name.isprintable() or "/" in name or "\\" in name:
        limit = f"files are called by it: 1 to {NAME_MAX_LETTERS} letters that can be seen, without / and \\"
        raise InputError("genome name", name, limit, "choose another")


def check_fact(name: str, value: object) -> None:
    """Refuse what a genome file cannot hold as a fact.

    Raises:
        InputError: it is neither a text of at most ``FACT_LETTERS_MAX``, nor a whole number of 64 bits, nor
            a finite one.
    """
    what = f"genome fact {name}"
    if isinstance(value, str):
        _check_text(what, value, FACT_LETTERS_MAX)
    elif isinstance(value, int) and not isinstance(value, bool):
        if not -(1 << 63) <= value < 1 << 64:
            raise InputError(what, "a whole number", "it must be one of 64 bits", "mend it")
    elif not isinstance(value, float) or not isfinite(value):
        raise InputError(what, value, "it must be a text or a finite number", "mend it")


def _check_text(what: str, text: object, most: int) -> None:
    """Refuse what is no text, one that is too long, or that has no form in UTF-8."""
    if not isinstance(text, str):
        raise InputError(what, text, "it must be a text", "mend it")
    if len(text) > most:
        raise InputError(what, f"{text[:20]}...", f"it has {len(text):,} letters of {most:,}", "shorten it")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise InputError(what, ascii(text), "it is no Unicode, perhaps a name of a file", "mend it")


def _typed(content: Any, types: dict[str, type]) -> dict[str, Any]:
    """A map with exactly these keys, and values of exactly these types."""
    if type(content) is not dict or content.keys() != types.keys():
        raise ValueError("fields missing or unknown")
    for name, kind in types.items():
        if type(content[name]) is not kind:
            raise ValueError(f"{name} is {type(content[name]).__name__}, not {kind.__name__}")
    return content


def _whole(name: str, value: int, most: int) -> int:
    if not 1 <= value <= most:
        raise ValueError(f"{name} is {value}, not 1 to {most}")
    return value


def _open_envelope(content: bytes, source: str) -> bytes:
    """Check magic, length, CRC and version, in this order; returns the body."""
    if not content.startswith(MAGIC):
        raise InputError(
            source,
            f"starts with {content[:10].hex(' ') or 'nothing'}",
            "it is not a planaria genome",
            "give a .genome file",
        )
    header = content[len(MAGIC) + 1 : len(MAGIC) + 2]
    if header and header[0] not in _BIN_SIZE_BYTES:
        raise InputError(
            source,
            f"{header.hex()} before the body",
            "it is corrupt, c4, c5 or c6 belongs there",
            "copy or export it again",
        )
    expected = _expected_length(content)
    if len(content) < expected:
        raise InputError(
            source,
            f"{len(content)} bytes",
            f"it is truncated, {expected} bytes were written",
            "copy or export it again",
        )
    if len(content) > expected:
        raise InputError(
            source,
            f"{len(content)} bytes",
            f"it is corrupt, it should have {expected} bytes",
            "copy or export it again",
        )
    stored = int.from_bytes(content[-CRC_BYTES:], "big")
    computed = zlib.crc32(content[:-CRC_BYTES])
    if stored != computed:
        raise InputError(
            source,
            f"CRC-32 {computed:08x}",
            f"it is corrupt, {stored:08x} was written",
            "copy or export it again",
        )
    header = content[-CRC_BYTES - len(CRC_HEADER) : -CRC_BYTES]
    if header != CRC_HEADER:
        raise InputError(
            source,
            f"{header.hex(' ')} before the CRC-32",
            f"it is corrupt, {CRC_HEADER.hex(' ')} belongs there",
            "export it again",
        )
    version = content[len(MAGIC)]
    if version != VERSION:
        raise InputError(
            source,
            f"format version {version}",
            f"this planaria reads version {VERSION}",
            "use the planaria that wrote it, or update",
        )
    body: bytes = msgpack.unpackb(content[len(MAGIC) + 1 : -CRC_BYTES - 2])
    return body


def _expected_length(content: bytes) -> int:
    """Length of the file according to the msgpack header of its body (bin 8, bin 16 or bin 32)."""
    start = len(MAGIC) + 1
    size_bytes = _BIN_SIZE_BYTES[content[start]] if len(content) > start else 4
    body = int.from_bytes(content[start + 1 : start + 1 + size_bytes], "big")
    return start + 1 + size_bytes + body + len(CRC_HEADER) + CRC_BYTES
