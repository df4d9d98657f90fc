"""The C cell behind the ``Program`` interface: on a simulated chip, on this machine, in wasm.

Needs the extra ``hardware`` (unicorn for chips, wasmtime for wasm).
"""

import ctypes
import signal
import struct
import tempfile
from copy import copy
from typing import Any, Final, NamedTuple

from firmware.budget import ALPHA, ERASED, ROM_BYTES
from firmware.cell import seed_state
from firmware.errors import InputError
from firmware.frame import FRAME_BYTES
from firmware.hardware.binary import Binary
from firmware.hardware.chips import Kind
from firmware.hardware.simulator import Event, Output, SimulatedChip
from firmware.hardware.toolchain import require
from firmware.memory import Ram
from firmware.program import Failure, Firmware, MachineError, Program, Upset, Wake
from firmware.system.scratch import scratch_folder
from firmware.variables import BOARD_BYTES

OUTPUT: Final = struct.Struct(f"<II{FRAME_BYTES}s{ALPHA + 1}s")
"""``struct output`` of host.h: uint32 wait_us, uint32 sent_bytes, the frame, the LED."""

PASSING: Final = ("guard", "stack", "frame", "free")
"""Of the RAM of a program that is no genome, what means nothing between two events."""

SOME_INSTRUCTIONS: Final = 1000
"""Of a program whose first update fails."""

WASM_FUEL: Final = 1_000_000_000
"""Instructions of an event in wasm, which takes seconds: a hang."""

FUNCTIONS: Final = ("cell_boot", "cell_receive", "cell_wake")

_Output = tuple[int, int, bytes, bytes]


class Addresses(NamedTuple):
    """Where a cell's C functions lie in this process, for code that calls them millions of times a second.

    Their signatures are those of ``firmware/c/targets/host.h``, with 256 bytes of RAM as ``me``::

        uint32_t boot(void *me, const void *genome, const void *board, uint32_t entropy, uint32_t strap,
                      struct output *output)
        uint32_t receive(void *me, const void *genome, const void *board, uint32_t port,
                         const uint8_t *bytes, uint32_t count)
        uint32_t wake(void *me, const void *genome, const void *board, struct output *output)

    RAM and ``struct output`` (36 bytes, ``OUTPUT``) begin at multiples of 4; a board has 16 bytes. The
    functions of a library share what they know of it: one call at a time, all in the thread of the last boot.
    They return 0, or the number of the signal that ended the program; SIGVTALRM is a hang, and RAM is then no
    longer what it was. A wait of 0 is a cell that will not wake again, at boot one that refused.

    Attributes:
        boot: address of ``cell_boot``.
        receive: of ``cell_receive``.
        wake: of ``cell_wake``.
        genome: of the flash image, while the program lives that gave it.
    """

    boot: int
    receive: int
    wake: int
    genome: int


def machine(binary: Binary) -> Firmware:
    """What makes programs out of ROMs that hold this binary (chips) or its image (host, wasm).

    Raises:
        InputError: a simulator is not installed, or the system does not load the library.
    """
    kind = binary.target.kind
    if kind is Kind.HOST:
        library = HostLibrary(binary.content)  # one: each takes the signals of those before it
        return lambda rom: LibraryProgram(rom, library)
    if kind is Kind.WASM:
        return lambda rom: LibraryProgram(rom, WasmLibrary(binary.content))
    chip = SimulatedChip(binary)
    return lambda rom: ChipProgram(rom, chip)


def rom_image(binary: Binary) -> bytes:
    """What is flashed so that ``machine(binary)`` finds it."""
    return binary.rom or binary.image


def load(binary: Binary) -> Program:
    """The program in a ROM that was flashed with a binary."""
    return machine(binary)(rom_image(binary).ljust(ROM_BYTES, ERASED))


