"""What a chip's binary needs: memory by section, stack, instructions, updates per second, energy."""

from typing import Any, Final

import numpy as np

from firmware import arithmetic, frame, image
from firmware.budget import CHANNELS, PERCEPTION, RAM_BYTES, ROM_BYTES
from firmware.cell import seed_state
from firmware.energy import SUPPLIES, VOLTS, update_uj
from firmware.errors import InputError
from firmware.hardware.binary import Binary
from firmware.hardware.simulator import Cost, Event, SimulatedChip
from firmware.memory import Ram
from firmware.program import MachineError

LIVE_CASES: Final = 6
"""Live updates that are traced: random ones, and the seed's first."""

KILOBOT_TICKS, KILOBOT_TRACED = 400, 5
"""So long lives a robot whose program is for kilolib, and of so many updates one is traced."""

ASSUMPTIONS: Final = (
    "one cycle an instruction, one more for each load, store and taken branch "
    "(Cortex-M0+ TRM, zero wait states; taken over for the others)"
)


def measure(binary: Binary) -> dict[str, Any]:
    """The facts of ``planaria build --json``.

    The stack is traced at every instruction of boots, updates (living, dead, dying, forgetting) and
    receptions (valid, corrupt, too short, too long); ``stack_bound_bytes`` is the compiler's own.

    Args:
        binary: for a chip.

    Raises:
        InputError: unicorn is not installed, the stack runs into the static RAM, or a program fails at once.
    """
    chip = SimulatedChip(binary)
    try:
        return _measure(chip)
    except MachineError as failure:
        limit = f"it fails when it boots, hears or first wakes: {failure}"
        raise InputError("program", f"on {binary.target.name}", limit, "mend it") from failure


def _measure(chip: SimulatedChip) -> dict[str, Any]:
    binary = chip.binary
    cells, heard = _life(chip) if _for_kilolib(binary) else (_live_cells(), _receptions(chip))
    multiply_adds = sum(_multiply_adds(binary, ram) for ram in cells)
    dead, boots, receptions = _traced(chip, Ram()), boot_costs(chip), heard
    live = [cost for ram in cells if (cost := _traced_in_any_ram(chip, ram))] or [dead]
    traced = max(cost.stack_bytes for cost in [*live, dead, *boots, *receptions])
    stack = max(traced, binary.stack_bound_bytes or 0)
    binary.check_stack(stack)
    slowest = max(map(cycles, live))
    sections = binary.section_bytes()
    return {
        "target": binary.target.name,
        "chip": binary.target.chip,
        "rom_bytes": len(binary.rom),
        "rom_bytes_by_section": {
            "vectors": sections["vectors"],
            "code": sections["text"],
            "genome": sections["genome"],
        },
        "rom_budget_bytes": ROM_BYTES,
        "ram_static_bytes": binary.static_bytes,
        "stack_traced_bytes": traced,
        "stack_bound_bytes": binary.stack_bound_bytes,
        "stack_bytes": stack,
        "ram_total_bytes": binary.static_bytes + stack,
        "ram_budget_bytes": RAM_BYTES,
        "instructions_per_update": max(cost.instructions for cost in live),
        "instructions_per_boot": max(cost.instructions for cost in boots),
        "instructions_per_dead_update": dead.instructions,
        "instructions_per_reception": max(cost.instructions for cost in receptions),
        "instructions_per_multiply_add": _each(sum(c.instructions for c in live), multiply_adds),
        "cycles_per_multiply_add": _each(sum(map(cycles, live)), multiply_adds),
        "cycles_per_update": slowest,
        "clock_hz": binary.target.clock_hz,
        "updates_per_second": round(binary.target.clock_hz / slowest, 1),
        "ms_per_update": round(1_000 * slowest / binary.target.clock_hz, 3),
        "assumptions": ASSUMPTIONS,
        **_energy(binary, slowest),
    }


