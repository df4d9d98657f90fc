"""The C cell in all its builds against the Python reference, and what flipped bits do to it."""

import shutil
import sys
import zlib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from firmware import frame, image
from firmware.cell import NeuralProgram
from firmware.clock import Law, Timing
from firmware.errors import InputError
from firmware.hardware.build import Options, build
from firmware.hardware.chips import CHIPS, TARGETS
from firmware.hardware.machine import ChipProgram, WasmLibrary, load, machine, rom_image
from firmware.hardware.simulator import Event
from firmware.hardware.sizes import measure
from firmware.hardware.verify import random_genome, verify
from firmware.memory import FIELD, Ram
from firmware.program import Failure, MachineError, MachineProgram, Upset

RAM_BITS = 8 * 256
TIMINGS = (Timing(), Timing(Law.UNIFORM, 123_457, 3), Timing(Law.EXPONENTIAL, 1, 255))


def living_ram(seed=1):
    ram = Ram(bytearray(np.random.default_rng(seed).bytes(256)))
    ram.state[3] = 100
    return ram


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("timing", TIMINGS, ids=["default", "uniform", "fastest"])
def test_no_byte_differs(built, genome, target, timing):
    for subject in (genome, random_genome(genome, 3)):
        binary, program = built(subject, target, timing)
        report = verify(binary.image, program, 1100, seed=7)
        assert (report.cases, report.mismatches, report.first) == (1100, 0, "")
        assert report.bytes_compared > 1100 * 152


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("cell.h", "ALIVE_MIN = 7", "ALIVE_MIN = 8"),
        ("neural.c", "2 * across + 2", "2 * across + 1"),
        ("neural.c", "sum > 127 ? 127 : sum", "sum > 126 ? 126 : sum"),
        ("runtime.c", "(me->sequence + 1) & 127", "(me->sequence + 1) & 255"),
        ("runtime.c", "FRAME_BYTES) != FRAME_BYTES)", "FRAME_BYTES) < FRAME_BYTES)"),
        ("runtime.h", "if (me->frame_errors != 255)", "if (1)"),
        ("runtime.c", "while (word < last)", "while (word <= last / 2)"),
        ("runtime.c", "0x02c4 | crc << 16", "0x02c5 | crc << 16"),
    ],
)
def test_a_changed_program_is_found_out(built, genome, change_source, file, old, new):
    change_source(file, old, new)
    binary, program = built(genome, "host")
    report = verify(binary.image, program, 4000, seed=7)
    assert report.mismatches > 0
    assert "must be" in report.first


def test_a_gcc_of_the_system_builds_the_same_cell(hardware, genome):
    binary = build(image.build(genome, Timing()), TARGETS["host"], Options(cc="cc"))
    assert verify(binary.image, machine(binary)(binary.image), 2000).mismatches == 0


@pytest.mark.parametrize(
    ("target", "cc"),
    [
        ("cortex-m0plus", "arm-none-eabi-gcc"),
        ("rv32imc", "riscv64-unknown-elf-gcc"),
        ("rv32ec", "riscv64-unknown-elf-gcc"),
    ],
)
def test_a_cross_gcc_of_the_system_builds_the_same_cell_within_the_budget(built, genome, target, cc):
    if shutil.which(cc) is None:
        package = "gcc-" + cc.removesuffix("-gcc")
        pytest.skip(f"{cc} is not installed: apt-get install {package}")
    for subject in (genome, random_genome(genome, 4)):
        binary, program = built(subject, target, cc=cc)
        assert verify(binary.image, program, 1100).mismatches == 0
        facts = measure(binary)
        assert facts["ram_total_bytes"] <= 256
        assert facts["rom_bytes"] - facts["rom_bytes_by_section"]["genome"] <= 1_236


