"""The C cell within its budget: what fits links, and one byte more does not."""

from dataclasses import replace

import numpy as np
import pytest

from firmware import image
from firmware.budget import RAM_BYTES, ROM_BYTES
from firmware.clock import Timing
from firmware.errors import InputError
from firmware.hardware.binary import read_elf
from firmware.hardware.build import Options, build
from firmware.hardware.chips import CHIPS, TARGETS
from firmware.hardware.sizes import measure
from firmware.hardware.toolchain import CompileError

M0PLUS = TARGETS["cortex-m0plus"]


@pytest.fixture(scope="module")
def widest(genome):
    """48 -> 128 -> 16, the widest rule."""
    rng = np.random.default_rng(5)
    return replace(
        genome,
        w1=rng.integers(-60, 61, (128, 48)).astype(np.int8),
        b1=rng.integers(-900, 900, 128).astype(np.int16),
        w2=rng.integers(-120, 121, (128, 16)).astype(np.int8),
    )


@pytest.mark.parametrize(
    ("target", "instructions_max"), [("cortex-m0plus", 75_000), ("rv32imc", 60_000), ("rv32ec", 500_000)]
)
def test_the_widest_rule_fits(built, widest, target, instructions_max):
    facts = measure(built(widest, target)[0])
    assert facts["rom_bytes"] <= 9_700
    assert facts["ram_total_bytes"] <= RAM_BYTES
    assert facts["ram_static_bytes"] == 216
    assert 8_192 < facts["instructions_per_update"] <= instructions_max
    assert facts["stack_traced_bytes"] == facts["stack_bound_bytes"] == facts["stack_bytes"]


@pytest.mark.parametrize("target", CHIPS)
def test_every_byte_of_rom_has_an_owner(built, genome, target):
    binary, _ = built(genome, target)
    at = 0
    for part in binary.parts:
        assert part.address == at
        at += part.size
    assert at == len(binary.rom) == sum(binary.section_bytes().values())
    assert binary.rom[binary.genome_address :] == binary.image == image.build(genome, Timing())
    assert {"perceive", "think", "seal", "reset", "genome"} <= {part.name for part in binary.parts}


@pytest.mark.parametrize("target", CHIPS)
def test_one_byte_more_of_rom_does_not_link(built, genome, target):
    code = built(genome, target)[0].genome_address
    flash = image.build(genome, Timing())
    full = flash.ljust(ROM_BYTES - code, b"\xff")
    assert len(build(full, TARGETS[target]).rom) == ROM_BYTES
    with pytest.raises(
        InputError, match=f"ROM: 10,241 B on {target} - 1 B more than a cell's 10,240 B"
    ) as caught:
        build(full + b"\xff", TARGETS[target])
    assert f"genome, {ROM_BYTES - code + 1:,} B" in str(caught.value)
    assert f"the widest H that fits is {(ROM_BYTES - code - 16) // 66}" in str(caught.value)


def test_one_byte_more_of_ram_does_not_link(hardware, genome, change_source):
    change_source("neural.c", "static PHASE(sow)", "uint8_t more;\n\nstatic PHASE(sow)")
    change_source("neural.c", "me->prng = board_entropy();", "me->prng = board_entropy();\n    more = 1;")
    with pytest.raises(InputError) as caught:
        build(image.build(genome, Timing()), M0PLUS)
    assert str(caught.value) == (
        "RAM: 257 B on cortex-m0plus - 1 B more than a cell's 256 B, the stack's 40 B included; "
        "beside struct cell there are more, 1 B; keep all variables in struct cell"
    )


def test_a_stack_that_runs_into_the_static_ram_is_an_error(built, widest, change_source):
    """The same program with two more words in the deepest path of calls."""
    change_source(
        "neural.c",
        "    const struct unit *unit = genome->unit;\n",
        "    volatile int deep[2] = {0};\n    (void)deep[0];\n    const struct unit *unit = genome->unit;\n",
    )
    with pytest.raises(
        InputError, match=r"RAM: 264 B on cortex-m0plus - 8 B more .* 216 B static and 48 B of stack"
    ):
        built(widest)


def test_a_failing_compile_shows_the_compilers_words(hardware, genome, change_source):
    change_source("neural.c", "static PHASE(sow)", "#error marmalade\nstatic PHASE(sow)")
    with pytest.raises(CompileError, match="marmalade"):
        build(image.build(genome, Timing()), M0PLUS)


@pytest.mark.parametrize("target", CHIPS)
def test_checking_the_genome_costs_less_than_180_bytes(built, genome, target):
    plain, checking = built(genome, target)[0], built(genome, target, check_genome=True)[0]
    assert 0 < len(checking.rom) - len(plain.rom) <= 180


def test_an_elf_file_says_all_that_the_build_knew(built, genome):
    binary, _ = built(genome)
    assert replace(read_elf(binary.content, M0PLUS), stack_bound_bytes=binary.stack_bound_bytes) == binary


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"not an ELF file at all" * 10])
def test_what_is_no_elf_file(hardware, content):
    with pytest.raises(InputError, match="ELF file: cortex-m0plus - it is no cell"):
        read_elf(content, M0PLUS)


def test_a_library_is_no_chip(built, genome):
    library, _ = built(genome, "host")
    assert (library.rom, library.parts) == (b"", ())
    with pytest.raises(InputError, match="it is no cell"):
        read_elf(library.content, M0PLUS)


def test_another_compiler(built, genome):
    """Debian's gcc builds the library too; its binary behaves alike (test_machine.py)."""
    library = build(image.build(genome, Timing()), TARGETS["host"], Options(cc="cc"))
    assert library.content[:4] == b"\x7fELF"