class ChipProgram:
    """A ROM's content on a simulated chip. A ``MachineProgram``.

    Args:
        rom: as the chip's binary, except for the genome's bytes, which may differ.
        chip: shared by all programs.

    Raises:
        InputError: the ROM holds another program.
    """

    def __init__(self, rom: bytes, chip: SimulatedChip) -> None:
        self.chip = chip
        pairs = enumerate(zip(rom, chip.rom, strict=True))
        self._patch = {address: byte for address, (byte, built) in pairs if byte != built}
        self._board = bytes(BOARD_BYTES)
        self._typical: list[int] = []  # shared with the same program on other boards
        if not self._patch.keys() <= set(self.genome_bytes):
            raise InputError(
                "ROM", f"address {min(self._patch)}", "its code is not what was built", "flash it again"
            )

    def on(self, board: bytes) -> "ChipProgram":
        program = copy(self)
        program._board = board
        return program

    def boot(self, ram: Ram, entropy: int, strap: int) -> int:
        before = bytes(ram.bytes)
        done = self._run(ram, Event.POWER, entropy=entropy, strap=strap)
        if done.wait_us is None:
            ram.bytes[:] = before
            raise _refused()
        return max(1, done.wait_us)

    def receive(self, ram: Ram, port: int, wire: bytes) -> None:
        self._run(ram, Event.BYTES + port, incoming=wire)

    def wake(self, ram: Ram) -> Wake:
        return self._wake(ram, None)

    def wake_upset(self, ram: Ram, upset: Upset) -> Wake:
        return self._wake(ram, upset)

    @property
    def upset_bits(self) -> int:
        return self.chip.upset_bits

    @property
    def upset_instructions(self) -> int:
        if not self._typical:
            self._typical.append(self._typical_instructions())
        return self._typical[0]

    def _typical_instructions(self) -> int:
        """Instructions of a seed's first update; of a program in C, of the first after a boot."""
        ram = Ram()
        try:
            if self.chip.binary.guard is None:
                ram.state[:] = seed_state()
            else:
                self._run(ram, Event.POWER, entropy=1)
            return self.chip.cost(ram.bytes, Event.TIMER, board=self._board).instructions
        except MachineError:
            return SOME_INSTRUCTIONS

    def persistent(self, ram: Ram) -> bytes:
        if self.chip.binary.guard is None:
            return ram.persistent_bytes()
        fields = (field for field in self.chip.binary.ram_fields if field.name not in PASSING)
        return b"".join(bytes(ram.bytes[field.offset : field.end]) for field in fields)

    @property
    def genome_bytes(self) -> range:
        return range(self.chip.binary.genome_address, len(self.chip.binary.rom))

    def _wake(self, ram: Ram, upset: Upset | None) -> Wake:
        before = bytes(ram.bytes)
        done = self._run(ram, Event.TIMER, upset=upset)
        if done.wait_us is None:
            ram.bytes[:] = before
            raise _no_timer()
        return Wake(done.sent, max(1, done.wait_us))

    def _run(self, ram: Ram, event: int, **arguments: Any) -> Output:
        self.chip.patch(self._patch)
        return self.chip.run(ram.bytes, event, board=self._board, **arguments)


class LibraryProgram:
    """An image, run by the C cell as a library (``firmware/c/targets/host.h``).

    Args:
        rom: starts with the image.
        library: the compiled cell.
    """

    def __init__(self, rom: bytes, library: "HostLibrary | WasmLibrary") -> None:
        self._library = library
        self._genome = library.keep(rom)
        self._board = bytes(BOARD_BYTES)

    def on(self, board: bytes) -> "LibraryProgram":
        program = copy(self)
        program._board = board
        return program

    def boot(self, ram: Ram, entropy: int, strap: int) -> int:
        before = bytes(ram.bytes)
        wait_us, *_ = self._library.call("cell_boot", ram, self._genome, self._board, entropy, strap)
        if not wait_us:
            ram.bytes[:] = before
            raise _refused()
        return wait_us

    def receive(self, ram: Ram, port: int, wire: bytes) -> None:
        self._library.call("cell_receive", ram, self._genome, self._board, port, wire)

    def wake(self, ram: Ram) -> Wake:
        before = bytes(ram.bytes)
        wait_us, sent_bytes, frame, _ = self._library.call("cell_wake", ram, self._genome, self._board)
        if not wait_us:
            ram.bytes[:] = before
            raise _no_timer()
        return Wake(frame[:sent_bytes].ljust(sent_bytes, b"\0"), wait_us)

    @property
    def addresses(self) -> Addresses:
        """Where its functions and its image are, if its library is one of this machine."""
        assert isinstance(self._library, HostLibrary)
        return self._library.addresses(self._genome)


def _refused() -> MachineError:
    return MachineError(Failure.REFUSED, "its genome is corrupt")


def _failed(number: int) -> MachineError:
    """What a signal, by its number, says of the program that it ended."""
    if number == signal.SIGVTALRM:
        return MachineError(Failure.HANG, "it has not ended after a second")
    return MachineError(Failure.TRAP, signal.Signals(number).name)


def _no_timer() -> MachineError:
    return MachineError(Failure.HANG, "asleep with no timer set")


