"""Flipped bits in cells that execute machine code. SPEC.md, "Faults of machine code"."""

from emulator.reference.board import Board
from emulator.reference.flash import Flasher
from emulator.world.draws import Stream, draw32, key
from firmware.program import MachineProgram, Upset


def flip(kind: str, board: Board, on_board: bytes, seed: int, number: int, flasher: Flasher) -> None:
    """Do what fault ``number`` of the plan, an upset or rot, does to one of its cells."""
    program = board.program
    assert isinstance(program, MachineProgram)
    if kind == "upset":
        draws = key(seed, Stream.UPSET, number)
        board.upset = Upset(
            after=draw32(draws, 2 * board.number) * program.upset_instructions >> 32,
            bit=draw32(draws, 2 * board.number + 1) * program.upset_bits >> 32,
        )
        return
    draw = draw32(key(seed, Stream.ROT, number), board.number)
    byte, bit = divmod(draw * 8 * len(program.genome_bytes) >> 32, 8)
    board.rom.flip(program.genome_bytes[byte], bit)
    board.program = flasher.load(board.rom, on_board)
