"""Flash a genome or a program into a grid, run it, injure it, measure, and write what is asked for."""

import math
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

from emulator.config import RunConfig
from emulator.engines import MACHINE_CODE
from emulator.record.crash import Crash
from firmware.errors import InputError
from firmware.system.atomic import atomic_file
from planaria.code import Code, code_path, open_code, usual_engine
from planaria.grid import Grid
from planaria.outputs import check_outputs
from planaria.program import SourceProgram
from planaria.progress import run_with_progress
from planaria.radiation import describe_rates
from planaria.say import warn
from planaria.verdict import too_short


def run(
    name_or_file: str | Path,
    rounds: int,
    *,
    parameters: Mapping[str, int] = MappingProxyType({}),
    engine: str | None = None,
    target: str | None = None,
    check_genome: bool = False,
    kernel: str | None = None,
    check: bool = False,
    film: Path | None = None,
    figure: Path | None = None,
    trace: Path | None = None,
    log: Path | None = None,
    show: str | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Run a genome or a program from the first round on, with a progress bar; returns what ``--json`` shows.

    Args:
        name_or_file: of the genome, or of a program in Python.
        rounds: how long, in mean intervals.
        parameters: other values for some of a program's own, by name.
        engine: as of ``Grid``, like target, check_genome and kernel.
        target: the chip, for the engine ``iss``.
        check_genome: whether each cell checks its genome at boot, for ``iss``.
        kernel: what the engine ``window`` computes with.
        check: run the reference engine too, and list the keys in which its result differs.
        film: where to write a GIF.
        figure: where to write a PNG: error over time, and pictures.
        trace: where to write every update.
        log: where to write the variables of a program, as CSV.
        show: the variable that the film shows.
        options: of the world, as of ``Grid``.

    Raises:
        InputError: a bad option, genome or output.
    """
    code = open_code(name_or_file, parameters)
    outputs = [path for path in (film, figure, trace, log) if path]
    in_c = [code.in_c.path] if isinstance(code, SourceProgram) and code.is_in_c else []
    check_outputs(outputs, [code_path(name_or_file), *in_c])
    engine = engine or usual_engine(code)
    if check and engine == "reference":
        raise InputError(
            "--check", "reference", "it is what others are compared with", "choose another engine"
        )
    if show and not film:
        raise InputError("--show", show, "no film is asked for", "add --film F.gif")
    started = time.perf_counter()
    with ExitStack() as stack:
        trace_file: BinaryIO | None = stack.enter_context(atomic_file(trace)) if trace else None
        log_file: BinaryIO | None = stack.enter_context(atomic_file(log)) if log else None
        grid = Grid(
            code,
            record=bool(film or figure),
            trace_file=trace_file,
            log_file=log_file,
            show=show,
            engine=engine,
            target=target,
            check_genome=check_genome,
            kernel=kernel,
            **options,
        )
        config = grid.config
        other = _compared_with(code, engine) if check else None
        # Made before anything has run: it may be that it cannot suffer a fault.
        reference = _made(code, config, other) if other else None
        config.check_horizon(rounds)
        if warning := too_short(config, rounds):
            warn(warning)
        result = run_with_progress(grid, rounds, code.name)
    wall_s = time.perf_counter() - started
    if film:
        grid.save_film(film)
    if figure:
        grid.save_figure(figure)
    checked: dict[str, Any] = {}
    if reference is not None and other is not None:
        expected = run_with_progress(reference, rounds, other).as_dict()
        checked["compared_with"] = other
        checked["differences"] = [name for name, value in result.as_dict().items() if value != expected[name]]
    return {
        "genome": code.name,
        "genome_crc32": f"{code.crc32():08x}",
        "parameters": dict(parameters),
        "grid": list(reversed(config.topology.shape)),
        "topology": str(config.topology),
        "rounds": rounds,
        "seed": config.seed,
        "engine": engine,
        "kernel": grid.kernel,
        "wall_s": round(wall_s, 3),
        "predicate": asdict(config.predicate),
        "mean_interval_us": config.timing.mean_interval_us,
        "compute_us": config.compute_us,
        "chip": options.get("chip"),
        "rates_of_flips": describe_rates(config.faults, config.timing.mean_interval_us),
        "crash": _crash(grid.crash, config) if grid.crash else None,
        **checked,
        **result.as_dict(),
    }


def _compared_with(code: Code, engine: str) -> str:
    """The reference engine; or, of a program that it cannot run, the other one that executes machine code."""
    if usual_engine(code) in MACHINE_CODE:
        return next(name for name in MACHINE_CODE if name != engine)
    return "reference"


def _made(code: Code, config: RunConfig, engine: str) -> Grid:
    """The other grid of ``--check``, unless the other engine cannot have this world."""
    try:
        return Grid(code, config=config, record=False, engine=engine)
    except InputError as error:
        limit = f"the engine {engine} cannot have this world ({error.what} {error.value} - {error.limit})"
        raise InputError("--check", engine, limit, "leave it out") from error


def _crash(crash: Crash, config: RunConfig) -> dict[str, Any]:
    """How a program failed first, and how many rounds show it again: its faults must begin in them."""
    rounds = -(-crash.time_us // config.timing.mean_interval_us)
    begins = (math.ceil(fault.start_rounds) for fault in config.faults)
    return {**asdict(crash), "rounds": max(1, rounds, *begins)}
