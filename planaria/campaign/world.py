"""The world of a plan: its tables [world] and [recovery], whose keys are the options of a world."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from emulator.config import RunConfig
from emulator.options import CHIP, FAULTS, WORLD_OPTIONS, options_of
from emulator.record.predicate import Predicate
from emulator.world.host_memory import check_memory
from emulator.world.topology import Topology
from firmware.budget import HIDDEN_MAX
from firmware.errors import InputError
from firmware.option import filled
from firmware.pace import update_us
from planaria.campaign.graph import find_graph
from planaria.toml_table import TomlTable

CELLS_MAX: Final = 1 << 24
"""What a trial of more cells takes nobody has the time for."""

RECOVERY: Final = options_of(Predicate)
"""Keys of [recovery]."""

_ELSEWHERE: Final = (*RECOVERY, "seed", FAULTS.name)
"""A plan has a seed of its own, and a timeline."""

WORLD: Final = {name: option for name, option in WORLD_OPTIONS.items() if name not in _ELSEWHERE}
"""Keys of [world]."""


def differing(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a world, as a plan writes them, that are not what they would be anyway."""
    return {name: given for name, given in options.items() if given != WORLD[name].default}


def read_world(
    table: TomlTable, predicate: Predicate, graphs: Mapping[str, str] = MappingProxyType({})
) -> RunConfig:
    """The world of a trial, parameters put in; without faults, and its seed left open.

    Args:
        table: the plan's [world].
        predicate: what counts as recovered.
        graphs: those that the plan carries.

    Raises:
        InputError: a wrong type, or a value out of its limits.
    """
    options = {name: table.option(option) for name, option in WORLD.items() if option is not CHIP}
    with table.naming():
        graph = find_graph(options, graphs, table)
        config = RunConfig.of(options, predicate=predicate, graph=graph)
        if config.topology.cells > CELLS_MAX:
            limit = f"a plan's can have {CELLS_MAX:,} cells"
            raise InputError("grid", config.topology.size, limit, "make it smaller")
        return config


def topologies_of(worlds: Iterable[RunConfig], horizon_rounds: int, source: str) -> list[Topology]:
    """Each topology of some worlds once, if there is memory for all of them.

    Args:
        worlds: of a plan.
        horizon_rounds: how long they run.
        source: the plan's file, as errors call it.

    Raises:
        InputError: there is not.
    """
    from emulator.arrays.engine import memory_bytes

    topologies, needed = {}, {}
    for world in worlds:
        way_us = world.latency_us + world.jitter_us + world.compute_us
        way_rounds = min(way_us / world.timing.mean_interval_us, horizon_rounds)
        needed[memory_bytes(world, way_rounds)] = world.topology.size
        topologies[str(world.topology)] = world.topology
    most = max(needed)
    check_memory(f"{source}: world.grid", needed[most], most, "make the grid smaller, or its messages faster")
    return sorted(topologies.values(), key=lambda topology: topology.shape)


def read_chip(table: TomlTable) -> str | None:
    """The chip whose pace an update has, parameters put in; None if the plan names none.

    Raises:
        InputError: no such chip or clock, one too slow for some rule, or ``compute_us`` is given too.
    """
    if "chip" not in table.content:
        return None
    chip = table.text("chip")
    if "compute_us" in table.content:
        raise table.error("chip", chip, "compute_us is given too", "leave one of them out")
    with table.naming():
        update_us(chip, HIDDEN_MAX)
    return chip


def read_predicate(table: TomlTable) -> Predicate:
    """What counts as grown and as recovered.

    Raises:
        InputError: as ``read_world``.
    """
    table.check_keys(*RECOVERY)
    predicate = filled(Predicate, {name: table.option(option) for name, option in RECOVERY.items()})
    with table.naming():
        RunConfig(predicate=predicate)
    return predicate
