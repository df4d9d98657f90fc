"""The neural program: one cell of the organism, as it runs on its own 256 bytes."""

import numpy as np

from firmware import arithmetic, clock, frame, image
from firmware.budget import ALPHA, CHANNELS, ONE, PORTS
from firmware.memory import Ram
from firmware.program import Wake


def seed_state() -> arithmetic.Int8:
    """The seed of an organism, int8[16]: alpha and hidden channels 1.0, colour 0 (paper, exp. 1)."""
    state = np.zeros(CHANNELS, np.int8)
    state[ALPHA:] = ONE
    return state


class NeuralProgram:
    """The update rule of a flash image, behind the ``Program`` interface.

    Args:
        rom: the image, or a whole ROM that starts with it.

    Raises:
        InputError: the bytes are no valid image.
    """

    def __init__(self, rom: bytes) -> None:
        self.rule, self.timing = image.parse(rom)

    def boot(self, ram: Ram, entropy: int, strap: int) -> int:
        ram.prng = entropy
        if strap:
            ram.state[:] = seed_state()
        return self._draw_wait_us(ram)

    def receive(self, ram: Ram, port: int, wire: bytes) -> None:
        message = frame.decode(wire)
        if isinstance(message, frame.FrameError):
            ram.frame_errors = min(255, ram.frame_errors + 1)
            return
        ram.inbox[port] = np.frombuffer(message.state, np.int8)
        ram.heard |= 1 << port

    def wake(self, ram: Ram) -> Wake:
        self._forget_silent_neighbours(ram)
        ram.state[:] = arithmetic.update(self.rule, ram.state, ram.inbox)
        wire = frame.encode(frame.Frame(ram.sequence % frame.SEQUENCE_MODULO, ram.state_bytes()))
        ram.sequence = (ram.sequence + 1) % frame.SEQUENCE_MODULO
        return Wake(wire, self._draw_wait_us(ram))

    def _forget_silent_neighbours(self, ram: Ram) -> None:
        ram.listened = (ram.listened + 1) % 256
        if ram.listened >= self.timing.listening_wakes:
            for port in range(PORTS):
                if not ram.heard >> port & 1:
                    ram.inbox[port] = 0
            ram.heard = 0
            ram.listened = 0

    def _draw_wait_us(self, ram: Ram) -> int:
        ram.prng, wait_us = clock.draw_wait_us(self.timing, ram.prng)
        return wait_us
