import pytest

from emulator.reference import engine as reference
from emulator.reference.flash import Flasher, FlashError, Rom
from firmware.budget import ROM_BYTES
from firmware.errors import InputError


class StuckBit(Rom):
    """Bit 7 of address 2 is always 1."""

    def program(self, image):
        super().program(image)
        self.content = self.content[:2] + bytes([self.content[2] | 0x80]) + self.content[3:]


BOARD = bytes(16)


def test_the_rest_of_the_rom_stays_erased():
    rom = Rom()
    rom.program(b"abc")
    assert rom.content == b"abc" + b"\xff" * (ROM_BYTES - 3)


def test_equal_roms_share_one_program():
    made = []
    flasher = Flasher(b"abc", lambda rom: made.append(rom) or object())
    roms = [Rom(), Rom()]
    programs = [flasher.flash(rom, cell, BOARD) for cell, rom in enumerate(roms)]
    assert programs[0] is programs[1]
    assert roms[0].content is roms[1].content
    assert made == [roms[0].content]


def test_a_program_knows_its_board():
    """After its ROM was changed, too."""

    class OnBoard:
        boot = receive = wake = len

        def __init__(self, rom, board=None):
            self.rom, self.board = rom, board

        def on(self, board):
            return OnBoard(self.rom, board)

    flasher, rom, board = Flasher(b"abc", OnBoard), Rom(), bytes(range(16))
    assert flasher.flash(rom, 0, board).board == board
    rom.flip(1, 0)
    program = flasher.load(rom, board)
    assert (program.rom[:3], program.board) == (b"acc", board)


def test_a_mismatch_names_cell_address_and_bytes():
    with pytest.raises(FlashError, match=r"^cell 7: ROM address 2 holds 0x82 after 0x02 was written$"):
        Flasher(b"\0\1\2\3", lambda _rom: object()).flash(StuckBit(), 7, BOARD)


def test_the_engine_refuses_a_faulty_rom(build, monkeypatch):
    monkeypatch.setattr(reference, "Rom", StuckBit)
    with pytest.raises(FlashError, match="cell 0: ROM address 2"):
        build()


def test_an_image_may_fill_the_rom_but_no_more():
    assert Flasher(bytes(ROM_BYTES), lambda rom: rom).flash(Rom(), 0, BOARD) == bytes(ROM_BYTES)
    with pytest.raises(InputError, match="10241 B - a cell's ROM has 10240 B"):
        Flasher(bytes(ROM_BYTES + 1), lambda rom: rom)
