"""Programs for Kilobots: what they need of a cell, and how fast they live.

    python -m benchmarks.kilobots [FILE.c ...]

Each lives on all chips, its stack painted before each event, and then natively; the ticks of a robot in a
second are those of one core.
"""

import argparse
import time
from functools import partial
from pathlib import Path
from typing import Final

from emulator.choose import make_engine
from emulator.config import RunConfig
from emulator.engine import Engine
from emulator.program_boards import ProgramBoards
from emulator.program_goal import ProgramGoal
from emulator.reference.engine import ReferenceEngine
from emulator.world.lattices import Square8
from firmware.clock import Timing
from firmware.hardware.binary import RAM_ORIGIN, Binary
from firmware.hardware.build import Options, build
from firmware.hardware.chips import CHIPS, TARGETS
from firmware.hardware.machine import ChipProgram, rom_image
from firmware.hardware.simulator import Event, Output, SimulatedChip
from firmware.image import build_program
from firmware.memory import GUARD_BYTES
from firmware.program_in_c import ProgramInC

ROOT: Final = Path(__file__).parents[1]
PROGRAMS: Final = (
    *sorted((ROOT / "tests/firmware/hardware/kilobots").glob("*.c")),
    ROOT / "examples/gradient.c",
)

TICK_US: Final = 32_640
SMALL, ROUNDS = 6, 240
SIDE: Final = 32
PAINT: Final = 0xA5
SUSPENDED: Final = slice(16, 20)
"""Where kilolib.c has the stack of a delay()."""

LIBRARY: Final = ("ram", "kilo_", "planaria_")
"""What is not the program's own begins so."""


class PaintedChip(SimulatedChip):
    """A chip that notes how deep the stack of a program has been.

    Attributes:
        deepest: in bytes, of all events so far.
    """

    deepest = 0

    def run(self, ram: bytearray | memoryview, event: int, **arguments: object) -> Output:  # type: ignore[override]
        """As ever, over a stack that is painted as far as it is free."""
        guard, top = self.binary.guard, self.binary.stack_top - RAM_ORIGIN
        assert guard is not None
        lowest = guard - RAM_ORIGIN + GUARD_BYTES
        suspended = int.from_bytes(ram[SUSPENDED], "little") if event != Event.POWER else 0
        free = suspended - RAM_ORIGIN if suspended else top
        ram[lowest:free] = bytes([PAINT]) * (free - lowest)
        done = super().run(ram, event, **arguments)  # type: ignore[arg-type]
        untouched = next((at for at in range(lowest, free) if ram[at] != PAINT), free)
        self.deepest = max(self.deepest, top - untouched)
        return done


def main() -> None:
    """Print a row for each program."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kilobots", description=__doc__)
    parser.add_argument("programs", nargs="*", type=Path, default=PROGRAMS)
    print(
        "| program | ROM, B | its own variables, B | deepest stack, B | native ticks/s | on a chip ticks/s |"
    )
    print("|---|---|---|---|---|---|")
    for path in parser.parse_args().programs:
        print(row(path), flush=True)


def row(path: Path) -> str:
    """One program: sizes on the first chip, the stack on all, and speeds of one core, in turns."""
    program, depths, speed_on_chip = ProgramInC(path), [], 0.0
    for name in CHIPS:
        binary = _built(program, name)
        chip = PaintedChip(binary)
        firmware = partial(ChipProgram, chip=chip)
        engine = ReferenceEngine(_config(SMALL), rom_image(binary), _goal(), firmware)
        speed = _ticks_per_s(engine, ROUNDS)
        depths.append(str(chip.deepest))
        speed_on_chip = speed_on_chip or speed
    first = _built(program, CHIPS[0])
    own = sum(part.size for part in first.variables if not part.name.startswith(LIBRARY))
    native = make_engine(_config(SIDE), program, _goal(), engine="native")
    fastest = max(_ticks_per_s(native, 1000) for _ in range(3))
    sizes = f"{len(first.rom):,} | {own} | {', '.join(depths)}"
    return f"| {path.stem} | {sizes} | {fastest / 1e6:.1f} million | {speed_on_chip:,.0f} |"


def _built(program: ProgramInC, target: str) -> Binary:
    return build(build_program(Timing()), TARGETS[target], Options(program=program))


def _config(side: int) -> RunConfig:
    return RunConfig(Square8(side, side), seed=1, loss=0.05, timing=Timing(mean_interval_us=TICK_US))


def _goal() -> ProgramGoal:
    return ProgramGoal(ProgramBoards("benchmark"), lambda world: 0.0)


def _ticks_per_s(engine: Engine, rounds: int) -> float:
    """By the time of this process, so that others may run beside it."""
    engine.run(1)
    before, started = engine.updates, time.process_time()
    return (engine.run(rounds).updates - before) / (time.process_time() - started)


if __name__ == "__main__":
    main()