@pytest.mark.parametrize("target", CHIPS)
def test_a_flip_at_the_start_is_a_flip_before(built, genome, target):
    _, program = built(genome, target)
    for bit in (0, 5, 8 * 80 + 3, 8 * FIELD["prng"].offset + 1, 8 * FIELD["sequence"].offset):
        hit, before = living_ram(), living_ram()
        before.bytes[bit // 8] ^= 1 << bit % 8
        assert program.wake_upset(hit, Upset(1, bit)) == program.wake(before)
        assert hit.persistent_bytes() == before.persistent_bytes()


@pytest.mark.parametrize("target", CHIPS)
def test_a_flip_after_the_end_hits_the_sleeping_cell(built, genome, target):
    _, program = built(genome, target)
    hit, after = living_ram(), living_ram()
    wake = program.wake(after)
    after.bytes[4] ^= 1 << 2
    assert program.wake_upset(hit, Upset(3_000_000, 34)) == wake
    assert hit.bytes[:16] == after.bytes[:16]
    hit, after = living_ram(), living_ram()
    assert program.wake_upset(hit, Upset(3_000_000, program.upset_bits - 1)) == program.wake(after)
    assert hit.bytes == after.bytes


@pytest.mark.parametrize(("target", "registers"), [("cortex-m0plus", 16), ("rv32imc", 32), ("rv32ec", 16)])
def test_a_wild_program_counter_is_a_trap_and_leaves_no_trace(built, genome, target, registers):
    binary, program = built(genome, target)
    assert isinstance(program, MachineProgram)
    assert program.upset_bits == RAM_BITS + 32 * registers
    ram = living_ram()
    before = bytes(ram.bytes)
    with pytest.raises(MachineError) as caught:
        program.wake_upset(ram, Upset(500, program.upset_bits - 2))
    assert caught.value.failure is Failure.TRAP
    assert bytes(ram.bytes) == before
    assert verify(binary.image, program, 200).mismatches == 0


@pytest.mark.parametrize("target", CHIPS)
def test_any_upset_ends_and_the_next_event_is_as_ever(built, genome, target):
    """Random flips everywhere: each comes to an end, the same one again, and harms nobody else."""
    binary, program = built(genome, target)
    rng = np.random.default_rng(2)
    outcomes = set()
    for _ in range(150):
        upset = Upset(int(rng.integers(program.upset_instructions)), int(rng.integers(program.upset_bits)))
        ends = []
        for _ in range(2):
            ram = living_ram()
            try:
                ends.append((program.wake_upset(ram, upset), bytes(ram.bytes)))
            except MachineError as error:
                ends.append((error.failure, bytes(ram.bytes)))
        assert ends[0] == ends[1]
        outcomes.add(ends[0][0] if isinstance(ends[0][0], Failure) else "ended")
    assert {"ended", Failure.TRAP} <= outcomes
    assert verify(binary.image, program, 200).mismatches == 0


def test_the_watchdog(built, genome):
    _, program = built(genome)
    with pytest.raises(MachineError, match="hang: not asleep after 100 instructions"):
        program.chip.run(living_ram().bytes, Event.TIMER, limit=100)


@pytest.mark.parametrize("target", CHIPS)
@pytest.mark.parametrize("address", ["0x20000100", "0x00000100", "0x00002800", "0x40000007", "0x12345678"])
def test_a_write_outside_of_the_ram_is_a_trap(built, genome, change_source, target, address):
    line = "    me->frame.byte[1] = me->sequence;\n"
    change_source("runtime.c", line, f"    *(volatile uint8_t *){address} = 1;\n{line}")
    _, program = built(genome, target)
    for _ in range(2):  # the second time the ROM must be whole again
        with pytest.raises(MachineError) as caught:
            program.wake(living_ram())
        assert caught.value.failure is Failure.TRAP
        assert program.boot(Ram(), 1, False) > 0


@pytest.mark.parametrize("target", CHIPS)
def test_a_flipped_genome_bit_is_another_genome(built, genome, target):
    binary, program = built(genome, target)
    flash = bytearray(binary.image)
    flash[16 + 66 * 3 + 40] ^= 64
    rom = bytearray(binary.rom.ljust(10_240, b"\xff"))
    rom[binary.genome_address : len(binary.rom)] = flash
    flash[12:16] = zlib.crc32(flash[:12] + flash[16:]).to_bytes(4, "little")
    rotten, other = ChipProgram(bytes(rom), program.chip), NeuralProgram(bytes(flash))
    differs = False
    for seed in range(20):
        rams = [living_ram(seed) for _ in range(3)]
        wakes = [each.wake(ram) for each, ram in zip((rotten, other, program), rams, strict=True)]
        assert wakes[0] == wakes[1]
        assert rams[0].persistent_bytes() == rams[1].persistent_bytes()
        differs |= wakes[0] != wakes[2]
    assert differs


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (b"\xfe\xe7", "hang: not asleep after 4,000,000 instructions"),
        (b"\x00\xde", "trap: Invalid instruction"),
    ],
)
def test_a_cell_that_comes_to_no_end_differs(built, genome, code, says):
    """``b .`` and ``udf #0`` in the place of the reset code."""
    binary, _ = built(genome)
    at = binary.reset & ~1
    report = verify(binary.image, load(replace(binary, rom=binary.rom[:at] + code + binary.rom[at + 2 :])), 3)
    assert report.mismatches == 3
    assert report.first.startswith(f"case 0, random RAM: {says}")


