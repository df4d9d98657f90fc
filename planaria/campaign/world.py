"""The world of a plan: its tables [world] and [recovery], with the defaults of ``RunConfig``."""

from collections.abc import Mapping
from typing import Any, Final

from emulator.config import LATENCY_MAX_US, RunConfig
from emulator.record.recovery import Predicate
from emulator.world.topology import parse_grid
from firmware.budget import HIDDEN_MAX
from firmware.clock import MEAN_INTERVAL_MAX_US, Law, Timing
from firmware.errors import InputError
from firmware.pace import COMPUTE_MAX_US, update_us
from planaria.campaign.toml_table import TomlTable

CELLS_MAX: Final = 1 << 24
"""What a trial of more cells takes nobody has the time for."""

_DEFAULT: Final = RunConfig()

_DEFAULTS: Final[dict[str, Any]] = {
    "grid": f"{_DEFAULT.cols}x{_DEFAULT.rows}",
    "torus": _DEFAULT.torus,
    "clock": _DEFAULT.timing.law.name.lower(),
    "mean_interval_us": _DEFAULT.timing.mean_interval_us,
    "latency_us": _DEFAULT.latency_us,
    "jitter_us": _DEFAULT.jitter_us,
    "compute_us": _DEFAULT.compute_us,
    "loss": _DEFAULT.loss_probability,
}

OPTIONS: Final = (*_DEFAULTS, "chip")
"""Keys of [world]."""


def differing(options: Mapping[str, Any]) -> dict[str, Any]:
    """Those options of a world, as a plan writes them, that are not what they would be anyway."""
    return {name: given for name, given in options.items() if given != _DEFAULTS.get(name)}


def read_world(table: TomlTable, predicate: Predicate) -> RunConfig:
    """The world of a trial, parameters put in; without faults, and its seed left open.

    Raises:
        InputError: a wrong type, or a value out of its limits.
    """
    usual = _DEFAULTS
    grid = table.text("grid", usual["grid"])
    torus = table.flag("torus", usual["torus"])
    clock = table.text("clock", usual["clock"])
    mean_interval_us = table.whole("mean_interval_us", 1, MEAN_INTERVAL_MAX_US, usual["mean_interval_us"])
    latency_us = table.whole("latency_us", 1, LATENCY_MAX_US, usual["latency_us"])
    jitter_us = table.whole("jitter_us", 0, LATENCY_MAX_US, usual["jitter_us"])
    compute_us = table.whole("compute_us", 0, COMPUTE_MAX_US, usual["compute_us"])
    loss = table.number("loss", usual["loss"])
    with table.naming():
        rows, cols = parse_grid(grid)
        if rows * cols > CELLS_MAX:
            limit = f"a plan's can have {CELLS_MAX:,} cells"
            raise InputError("grid", grid, limit, "make it smaller")
        return RunConfig(
            rows=rows,
            cols=cols,
            latency_us=latency_us,
            jitter_us=jitter_us,
            compute_us=compute_us,
            loss_probability=loss,
            torus=torus,
            timing=Timing(Law.named(clock), mean_interval_us),
            predicate=predicate,
        )


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
    table.check_keys("gone_fraction", "dwell_rounds", "grown_error", "while_growing")
    default = Predicate()
    predicate = Predicate(
        table.number("gone_fraction", default.gone_fraction),
        table.whole("dwell_rounds", 0, 1_000_000, default.dwell_rounds),
        table.number("grown_error", default.grown_error),
        table.flag("while_growing", default.while_growing),
    )
    with table.naming():
        RunConfig(predicate=predicate)
    return predicate
