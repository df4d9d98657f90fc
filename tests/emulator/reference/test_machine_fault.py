"""Flipped bits: what a board does when its program fails, and what is counted."""

from collections import Counter

import pytest

from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.goal import PictureGoal
from emulator.reference.engine import ReferenceEngine
from emulator.world.draws import Stream, draw32, key
from emulator.world.lattices import Square8
from firmware import image
from firmware.errors import InputError
from firmware.hardware.machine import machine, rom_image
from firmware.program import Failure, MachineError, Upset, Wake

CELLS = 4
IMAGE = bytes(100)


class Machine:
    """Counts its wakes in RAM; an upset's bit decides what becomes of it."""

    upset_bits = 5
    upset_instructions = 1000
    genome_bytes = range(10, 14)

    def __init__(self, rom, log):
        self.rom = rom
        self.log = log

    def persistent(self, ram):
        return ram.persistent_bytes()

    def boot(self, ram, entropy, strap):
        if self.rom[10] or self.rom[11]:
            raise MachineError(Failure.REFUSED, "rotten")
        ram.state[0] = 1
        return 1000

    def receive(self, ram, port, wire):
        pass

    def wake(self, ram):
        ram.state[1] += 1 + (any(self.rom[10:14]))
        return Wake(bytes(ram.bytes[:2]), 1000)

    def wake_upset(self, ram, upset):
        self.log.append(upset)
        if upset.bit == 0:
            raise MachineError(Failure.TRAP, "")
        if upset.bit == 1:
            raise MachineError(Failure.HANG, "")
        wake = self.wake(ram)
        if upset.bit == 2:
            ram.sequence += 1
        if upset.bit == 3:
            ram.bytes[20] = 1  # scratch
        return wake._replace(wait_us=2000) if upset.bit == 4 else wake


@pytest.fixture
def run(genome):
    def make(seed, *faults, rounds=6):
        config = RunConfig(Square8(1, CELLS), seed=seed, faults=tuple(map(Fault.parse, faults)))
        log = []
        engine = ReferenceEngine(config, IMAGE, PictureGoal(genome_of(1)), lambda rom: Machine(rom, log))
        return engine, engine.run(rounds), log

    def genome_of(side):
        return type(genome.target).of(genome.target.rgba[:side, :side])

    return make


def draws(seed, stream, cell, index=0, per_cell=1):
    return draw32(key(seed, stream, 1), per_cell * cell + index)


OUTCOMES = {0: "trap", 1: "hang", 2: "silent", 3: "masked", 4: "silent"}


@pytest.mark.parametrize("seed", range(8))
def test_an_upset_hits_one_update_of_each_cell(run, seed):
    engine, result, log = run(seed, "upset:random:1@0.25")
    upsets = [
        Upset(
            draws(seed, Stream.UPSET, cell, 0, 2) * 1000 >> 32,
            draws(seed, Stream.UPSET, cell, 1, 2) * 5 >> 32,
        )
        for cell in range(CELLS)
    ]
    assert log == upsets
    assert result.machine_faults == {"upset": dict(Counter(OUTCOMES[upset.bit] for upset in upsets))}
    failed = [upset.bit < 2 for upset in upsets]
    late = [upset.bit == 4 for upset in upsets]
    assert [board.boots for board in engine._boards] == [1 + f for f in failed]
    assert result.updates == 60 * CELLS - sum(failed) - sum(late)
    # The third update was hit; the watchdog has blanked what failed.
    assert engine.states[0, :, 1].tolist() == [
        57 if f else 59 if slow else 60 for f, slow in zip(failed, late, strict=True)
    ]


@pytest.mark.parametrize("seed", range(6))
def test_rot_stays_in_rom(run, seed):
    engine, result, _ = run(seed, "rot:random:1@0.25")
    for board in engine._boards:
        byte, bit = divmod(draws(seed, Stream.ROT, board.number) * 32 >> 32, 8)
        rom = bytearray(10_240)
        rom[100:] = b"\xff" * (10_240 - 100)
        rom[10 + byte] ^= 1 << bit
        assert board.rom.content == rom
    assert result.machine_faults == {"rot": {"silent": 58 * CELLS}}
    assert engine.states[0, :, 1].tolist() == [2 + 2 * 58] * CELLS