def test_other_code_is_refused(built, genome):
    binary, program = built(genome)
    rom = bytearray(binary.rom.ljust(10_240, b"\xff"))
    rom[100] ^= 1
    with pytest.raises(InputError, match="ROM: address 100 - its code is not what was built"):
        ChipProgram(bytes(rom), program.chip)


@pytest.mark.parametrize("target", CHIPS)
def test_a_cell_that_checks_its_genome(built, genome, target):
    binary, program = built(genome, target, check_genome=True)
    assert verify(binary.image, program, 300).mismatches == 0
    intact = binary.rom.ljust(10_240, b"\xff")
    for offset in (0, 3, 5, 8, 12, 15, 16, len(binary.image) - 1):
        rom = bytearray(intact)
        rom[binary.genome_address + offset] ^= 2
        rotten = ChipProgram(bytes(rom), program.chip)
        with pytest.raises(MachineError) as caught:
            rotten.boot(Ram(), 5, True)
        assert caught.value.failure is Failure.REFUSED
    assert program.boot(Ram(), 5, True) == NeuralProgram(binary.image).boot(Ram(), 5, True)


def rom_with(binary, flash):
    """The ROM of a binary with another image in place of its own."""
    rom = bytearray(rom_image(binary).ljust(10_240, b"\xff"))
    address = binary.genome_address if binary.rom else 0
    rom[address : address + len(flash)] = flash
    return bytes(rom)


@pytest.mark.parametrize("crc", ["right", "old"])
@pytest.mark.parametrize("target", ["host", "wasm", *CHIPS])
def test_all_agree_about_a_header_with_a_flipped_bit(built, genome, target, crc):
    """Refused at boot, never a trap; or alike, where another number is as good."""
    binary, _ = built(genome, target, check_genome=True)
    load = machine(binary)
    outcomes = Counter()
    for bit in range(8 * 12):
        flash = bytearray(binary.image)
        flash[bit // 8] ^= 1 << bit % 8
        if crc == "right" and flash[3] <= 128:
            end = 16 + 66 * flash[3]
            flash = flash[:end].ljust(end, b"\xff")
            flash[12:16] = zlib.crc32(flash[:12] + flash[16:]).to_bytes(4, "little")
        program, ram = load(rom_with(binary, flash)), Ram()
        try:
            expected = NeuralProgram(bytes(flash)).boot(Ram(), 5, True)
        except InputError:
            outcomes["refused"] += 1
            with pytest.raises(MachineError, match="refused: its genome is corrupt"):
                program.boot(ram, 5, True)
        else:
            outcomes["alike"] += 1
            assert program.boot(ram, 5, True) == expected
    assert (outcomes["alike"] > 30) == (crc == "right")
    assert outcomes["refused"] > 40


@pytest.mark.parametrize("target", CHIPS)
def test_the_cost_of_an_event(built, genome, target):
    _, program = built(genome, target)
    wire = frame.encode(frame.Frame(1, bytes(16)))
    cost = program.chip.cost(Ram().bytes, Event.BYTES + 2, incoming=wire)
    assert cost == program.chip.cost(Ram().bytes, Event.BYTES + 2, incoming=wire)
    assert 17 * 8 * 4 < cost.instructions < 2000
    assert 24 * 2 + 17 < cost.accesses < cost.instructions / 4
    assert 17 * 8 < cost.branches < cost.instructions / 4
    assert cost.stack_bytes <= 40


@pytest.mark.skipif(sys.platform != "linux", reason="ulimit -v")
def test_a_module_that_may_not_have_its_addresses(built, genome):
    import resource

    binary, _ = built(genome, "wasm")
    before = resource.getrlimit(resource.RLIMIT_AS)
    used_bytes = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    try:
        resource.setrlimit(resource.RLIMIT_AS, (used_bytes + (1 << 31), before[1]))
        with pytest.raises(InputError, match="memory: wasm - wasmtime reserves 4 GB of addresses"):
            WasmLibrary(binary.content)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
