"""The engine is compiled once on a machine, and a person is told why nothing happens meanwhile."""

from collections.abc import Callable
from typing import Final

from emulator.arrays.compiled import cache
from emulator.config import RunConfig
from emulator.world.lattices import Square8
from emulator.world.topology import Topology
from firmware.errors import visible
from firmware.picture import TARGET_MAX_PX
from planaria.code import Code, engine_of

ONCE: Final = "compiling the engine for this machine, once: about 10 s"
EACH_TIME: Final = (
    "compiling the engine, about 10 s in every process, for it cannot be kept: {reason}; "
    "let NUMBA_CACHE_DIR name a folder that you can write, and only you"
)


LARGEST: Final = Square8(TARGET_MAX_PX, TARGET_MAX_PX)
"""A grid on which every genome has room."""


def announcement() -> str:
    """What to tell a person before the engine is compiled."""
    folder, reason = cache.place()
    return ONCE if folder else EACH_TIME.format(reason=visible(reason))


def compile_first(code: Code, say: Callable[[str], None], topology: Topology = LARGEST) -> None:
    """Compile the engine in this process, unless that was done before, so that others find it ready.

    Args:
        code: a genome, or a program.
        say: tells a person.
        topology: on which it is to run.
    """
    engine = engine_of(code, RunConfig(topology))
    if engine.compiles:
        say(announcement())
        if cache.place()[0]:
            engine.run(1)