@pytest.mark.parametrize("seed", range(6))
def test_a_cell_that_refuses_to_start_stays_dark(run, seed):
    engine, result, _ = run(seed, "rot:random:1@0.25", "restart:random:1@1.05")
    dark = [draws(seed, Stream.ROT, cell) * 32 >> 35 < 2 for cell in range(CELLS)]
    assert [board.running for board in engine._boards] == [not d for d in dark]
    assert result.machine_faults["rot"].get("refused", 0) == sum(dark)
    assert (engine.states[0, :, 0] == 0).tolist() == dark


def test_only_machine_code_has_such_bits(build):
    for fault in ("upset:half:left@1", "rot:half:left@1"):
        with pytest.raises(
            InputError, match=f"fault: {fault} - only machine code has the bits .* engine iss"
        ):
            build(faults=(Fault.parse(fault),))
    engine = build()
    with pytest.raises(InputError, match="only machine code"):
        engine.wound(Fault.parse("upset:half:left@1"))


def test_an_upset_takes_no_time():
    for text in ("upset:half:left@1+5", "rot:half:left@1+5"):
        with pytest.raises(InputError, match="takes no time"):
            Fault.parse(text)
        assert not Fault.parse(text[:-2]).destroys


@pytest.mark.parametrize("target", ["host", "cortex-m0plus", "rv32imc", "rv32ec"])
def test_the_machine_code_lives_the_same_life(build, built, genome, target):
    """Wounds, losses, jitter, a torus, another clock: the trace is the reference's."""
    for options in (
        {
            "topology": Square8(12, 12),
            "seed": 5,
            "loss": 0.1,
            "faults": (Fault.parse("restart:half:left@4"),),
        },
        {
            "topology": Square8(12, 12, torus=True),
            "seed": 6,
            "jitter_us": 700,
            "faults": (Fault.parse("kill:disc:5,5,3@3+4"),),
        },
    ):
        config = RunConfig(**options)
        binary, _ = built(genome, target, config.timing)
        engine = ReferenceEngine(config, rom_image(binary), PictureGoal(genome.target), machine(binary))
        assert engine.run(10) == build(**options).run(10)


@pytest.mark.parametrize("target", ["cortex-m0plus", "rv32imc"])
def test_upsets_in_machine_code(built, genome, target):
    """Every upset is accounted for, the same ones every time."""
    config = RunConfig(
        Square8(12, 12), seed=3, faults=(Fault.parse("upset:random:1@2"), Fault.parse("rot:half:left@3"))
    )
    results = []
    for check_genome in (False, True):
        binary, _ = built(genome, target, config.timing, check_genome=check_genome)
        for _ in range(2):
            engine = ReferenceEngine(config, rom_image(binary), PictureGoal(genome.target), machine(binary))
            results.append(engine.run(8))
    assert results[0] == results[1]
    assert results[2] == results[3]
    for result in results:
        assert sum(result.machine_faults["upset"].values()) == 144
        assert {"masked", "silent", "trap"} <= result.machine_faults["upset"].keys()
        assert result.machine_faults["rot"]["masked"] > 100


def test_the_image_is_checked_at_boot_only_if_asked(built, genome):
    config = RunConfig(
        Square8(12, 12), faults=(Fault.parse("rot:half:left@2"), Fault.parse("restart:half:left@3"))
    )
    for check_genome in (False, True):
        binary, _ = built(genome, timing=config.timing, check_genome=check_genome)
        engine = ReferenceEngine(config, rom_image(binary), PictureGoal(genome.target), machine(binary))
        assert engine.run(5).machine_faults["rot"].get("refused", 0) == (72 if check_genome else 0)
        assert sum(board.running for board in engine._boards) == (72 if check_genome else 144)


def test_image_is_what_was_built(built, genome):
    binary, _ = built(genome)
    assert rom_image(binary)[-len(binary.image) :] == image.build(genome, RunConfig().timing)
