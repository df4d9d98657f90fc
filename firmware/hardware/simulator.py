"""A chip in the instruction-set simulator: it executes the real binary, one event at a time.

One simulated chip serves any number of cells: their 256 bytes of RAM are swapped in and out. Every
access outside of a cell's ROM, RAM and board is a trap. Needs unicorn (extra ``hardware``).
"""

import mmap
from enum import IntEnum
from typing import Any, Final, NamedTuple

from firmware.budget import ERASED, RAM_BYTES, ROM_BYTES
from firmware.hardware.binary import RAM_ORIGIN, Binary
from firmware.hardware.toolchain import require
from firmware.memory import GUARD_BYTES
from firmware.program import Failure, MachineError, Upset
from firmware.system.interrupts import held
from firmware.variables import BOARD_BYTES

BOARD_ORIGIN: Final = 0x40000000
WATCHDOG_INSTRUCTIONS: Final = 4_000_000
"""Ten times the longest update of the slowest chip."""

_TRANSLATED_BYTES: Final = 1 << 25
"""Room for what unicorn makes of a ROM of 10 kB. It would take 1 GB of addresses, and where it does not get
them, as under a ulimit, it ends the process with status 1."""

_GUARD: Final = b"\xa5\x5a\xc3\x3c"[:GUARD_BYTES]
"""What lies between variables and stack during an event."""