def _energy(binary: Binary, slowest: int) -> dict[str, Any]:
    """Of the slowest update, and the mean power when there is one in each mean interval; or None."""
    energy_uj = update_uj(binary.target.name, slowest)
    if energy_uj is None:
        return dict.fromkeys(("energy_per_update_uj", "mean_power_mw", "energy_source"))
    genome = image.holds_genome(binary.image)
    timing = image.parse(binary.image)[1] if genome else image.parse_timing(binary.image)
    supply = SUPPLIES[binary.target.name]
    return {
        "energy_per_update_uj": round(energy_uj, 1),
        "mean_power_mw": round(1_000 * energy_uj / timing.mean_interval_us, 2),
        "energy_source": f"{supply.part} at {VOLTS} V (assumed), {supply.source}",
    }


def cycles(cost: Cost) -> int:
    """An estimate, by the ``ASSUMPTIONS``."""
    return cost.instructions + cost.accesses + cost.branches


def _each(total: int, multiply_adds: int) -> float | None:
    """Of a multiply-add; a program that is not the neural rule has none."""
    return round(total / multiply_adds, 2) if multiply_adds else None


def _multiply_adds(binary: Binary, ram: Ram) -> int:
    """Multiply-adds of the two layers; a hidden unit that is silent costs none in the second."""
    if not image.holds_genome(binary.image):
        return 0
    rule, _ = image.parse(binary.image)
    sums = arithmetic.perceive(ram.state, ram.inbox).astype(np.int32) @ rule.w1.T + rule.b1
    awake = np.count_nonzero(arithmetic.round_shift(sums, rule.shift1) > 0)
    return PERCEPTION * len(rule.b1) + CHANNELS * int(awake)


def _traced(chip: SimulatedChip, ram: Ram) -> Cost:
    return chip.cost(ram.bytes, Event.TIMER)


def _traced_in_any_ram(chip: SimulatedChip, ram: Ram) -> Cost | None:
    """None if the update fails, as that of a program may whose RAM is nothing that a life leads to."""
    try:
        return _traced(chip, ram)
    except MachineError:
        if chip.binary.guard is None:
            raise
        return None


def _live_cells() -> list[Ram]:
    """The seed among blank neighbours, then cells with random RAM (some of which forget neighbours)."""
    rng = np.random.default_rng(0)
    cells = [Ram()]
    cells[0].state[:] = seed_state()
    for _ in range(LIVE_CASES - 1):
        ram = Ram(bytearray(rng.bytes(RAM_BYTES)))
        ram.state[:] = rng.integers(-64, 128, 16)
        ram.state[3] = 100
        cells.append(ram)
    return cells


def _for_kilolib(binary: Binary) -> bool:
    return any(part.name == "kilo_start" for part in binary.parts)


def _life(chip: SimulatedChip) -> tuple[list[Ram], list[Cost]]:
    """A robot with a program for kilolib, at ticks of its life; and what it costs to hear, then."""
    ram, rng, cells, heard = Ram(), np.random.default_rng(0), [], []
    chip.run(ram.bytes, Event.POWER, entropy=1)
    for tick in range(KILOBOT_TICKS):
        said = rng.bytes(9) + bytes(1)
        wire = frame.encode(frame.Frame(0, bytes(4) + said + _check(said).to_bytes(2, "little")))
        if tick % KILOBOT_TRACED == 0:
            cells.append(Ram(bytearray(ram.bytes)))
            heard.append(chip.cost(bytearray(ram.bytes), Event.BYTES + tick % 8, incoming=wire))
        chip.run(ram.bytes, Event.TIMER)
        if tick % 2:
            chip.run(ram.bytes, Event.BYTES + tick % 8, incoming=wire)
    return cells, heard


def _check(message: bytes) -> int:
    """CRC-16/MCRF4XX, of messages of kilolib."""
    crc = 0xFFFF
    for byte in message:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x8408 * (crc & 1)
    return crc


def boot_costs(chip: SimulatedChip) -> list[Cost]:
    """Of boots with and without the strap, with either kind of entropy."""
    return [
        chip.cost(Ram().bytes, Event.POWER, entropy=entropy, strap=strap)
        for entropy in (0, 2**32 - 1)
        for strap in (False, True)
    ]


def _receptions(chip: SimulatedChip) -> list[Cost]:
    """Valid, corrupt, too short, too long, nothing: five."""
    wire = frame.encode(frame.Frame(1, bytes(range(16))))
    wires = [wire, wire[:-1] + b"\x00", wire[:9], wire * 2, b""]
    return [chip.cost(Ram().bytes, Event.BYTES + 5, incoming=incoming) for incoming in wires]
