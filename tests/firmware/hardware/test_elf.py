"""ELF files of strangers: whatever is in their tables, they are read or refused, in little memory."""

import struct
import tracemalloc

import pytest

from firmware.budget import ROM_BYTES
from firmware.errors import InputError
from firmware.hardware.binary import read_elf, stack_bound_bytes
from firmware.hardware.chips import TARGETS
from firmware.hardware.elf import NAME_MAX, TABLE_MAX, Elf
from firmware.image import HEADER_BYTES, RECORD
from tests.fuzz.cell import flash
from tests.fuzz.elf import CODE, SYMBOL, VECTORS, joined, parts, whole

M0PLUS = TARGETS["cortex-m0plus"]
SECTION_FIELDS = ("name", "kind", "flags", "address", "offset", "size", "link", "info")
SEGMENT_FIELDS = ("kind", "offset", "virtual", "address", "size")
HEADER_FIELDS = ("sections_at", "segments", "sections", "names")


def changed(table, row, **numbers):
    """The file with these numbers in a row of a table."""
    header, sections, segments, symbols, data = parts()
    if table == "header":
        places = dict(zip(HEADER_FIELDS, (5, 9, 11, 12), strict=True))
        for name, number in numbers.items():
            header[places[name]] = number
    elif table == "symbols":
        for name, number in numbers.items():
            symbols[row][("name", "address", "size", "info", "other", "section").index(name)] = number
        at = VECTORS + CODE + len(flash())
        packed = b"".join(struct.pack(SYMBOL, *symbol) for symbol in symbols)
        data = data[:at] + packed + data[at + len(packed) :]
    else:
        fields, rows = (SECTION_FIELDS, sections) if table == "sections" else (SEGMENT_FIELDS, segments)
        for name, number in numbers.items():
            rows[row][fields.index(name)] = number
    return joined(header, sections, segments, data)