_PAGE: Final = 4096
_ROM_PAGES: Final = -(-ROM_BYTES // _PAGE) * _PAGE


class Event(IntEnum):
    """What wakes a chip; its value is what the board's event register reads. Bytes: plus the port."""

    POWER = 0
    TIMER = 1
    BYTES = 8


class Register(IntEnum):
    """Offsets on the board (docs/board.md)."""

    EVENT = 0x00
    WAITS = 0x01
    DATA = 0x02
    SEND = 0x03
    LED = 0x04
    STRAP = 0x05
    SLEEP = 0x06
    ENTROPY = 0x08
    WAIT_US = 0x0C
    BOARD = 0x10


class Output(NamedTuple):
    """What an event gave: bytes broadcast, LED levels, and the next wait (None: none was set)."""

    sent: bytes
    led: bytes
    wait_us: int | None


class Cost(NamedTuple):
    """Of one event: instructions, data accesses, taken branches, and the deepest stack."""

    instructions: int
    accesses: int
    branches: int
    stack_bytes: int


class SimulatedChip:
    """A simulated chip with a binary in its ROM.

    Args:
        binary: built for a chip.

    Raises:
        InputError: unicorn is not installed.
        OSError: memory is used up.
    """

    def __init__(self, binary: Binary) -> None:
        require("unicorn", "instruction-set simulator")
        import unicorn

        self.binary = binary
        self._patched: dict[int, int] = {}
        self._core, self._names = _core(binary.target.name)
        self._incoming = bytearray()
        self._sent = bytearray()
        self._led = bytearray()
        self._wait_us: int | None = None
        self._asleep = False
        self._trap = ""
        self._inputs: dict[int, int] = {}
        self._board = bytes(BOARD_BYTES)
        core = self._core
        core.ctl_set_tcg_buffer_size(_TRANSLATED_BYTES)
        mmap.mmap(-1, _TRANSLATED_BYTES).close()  # raises an error if there is no room
        core.mem_map(0, _ROM_PAGES, unicorn.UC_PROT_ALL)  # a patch of write-protected pages is slow
        self.rom = binary.rom.ljust(ROM_BYTES, ERASED)
        core.mem_write(0, self.rom)
        core.mem_map(RAM_ORIGIN, _PAGE, unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE)
        core.mmio_map(BOARD_ORIGIN, _PAGE, self._read, None, self._write, None)
        access = unicorn.UC_HOOK_MEM_READ | unicorn.UC_HOOK_MEM_WRITE
        core.hook_add(access, self._outside, None, RAM_ORIGIN + RAM_BYTES, RAM_ORIGIN + _PAGE - 1)
        core.hook_add(access, self._outside, None, ROM_BYTES, _ROM_PAGES - 1)
        core.hook_add(unicorn.UC_HOOK_MEM_WRITE, self._outside, None, 0, ROM_BYTES - 1)
        self._fresh = core.context_save()
        self._harmed = False

    @property
    def upset_bits(self) -> int:
        """How many bits an ``Upset`` can hit: RAM and registers."""
        return 8 * RAM_BYTES + 32 * len(self._names)

    def patch(self, genome: dict[int, int]) -> None:
        """Put these bytes, by address, into the genome in ROM, and all others as they were built."""
        if genome != self._patched:
            for address in self._patched:
                self._core.mem_write(address, self.rom[address : address + 1])
            for address, byte in genome.items():
                self._core.mem_write(address, bytes([byte]))
            self._patched = genome

    def run(
        self,
        ram: bytearray | memoryview,
        event: int,
        *,
        incoming: bytes = b"",
        entropy: int = 0,
        strap: int = 0,
        board: bytes = bytes(BOARD_BYTES),
        upset: Upset | None = None,
        limit: int = WATCHDOG_INSTRUCTIONS,
    ) -> Output:
        """Let a cell handle one event, from reset to sleep.

        Args:
            ram: the cell's 256 bytes; they are what the cell leaves behind, in the end.
            event: an ``Event``, for bytes plus the port.
            incoming: what waits on that port.
            entropy: of the board, 32 bits.
            strap: the code of the board's strap.
            board: its 16 bytes.
            upset: a bit that flips on the way.
            limit: of instructions: the watchdog.

        Raises:
            MachineError: a trap, or the watchdog's limit; ``ram`` is as it was before.
        """
        self._heal()
        self._incoming[:] = incoming
        self._inputs = {Register.EVENT: event, Register.ENTROPY: entropy, Register.STRAP: strap}
        self._board = board
        self._sent.clear()
        self._led.clear()
        self._wait_us, self._asleep, self._trap = None, False, ""
        self._core.mem_write(RAM_ORIGIN, bytes(ram))
        guard = self.binary.guard if upset is None else None
        if guard is not None:
            self._core.mem_write(guard, _GUARD)
        self._core.reg_write(self._names["sp"], self.binary.stack_top)
        self._harmed = True
        self._execute(self.binary.reset, limit if upset is None else max(1, upset.after))
        if upset is not None:
            self._flip(upset.bit)
            if not self._asleep:
                self._execute(self._core.reg_read(self._names["pc"]) | self.binary.reset & 1, limit)
        if not self._asleep:
            raise MachineError(Failure.HANG, f"not asleep after {limit:,} instructions")
        self._harmed = upset is not None
        if guard is not None:
            if bytes(self._core.mem_read(guard, GUARD_BYTES)) != _GUARD:
                raise MachineError(Failure.TRAP, "its stack has run into its variables")
            at = guard - RAM_ORIGIN
            self._core.mem_write(guard, bytes(ram[at : at + GUARD_BYTES]))
        ram[:] = self._core.mem_read(RAM_ORIGIN, RAM_BYTES)
        return Output(bytes(self._sent), bytes(self._led), self._wait_us)

    def cost(self, ram: bytearray | memoryview, event: int, **arguments: Any) -> Cost:
        """``run`` an event and count; slow, for it looks at every instruction."""
        import unicorn

        instructions = accesses = branches = expected = 0
        lowest = top = self.binary.stack_top

        def step(core: Any, address: int, size: int, _data: Any) -> None:
            nonlocal instructions, branches, expected, lowest
            instructions += 1
            branches += address != expected and instructions > 1
            expected = address + size
            lowest = min(lowest, core.reg_read(self._names["sp"]))

        def touch(*_: Any) -> None:
            nonlocal accesses
            accesses += 1

        hooks = [
            self._core.hook_add(unicorn.UC_HOOK_CODE, step),
            self._core.hook_add(unicorn.UC_HOOK_MEM_READ | unicorn.UC_HOOK_MEM_WRITE, touch),
        ]
        self._core.ctl_flush_tb()
        try:
            self.run(ram, event, **arguments)
        finally:
            for hook in hooks:
                self._core.hook_del(hook)
            self._core.ctl_flush_tb()
        return Cost(instructions, accesses, branches, top - lowest)

    def _heal(self) -> None:
        """After an upset or a failure: whatever the code did to the processor or to ROM is undone."""
        if self._harmed:
            self._core.context_restore(self._fresh)
            self._core.mem_write(0, self.rom)
            for address, byte in self._patched.items():
                self._core.mem_write(address, bytes([byte]))
            self._harmed = False

    def _execute(self, at: int, limit: int) -> None:
        import unicorn

        try:
            with held():  # an interrupt in a callback would be lost, and with it what the board was to do
                self._core.emu_start(at, 0xFFFFFFFF, count=limit)
        except unicorn.UcError as error:
            raise MachineError(Failure.TRAP, str(error)) from error
        if self._trap:
            raise MachineError(Failure.TRAP, self._trap)

    def _flip(self, bit: int) -> None:
        if bit < 8 * RAM_BYTES:
            address = RAM_ORIGIN + bit // 8
            (byte,) = self._core.mem_read(address, 1)
            self._core.mem_write(address, bytes([byte ^ 1 << bit % 8]))
            return
        register = list(self._names.values())[(bit - 8 * RAM_BYTES) // 32]
        self._core.reg_write(register, self._core.reg_read(register) ^ 1 << bit % 32)

    def _read(self, _core: Any, offset: int, size: int, _data: Any) -> int:
        if offset == Register.WAITS:
            return int(bool(self._incoming))
        if offset == Register.DATA and self._incoming:
            return self._incoming.pop(0)
        if offset in self._inputs:
            return self._inputs[offset]
        if Register.BOARD <= offset <= Register.BOARD + BOARD_BYTES - size:
            return int.from_bytes(self._board[offset - Register.BOARD :][:size], "little")
        return self._stray(f"read of board register 0x{offset:02x}")

    def _write(self, core: Any, offset: int, _size: int, value: int, _data: Any) -> None:
        if offset == Register.SEND:
            self._sent.append(value & 0xFF)
        elif offset == Register.LED:
            self._led.append(value & 0xFF)
        elif offset == Register.WAIT_US:
            self._wait_us = value
        elif offset == Register.SLEEP:
            self._asleep = True
            core.emu_stop()
        else:
            self._stray(f"write to board register 0x{offset:02x}")

    def _outside(self, _core: Any, _access: int, address: int, *_rest: Any) -> None:
        self._stray(f"access to 0x{address:08x}")

    def _stray(self, detail: str) -> int:
        """A bus error; exceptions do not pass through all of the simulator's callbacks."""
        self._trap = self._trap or detail
        self._core.emu_stop()
        return 0


def _core(target: str) -> tuple[Any, dict[str, int]]:
    """A bare processor, and its registers by name."""
    import unicorn
    from unicorn import arm_const, riscv_const

    if target == "cortex-m0plus":
        core = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        core.ctl_set_cpu_model(arm_const.UC_CPU_ARM_CORTEX_M0)
        names = [*(f"r{number}" for number in range(13)), "sp", "lr", "pc"]
        return core, {name: getattr(arm_const, f"UC_ARM_REG_{name.upper()}") for name in names}
    core = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32)
    last = 15 if target == "rv32ec" else 31
    registers = {
        f"x{number}": getattr(riscv_const, f"UC_RISCV_REG_X{number}") for number in range(1, last + 1)
    }
    return core, registers | {"sp": registers.pop("x2"), "pc": riscv_const.UC_RISCV_REG_PC}
