"""ELF files of a cell: header fields, tables and bytes of one that is made here, without a toolchain."""

import struct
from functools import cache
from random import Random

from firmware.budget import RAM_BYTES, ROM_BYTES
from firmware.hardware.binary import read_elf, stack_bound_bytes
from firmware.hardware.chips import TARGETS as CHIPS
from tests.fuzz.cell import flash
from tests.fuzz.mutations import WHOLE, spoiled
from tests.fuzz.target import Target

Rows = list[list[int]]

VECTORS, CODE = 64, 200
NAMES = (
    b"",
    b".vectors",
    b".text",
    b".genome",
    b".symtab",
    b".strtab",
    b".shstrtab",
    b".stack_sizes",
    b".text.f",
)
HEADER, SECTION, SEGMENT, SYMBOL = "<16sHHIIIIIHHHHHH", "<10I", "<8I", "<IIIBBH"


def strings(names: tuple[bytes, ...]) -> tuple[bytes, list[int]]:
    table, offsets = b"", []
    for name in names:
        offsets.append(len(table))
        table += name + b"\0"
    return table, offsets


def parts() -> tuple[list[int], Rows, Rows, Rows, bytes]:
    """Numbers of the header, sections, segments and symbols, and the bytes that they speak of."""
    genome_at = VECTORS + CODE
    rom = bytes(VECTORS) + b"\x01\x02" * (CODE // 2) + flash()
    section_names, named = strings(NAMES)
    symbol_names, called = strings((b"", b"vectors", b"reset", b"wake", b"static_end"))
    symbols = [
        [called[0], 0, 0, 0, 0, 0],
        [called[1], 0, VECTORS, 1, 0, 1],
        [called[2], VECTORS | 1, 20, 0x12, 0, 2],
        [called[3], VECTORS + 20, CODE - 20, 0x12, 0, 2],
        [called[4], 0x20000000 + 216, 0, 0x10, 0, 0xFFF1],
    ]
    contents = [(2, b"".join(struct.pack(SYMBOL, *symbol) for symbol in symbols)), (3, symbol_names)]
    contents += [(3, section_names), (1, struct.pack("<IB", 0, 24)), (9, struct.pack("<II", 0, 3 << 8))]
    data, tail, sections = rom, len(rom), [[0] * 10]
    for number, (at, size) in enumerate(((0, VECTORS), (VECTORS, CODE), (genome_at, len(flash()))), 1):
        sections.append([named[number], 1, 2, at, 52 + at, size, 0, 0, 4, 0])
    for number, (kind, content) in enumerate(contents, 4):
        link, entry = (5, 16) if kind == 2 else (4, 8) if kind == 9 else (2, 0)
        sections.append([named[number], kind, 0, 0, 52 + tail, len(content), link, 2, 4, entry])
        data += content
        tail += len(content)
    segments = [
        [1, 52, 0, 0, genome_at, genome_at, 5, 4],
        [1, 52 + genome_at, genome_at, genome_at, len(flash()), len(flash()), 4, 4],
    ]
    offset = 52 + tail
    header = [
        2,
        40,
        1,
        0,
        offset,
        offset + 32 * len(segments),
        0,
        52,
        32,
        len(segments),
        40,
        len(sections),
        6,
    ]
    return header, sections, segments, symbols, data


def joined(header: list[int], sections: Rows, segments: Rows, data: bytes) -> bytes:
    identity = b"\x7fELF\x01\x01\x01" + bytes(9)
    rows = [struct.pack(SEGMENT, *row) for row in segments] + [struct.pack(SECTION, *row) for row in sections]
    return struct.pack(HEADER, identity, *header) + data + b"".join(rows)


@cache
def whole() -> bytes:
    header, sections, segments, _, data = parts()
    return joined(header, sections, segments, data)


def of_tables(random: Random) -> bytes:
    """One to three numbers of the header or of a table are others."""
    header, sections, segments, symbols, data = parts()
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        number = random.choice(
            (*WHOLE, 4, 5, 40, 52, 0x800, 0x20000000, ROM_BYTES, ROM_BYTES + 1, 0xFFFFFFF0)
        )
        match random.randrange(8):
            case 0:
                place = random.randrange(len(header))
                wide = place in (2, 3, 4, 5, 6)
                header[place] = number & (0xFFFFFFFF if wide else 0xFFFF)
            case 1 | 2 | 3:
                random.choice(sections)[random.randrange(10)] = number & 0xFFFFFFFF
            case 4 | 5:
                random.choice(segments)[random.randrange(8)] = number & 0xFFFFFFFF
            case _:
                symbol = random.choice(symbols)
                place = random.randrange(6)
                symbol[place] = number & (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFF, 0xFF, 0xFFFF)[place]
                packed = b"".join(struct.pack(SYMBOL, *row) for row in symbols)
                at = VECTORS + CODE + len(flash())
                data = data[:at] + packed + data[at + len(packed) :]
    return joined(header, sections, segments, data)


def of_bytes(random: Random) -> bytes:
    return spoiled(random, whole(), whole())


def of_many(random: Random) -> bytes:
    """Very many sections, segments or symbols, all of them the same."""
    header, sections, segments, _, data = parts()
    count = random.choice((100, 1000, 20_000))
    match random.randrange(3):
        case 0:
            sections += [random.choice(sections)] * count
            header[11] = len(sections) & 0xFFFF
        case 1:
            segments += [random.choice(segments)] * count
            header[9], header[5] = len(segments) & 0xFFFF, header[4] + 32 * len(segments)
        case _:
            at = 52 + len(data)
            data += struct.pack(SYMBOL, 9, 70, random.choice((0, 4)), 0, 0, 2) * count
            sections[4][4:6] = [at, 16 * count]
            header[4] += 16 * count
            header[5] += 16 * count
    return joined(header, sections, segments, data)


def read(file: bytes) -> None:
    """What is read fits into a cell, and every byte of its ROM has one owner."""
    binary = read_elf(file, CHIPS["cortex-m0plus"])
    assert len(binary.rom) <= ROM_BYTES
    assert binary.rom.endswith(binary.image)
    assert 0 <= binary.reset < len(binary.rom)
    assert 0 <= binary.static_bytes <= RAM_BYTES
    assert [part.address for part in binary.parts] == [
        sum(p.size for p in binary.parts[:n]) for n in range(len(binary.parts))
    ]
    assert sum(binary.section_bytes().values()) == len(binary.rom)


def read_object(file: bytes) -> None:
    bound = stack_bound_bytes(file)
    assert bound is None or bound >= 0


TARGETS = (
    Target("elf-tables", of_tables, read, 10_000),
    Target("elf-bytes", of_bytes, read, 15_000),
    Target("elf-many", of_many, read, 500),
    Target("elf-object", of_tables, read_object, 6_000),
)