class HostLibrary:
    """The cell as a shared library of this machine.

    Args:
        content: of the library's file.

    Raises:
        InputError: the system does not load it.
    """

    def __init__(self, content: bytes) -> None:
        with scratch_folder() as folder:
            file = folder / "cell.so"
            file.write_bytes(content)
            try:
                self._library = ctypes.CDLL(str(file))
            except OSError as error:
                limit = f"this machine loads no library from there ({str(error).rpartition(': ')[2]})"
                fix = "let TMPDIR name a folder of a disk that is mounted without noexec"
                raise InputError("TMPDIR", tempfile.gettempdir(), limit, fix) from error
        self._output = ctypes.create_string_buffer(OUTPUT.size)

    def keep(self, rom: bytes) -> Any:
        """The ROM, as an argument of ``call``."""
        return ctypes.create_string_buffer(rom, len(rom))

    def addresses(self, genome: Any) -> Addresses:
        """Where the functions are, and a ROM of ``keep``."""
        boot, receive, wake = (
            ctypes.cast(getattr(self._library, name), ctypes.c_void_p).value or 0 for name in FUNCTIONS
        )
        return Addresses(boot, receive, wake, ctypes.addressof(genome))

    def call(self, function: str, ram: Ram, genome: Any, board: bytes, *arguments: int | bytes) -> _Output:
        """Call a function of host.h; returns the fields of ``struct output``.

        Raises:
            MachineError: the program came to no regular end; ``ram`` is as before.
        """
        memory = (ctypes.c_char * len(ram.bytes)).from_buffer(ram.bytes)
        words: list[Any] = []
        for argument in arguments:
            words += (
                (argument, len(argument)) if isinstance(argument, bytes) else (ctypes.c_uint32(argument),)
            )
        if function != "cell_receive":
            words.append(self._output)
        before = bytes(ram.bytes)
        if number := getattr(self._library, function)(memory, genome, board, *words):
            ram.bytes[:] = before
            raise _failed(number)
        return OUTPUT.unpack(self._output.raw)


class WasmLibrary:
    """The cell as a wasm module in wasmtime.

    Args:
        content: of the module's file.

    Raises:
        InputError: wasmtime is not installed, or may not have the addresses that it reserves.
    """

    def __init__(self, content: bytes) -> None:
        require("wasmtime", "wasm runtime")
        import wasmtime

        config = wasmtime.Config()
        config.consume_fuel = True
        self._store = wasmtime.Store(wasmtime.Engine(config))
        self._store.set_fuel(WASM_FUEL)
        module = wasmtime.Module(self._store.engine, content)
        try:
            instance = wasmtime.Instance(self._store, module, [])
        except wasmtime.WasmtimeError as error:  # it links to nothing, so nothing else can be missing
            limit = "wasmtime reserves 4 GB of addresses for a module, and cannot have them"
            raise InputError("memory", "wasm", limit, "raise the limit (ulimit -v)") from error
        self._exports = instance.exports(self._store)
        self._memory: Any = self._exports["memory"]
        heap: Any = self._exports["__heap_base"]
        self._ram = -(-int(heap.value(self._store)) // 16) * 16
        self._output = self._ram + 256
        self._board = self._output + 48
        self._incoming = self._output + 64
        self._genome = self._incoming + 4096

    def keep(self, rom: bytes) -> int:
        """The ROM, as an argument of ``call``."""
        self._memory.write(self._store, rom, self._genome)
        return self._genome

    def call(self, function: str, ram: Ram, genome: int, board: bytes, *arguments: int | bytes) -> _Output:
        """Call a function of host.h; returns the fields of ``struct output``.

        Raises:
            MachineError: the program came to no regular end; ``ram`` is as before.
        """
        import wasmtime

        memory, store = self._memory, self._store
        memory.write(store, bytes(ram.bytes), self._ram)
        memory.write(store, board, self._board)
        words: list[int] = []
        for argument in arguments:
            if isinstance(argument, bytes):
                memory.write(store, argument[:4096], self._incoming)
                words += (self._incoming, min(len(argument), 4096))
            else:
                words.append(argument if argument < 1 << 31 else argument - (1 << 32))
        if function != "cell_receive":
            words.append(self._output)
        entry: Any = self._exports[function]
        store.set_fuel(WASM_FUEL)
        try:
            entry(store, self._ram, genome, self._board, *words)
        except wasmtime.Trap as trap:
            if store.get_fuel() == 0:
                raise MachineError(Failure.HANG, f"it has not ended after {WASM_FUEL:,} steps") from trap
            raise MachineError(Failure.TRAP, trap.message.splitlines()[-1].strip()) from trap
        ram.bytes[:] = memory.read(store, self._ram, self._ram + 256)
        return OUTPUT.unpack(memory.read(store, self._output, self._output + OUTPUT.size))
