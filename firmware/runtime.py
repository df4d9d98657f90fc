"""What every program in Python stands on: frames, random numbers and the clock. In C, ``c/runtime.c``.

A program in ``firmware.handlers`` has bytes 0 to 207 of the RAM; what follows is that of ``firmware.memory``:
PRNG state, number of the next frame, ports heard, frames refused.
"""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from firmware import clock, frame, image, numbers, roles, whole
from firmware.handlers import HANDLERS, Handlers
from firmware.memory import OWN_BYTES, Ram
from firmware.program import Failure, Firmware, MachineError, Wake
from firmware.subset import SPENT, TURNS_MAX, EndlessError
from firmware.variables import BOARD_BYTES

FRAME_ERRORS_MAX: Final = 255


def interpreted(handlers: Handlers) -> Firmware:
    """What makes the program that a ROM holds, run by Python's own interpreter.

    Raises:
        InputError: the functions are not such that they can be compiled, too.
    """
    functions = roles.functions(handlers)
    known: dict[int, Any] = {}
    names = {SPENT: _spent, EndlessError.__name__: EndlessError, **whole.INTERPRETED, **numbers.INTERPRETED}
    run = {
        handler: functions[handler].make(lambda function: function, known, **names) for handler in HANDLERS
    }
    files = {function.__code__.co_filename for function in known.values()}
    return lambda rom: InterpretedProgram(rom, run, files)


class InterpretedProgram:
    """Handlers behind the ``Program`` interface.

    Args:
        rom: begins with the image of a program.
        handlers: by name, with the count of turns and the bytes of the board as arguments more.
        files: where their code stands.
        board: its 16 bytes.

    Raises:
        InputError: the ROM holds no such image.
    """

    def __init__(
        self,
        rom: bytes,
        handlers: dict[str, Callable[..., bool]],
        files: set[str],
        board: bytes = bytes(BOARD_BYTES),
    ) -> None:
        self._rom = rom
        self._timing = image.parse_timing(rom)
        self._handlers = handlers
        self._files = files
        self._board = Bytes(memoryview(board))

    def on(self, board: bytes) -> "InterpretedProgram":
        return InterpretedProgram(self._rom, self._handlers, self._files, board)

    def boot(self, ram: Ram, entropy: int, strap: int) -> int:
        kept = bytes(ram.bytes)
        ram.prng = entropy
        self._run(ram, kept, "boot", strap)
        return self._draw_wait_us(ram)

    def receive(self, ram: Ram, port: int, wire: bytes) -> None:
        message = frame.decode(wire)
        if isinstance(message, frame.FrameError):
            ram.frame_errors = min(FRAME_ERRORS_MAX, ram.frame_errors + 1)
            return
        kept = bytes(ram.bytes)
        ram.heard |= 1 << port
        self._run(ram, kept, "hear", port, Bytes(memoryview(message.state)))

    def wake(self, ram: Ram) -> Wake:
        wire = b""
        if self._run(ram, bytes(ram.bytes), "wake"):
            wire = frame.encode(frame.Frame(ram.sequence % frame.SEQUENCE_MODULO, ram.state_bytes()))
            ram.sequence = (ram.sequence + 1) % frame.SEQUENCE_MODULO
        return Wake(wire, self._draw_wait_us(ram))

    def _run(self, ram: Ram, kept: bytes, handler: str, *arguments: Any) -> bool:
        """One event; when it fails, RAM is as before."""
        try:
            return self._handlers[handler](Bytes(memoryview(ram.bytes)), *arguments, [TURNS_MAX], self._board)
        except Exception as error:
            ram.bytes[:] = kept
            failure = Failure.HANG if isinstance(error, EndlessError) else Failure.TRAP
            raise MachineError(failure, self._explained(error)) from error

    def _explained(self, error: Exception) -> str:
        """The line of the program, and what happened there."""
        frames = [at for at in traceback.extract_tb(error.__traceback__) if at.filename in self._files]
        what = f"a loop has had {TURNS_MAX:,} turns" if isinstance(error, EndlessError) else _what(error)
        return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}: {what}"

    def _draw_wait_us(self, ram: Ram) -> int:
        ram.prng, wait_us = clock.draw_wait_us(self._timing, ram.prng)
        return wait_us


class Bytes:
    """Bytes as a program sees them: numbers 0 to 255; of what it stores, the last eight bits.

    Args:
        buffer: the bytes; those of a neighbour can only be read.
    """

    __slots__ = ("_buffer",)

    def __init__(self, buffer: memoryview) -> None:
        self._buffer = buffer

    def __getitem__(self, place: int) -> int:
        self._check(place)
        return self._buffer[place]

    def __setitem__(self, place: int, value: int) -> None:
        self._check(place)
        if place >= OWN_BYTES:
            raise IndexError(f"byte {place} is the runtime's; a program has {OWN_BYTES}")
        self._buffer[place] = value & 0xFF

    def _check(self, place: int) -> None:
        if not 0 <= place < len(self._buffer):
            raise IndexError(f"byte {place} of {len(self._buffer)}")


def _spent(turns: list[int]) -> bool:
    turns[0] -= 1
    return turns[0] < 0


def _what(error: Exception) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
