"""Programming the cells' ROMs, and making sure that it worked."""

from firmware.budget import ERASED, ROM_BYTES
from firmware.errors import InputError
from firmware.program import BoardProgram, Firmware, Program


class FlashError(Exception):
    """A ROM does not hold what was written to it."""


class Rom:
    """A cell's flash memory: 10,240 bytes, erased to 0xFF."""

    __slots__ = ("content",)

    def __init__(self) -> None:
        self.erase()

    def erase(self) -> None:
        """Make all bytes of the ROM 0xFF."""
        self.content = ERASED * ROM_BYTES

    def program(self, image: bytes) -> None:
        """Write an image from address 0; the rest stays erased."""
        self.content = image + self.content[len(image) :]

    def flip(self, address: int, bit: int) -> None:
        """Bit rot: bit 0..7 of a byte changes."""
        content = bytearray(self.content)
        content[address] ^= 1 << bit
        self.content = bytes(content)


class Flasher:
    """Flashes one image into many ROMs and reads each one back.

    Equal contents share one object in the host's memory, and on equal boards one program, which has no
    state.

    Args:
        image: what every cell gets.
        firmware: makes the program that a ROM holds.

    Raises:
        InputError: the image is larger than a ROM.
    """

    def __init__(self, image: bytes, firmware: Firmware) -> None:
        if len(image) > ROM_BYTES:
            raise InputError(
                "flash image", f"{len(image)} B", f"a cell's ROM has {ROM_BYTES} B", "use a smaller genome"
            )
        self.image = image
        self.firmware = firmware
        self.programs: dict[bytes, Program] = {}
        self.contents: dict[bytes, bytes] = {}
        self._on_boards: dict[tuple[bytes, bytes], Program] = {}

    def flash(self, rom: Rom, cell: int, on_board: bytes) -> Program:
        """Program a ROM, verify it by reading it back, and load what it holds.

        Args:
            rom: of the cell.
            cell: its number.
            on_board: the 16 bytes of its board.

        Raises:
            FlashError: the read-back differs.
        """
        rom.program(self.image)
        expected = self.image.ljust(ROM_BYTES, ERASED)
        if rom.content != expected:
            address = next(i for i, (a, b) in enumerate(zip(rom.content, expected, strict=True)) if a != b)
            raise FlashError(
                f"cell {cell}: ROM address {address} holds 0x{rom.content[address]:02x} "
                f"after 0x{expected[address]:02x} was written"
            )
        return self.load(rom, on_board)

    def load(self, rom: Rom, on_board: bytes) -> Program:
        """The program that a ROM holds, on a board with these 16 bytes."""
        rom.content = self.contents.setdefault(rom.content, rom.content)
        if rom.content not in self.programs:
            self.programs[rom.content] = self.firmware(rom.content)
        program = self.programs[rom.content]
        if not isinstance(program, BoardProgram):
            return program
        return self._on_boards.setdefault((rom.content, on_board), program.on(on_board))
