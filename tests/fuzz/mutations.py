"""Small changes to bytes, texts and values, of the kinds that readers stumble over."""

import struct
from random import Random
from typing import Any, Final

WHOLE: Final = (
    *(0, 1, 2, 7, 8, 15, 16, 17, 63, 64, 65, 127, 128, 129, 255, 256, 1000, 10_000),
    *(
        sign * ((1 << bits) + more)
        for bits in (15, 16, 31, 32, 53, 63, 64)
        for more in (-1, 0)
        for sign in (1, -1)
    ),
    *(-1, -2, 10**30),
)
REAL: Final = (0.0, -0.0, 0.5, 1.0, -1.0, 1.5, 1e-320, 1e308, float("inf"), -float("inf"), float("nan"))
TEXTS: Final = (
    *(
        "",
        " ",
        "a",
        "0",
        "-1",
        "1e999",
        "nan",
        "inf",
        "1_0",
        "0x10",
        "٣",
        "½",
        "True",
        "null",
        "{}",
        "[]",
        "{x}",
    ),
    *(
        "../x",
        "/etc/passwd",
        "a/b",
        "a\\b",
        ".",
        "..",
        "a\0b",
        "\n",
        "\r",
        "\x1b[2J",
        "\u202eevil",
        "\u2028",
        "\ufeff",
    ),
    *(
        "ring",
        "=1+cmd",
        "@SUM(A1)",
        "$\\frac$",
        "<script>",
        "%s%n",
        "🦎",
        "e\u0301",
        "\U0010ffff",
        "x" * 300,
        "9" * 400,
    ),
)


def spoiled(random: Random, content: bytes, others: bytes = b"") -> bytes:
    """Bytes with one to four changes; ``others`` are what parts of them may be replaced by."""
    spoilt = bytearray(content)
    for _ in range(random.choice((1, 1, 1, 2, 3, 4))):
        at = random.randrange(len(spoilt) + 1)
        length = random.choice((1, 1, 2, 4, 8, random.randrange(64) + 1))
        match random.randrange(10):
            case 0 | 1 | 2:
                if at < len(spoilt):
                    spoilt[at] ^= 1 << random.randrange(8)
            case 3:
                if at < len(spoilt):
                    spoilt[at] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))
            case 4:
                number = random.choice(WHOLE) & 0xFFFFFFFFFFFFFFFF
                form = random.choice(("<B", "<H", ">H", "<I", ">I", "<Q", ">Q"))
                packed = struct.pack(form, number & ((1 << 8 * struct.calcsize(form)) - 1))
                spoilt[at : at + len(packed)] = packed
            case 5:
                del spoilt[at : at + length]
            case 6:
                spoilt[at:at] = random.randbytes(length)
            case 7:
                begin = random.randrange(len(spoilt) + 1)
                spoilt[at:at] = spoilt[begin : begin + length]
            case 8:
                if others:
                    begin = random.randrange(len(others))
                    spoilt[at : at + length] = others[begin : begin + length]
            case _:
                del spoilt[at:]
    return bytes(spoilt)


def misspelt(random: Random, text: str, words: tuple[str, ...] = ()) -> str:
    """A text with one to three changes; ``words`` are those of its grammar."""
    for _ in range(random.choice((1, 1, 2, 3))):
        at, length = random.randrange(len(text) + 1), random.choice((1, 1, 2, random.randrange(20)))
        match random.randrange(7):
            case 0:
                text = text[:at] + text[at + length :]
            case 1:
                text = text[:at] + text[at : at + length] + text[at:]
            case 2:
                text = text[:at] + random.choice(TEXTS) + text[at:]
            case 3 if words:
                text = text[:at] + random.choice(words) + text[at + length :]
            case 4:
                text = (
                    text[:at]
                    + chr(random.choice((random.randrange(32, 127), random.randrange(0x3000))))
                    + text[at + 1 :]
                )
            case 5:
                text = text[:at] + str(random.choice((*WHOLE, *REAL))) + text[at + length :]
            case _:
                other = random.randrange(len(text) + 1)
                low, high = sorted((at, other))
                text = (
                    text[:low] + text[high:]
                    if random.random() < 0.3
                    else text[:at] + text[low:high] + text[at:]
                )
    return text


def anything(random: Random, depth: int = 2, raw: bool = False) -> Any:
    """A value that JSON can hold, ``raw`` bytes too."""
    match random.randrange(8 if depth else 5):
        case 0:
            return random.choice((None, True, False))
        case 1:
            return random.choice(WHOLE)
        case 2:
            return random.choice(REAL)
        case 3:
            return random.choice(TEXTS)
        case 4:
            return random.randbytes(random.randrange(20)) if raw else random.choice(TEXTS)
        case 5:
            return [anything(random, depth - 1, raw) for _ in range(random.randrange(4))]
        case _:
            return {
                random.choice(TEXTS): anything(random, depth - 1, raw) for _ in range(random.randrange(4))
            }


def altered(random: Random, value: Any, raw: bool = False) -> Any:
    """A nested value of lists and maps, of which one place is another."""
    if not isinstance(value, list | dict) or not value or random.random() < 0.1:
        if isinstance(value, str) and random.random() < 0.5:
            return misspelt(random, value)
        if isinstance(value, bytes) and random.random() < 0.5:
            return spoiled(random, value)
        return anything(random, raw=raw)
    copy: Any = value.copy()
    place = random.choice(list(copy)) if isinstance(copy, dict) else random.randrange(len(copy))
    match random.randrange(10):
        case 0:
            del copy[place]
        case 1 if isinstance(copy, dict):
            copy[random.choice(TEXTS)] = copy[place] if random.random() < 0.5 else anything(random, raw=raw)
        case 1:
            copy.insert(place, copy[place])
        case _:
            copy[place] = altered(random, copy[place], raw)
    return copy