def test_what_is_read():
    binary = read_elf(whole(), M0PLUS)
    genome = VECTORS + CODE
    assert binary.rom == bytes(VECTORS) + b"\x01\x02" * (CODE // 2) + flash()
    assert (binary.image, binary.reset, binary.static_bytes) == (flash(), VECTORS | 1, 216)
    assert [(part.name, part.section, part.address, part.size) for part in binary.parts] == [
        ("vectors", "vectors", 0, VECTORS),
        ("reset", "text", VECTORS, 20),
        ("wake", "text", VECTORS + 20, CODE - 20),
        ("genome", "genome", genome, HEADER_BYTES + 3 * RECORD.itemsize),
    ]


def test_gaps_and_names_of_the_same_bytes():
    """A byte that two symbols claim belongs to the first, one that nobody claims to the alignment."""
    shorter = read_elf(changed("symbols", 3, address=VECTORS + 8, size=CODE - 20), M0PLUS)
    assert [(part.name, part.address, part.size) for part in shorter.parts[1:4]] == [
        ("reset", VECTORS, 20),
        ("wake", VECTORS + 20, CODE - 32),
        ("(alignment)", VECTORS + CODE - 12, 12),
    ]
    longer = read_elf(changed("symbols", 3, size=0xFFFFFFFF), M0PLUS)
    assert sum(part.size for part in longer.parts) == len(longer.rom)


@pytest.mark.parametrize(
    ("table", "row", "numbers", "says"),
    [
        ("sections", 3, {"address": 0xFFFFFF00}, "its ROM ends at byte 4,294,967,254 of 10,240"),
        ("sections", 3, {"size": 0xFFFFFFFF}, "it ends before byte 4,294,967,"),
        ("sections", 3, {"offset": 0xFFFFFFFF}, "it ends before byte"),
        ("sections", 3, {"kind": 8}, "its genome is not the end of its ROM"),
        ("sections", 3, {"flags": 0x802}, "its genome is not the end of its ROM"),
        ("sections", 3, {"address": 0}, "a segment at 0x0 lies outside of its ROM"),
        ("sections", 3, {"address": VECTORS + CODE + 4}, "its genome is not the end of its ROM"),
        ("sections", 3, {"name": 0}, "a section is missing: .genome"),
        ("sections", 3, {"name": 0xFFFFFFFF}, "it has a name without an end"),
        ("sections", 4, {"link": 0xFFFFFFFF}, "there is no section 4294967295"),
        ("sections", 4, {"link": 0}, "it has a name without an end"),
        ("sections", 4, {"flags": 0x800}, "a symbol is missing"),
        ("segments", 0, {"address": 0xFFFFFFF0}, "a segment at 0xfffffff0 lies outside of its ROM"),
        ("segments", 1, {"address": ROM_BYTES}, "a segment at 0x2800 lies outside of its ROM"),
        ("segments", 1, {"size": 0xFFFFFFFF}, "it ends before byte"),
        ("segments", 1, {"kind": 0}, "its genome is not the end of its ROM"),
        ("symbols", 2, {"address": 0xFFFFFFFF}, "its reset code lies at 0xffffffff, outside of its ROM"),
        ("symbols", 2, {"name": 0}, "a symbol is missing: reset or static_end"),
        ("symbols", 2, {"name": 0xFFFF}, "it has a name without an end"),
        ("symbols", 4, {"address": 0x20000101}, "its variables take 257 bytes"),
        ("symbols", 4, {"address": 0}, "its variables take -536,870,912 bytes"),
        ("header", 0, {"sections": 0xFFFF}, "it has a table of 65,535 rows"),
        ("header", 0, {"segments": 0xFFFF}, "it has a table of 65,535 rows"),
        ("header", 0, {"sections_at": 0xFFFFFFFF}, "it ends before byte"),
        ("header", 0, {"names": 0xFFFF}, "its sections have no names"),
        ("header", 0, {"sections": 0}, "its sections have no names"),
    ],
)  # fmt: skip
def test_what_is_refused(table, row, numbers, says):
    tracemalloc.start()
    with pytest.raises(InputError) as caught:
        read_elf(changed(table, row, **numbers), M0PLUS)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert f"ELF file: cortex-m0plus - it is no cell ({says}" in str(caught.value)
    assert peak_bytes < 1 << 20


def test_every_length():
    for length in range(len(whole())):
        with pytest.raises(InputError, match="it is no cell"):
            read_elf(whole()[:length], M0PLUS)


def test_roomy():
    """A cell that is too large is read only by whoever says by how much."""
    header, sections, segments, _, data = parts()
    sections[3][3] = segments[1][3] = ROM_BYTES
    content = joined(header, sections, segments, data)
    with pytest.raises(InputError, match="its ROM ends at byte 10,454 of 10,240"):
        read_elf(content, M0PLUS)
    assert len(read_elf(content, M0PLUS, roomy=True).rom) == ROM_BYTES + len(flash())


@pytest.mark.parametrize("length", [NAME_MAX, NAME_MAX + 1])
def test_long_names(length):
    header, sections, segments, _, data = parts()
    sections[5][4:6] = [52 + len(data), 1 + length + 1]
    data += b"\0" + b"x" * length + b"\0"
    header[4], header[5] = header[4] + length + 2, header[5] + length + 2
    elf = Elf.of(joined(header, sections, segments, data))
    if length > NAME_MAX:
        with pytest.raises(ValueError, match="a name without an end"):
            elf.symbols()
    else:
        assert elf.symbols()[1].name == "x" * length


def test_very_many_symbols():
    header, sections, segments, _, data = parts()
    sections[4][4:6] = [52 + len(data), 16 * (TABLE_MAX + 1)]
    data += bytes(16 * (TABLE_MAX + 1))
    header[4], header[5] = (place + 16 * (TABLE_MAX + 1) for place in (header[4], header[5]))
    with pytest.raises(InputError, match="it has a table of 10,001 rows, and at most 10,000 are read"):
        read_elf(joined(header, sections, segments, data), M0PLUS)


def test_depth_of_the_stack():
    """The one function of 24 bytes calls itself; one that calls something without a frame has no bound."""
    assert stack_bound_bytes(changed("sections", 8, info=2)) == 24
    assert stack_bound_bytes(changed("symbols", 3, section=0)) is None
    assert stack_bound_bytes(changed("sections", 7, name=0)) is None
    for numbers in ({"link": 99}, {"info": 99}):
        with pytest.raises(
            InputError, match=r"object file: cell\.o - it cannot be read \(there is no section 99"
        ):
            stack_bound_bytes(changed("sections", 7 if "link" in numbers else 8, **numbers))
    with pytest.raises(InputError, match="object file"):
        stack_bound_bytes(b"")
