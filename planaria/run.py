"""``planaria run``: flash, run, injure, measure."""

import argparse
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from emulator.record.recovery import Predicate
from emulator.world.topology import parse_grid
from firmware.errors import InputError
from firmware.system.atomic import atomic_file
from planaria.counted import counted
from planaria.grid import Grid
from planaria.outputs import check_outputs
from planaria.progress import run_with_progress
from planaria.radiation import describe_rates
from planaria.say import say
from planaria.shipped import genome_path, open_genome
from planaria.verdict import describe_away, describe_recovery, too_short


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Run as the command line says; returns the object for ``--json``.

    Raises:
        InputError: a bad option, genome or output.
    """
    rows, cols = parse_grid(options.grid)
    genome = open_genome(options.genome)
    outputs = [path for path in (options.film, options.figure, options.trace) if path]
    check_outputs(outputs, [genome_path(options.genome)])
    if options.check and options.engine == "reference":
        raise InputError(
            "--check", "reference", "it is what others are compared with", "choose another engine"
        )
    world = {
        "latency_us": options.latency_us,
        "jitter_us": options.jitter_us,
        "compute_us": options.compute_us,
        "chip": options.chip,
        "loss_probability": options.loss,
        "faults": options.fault,
        "torus": options.torus,
        "clock": options.clock,
        "mean_interval_us": options.mean_interval_us,
        "gone_fraction": options.gone_fraction,
        "dwell_rounds": options.dwell_rounds,
        "grown_error": options.grown_error,
        "while_growing": options.while_growing,
    }
    started = time.perf_counter()
    with ExitStack() as stack:
        trace: BinaryIO | None = stack.enter_context(atomic_file(options.trace)) if options.trace else None
        grid = Grid(
            genome,
            rows,
            cols,
            options.seed,
            **world,
            record=bool(options.film or options.figure),
            trace_file=trace,
            engine=options.engine,
            target=options.target,
            check_genome=options.check_genome,
            kernel=options.kernel,
        )
        grid.config.check_horizon(options.rounds)
        if warning := too_short(grid.config, options.rounds):
            say(f"planaria: warning: {warning}", file=sys.stderr)
        result = run_with_progress(grid, options.rounds, genome.name)
    wall_s = time.perf_counter() - started
    if options.film:
        grid.save_film(options.film)
    if options.figure:
        grid.save_figure(options.figure)
    checked = {}
    if options.check:
        reference = Grid(genome, rows, cols, options.seed, **world, record=False, engine="reference")
        expected = run_with_progress(reference, options.rounds, "reference").as_dict()
        checked["differences"] = [name for name, value in result.as_dict().items() if value != expected[name]]
    return {
        "genome": genome.name,
        "genome_crc32": f"{genome.crc32():08x}",
        "grid": [cols, rows],
        "rounds": options.rounds,
        "seed": options.seed,
        "engine": options.engine,
        "kernel": grid.kernel,
        "wall_s": round(wall_s, 3),
        "predicate": asdict(grid.config.predicate),
        "mean_interval_us": options.mean_interval_us,
        "compute_us": grid.config.compute_us,
        "chip": options.chip,
        "rates_of_flips": describe_rates(grid.config.faults, options.mean_interval_us),
        **checked,
        **result.as_dict(),
    }


def print_summary(result: dict[str, Any], written: list[Path]) -> None:
    """The result for a person."""
    cols, rows = result["grid"]
    rounds = counted(result["rounds"], "round")
    say(f"{result['genome']} on {cols}x{rows} cells, {rounds}, seed {result['seed']}")
    fates = ("lost", "corrupted", "cut", "unheard")
    gone = ", ".join(f"{result[fate]:,} {fate}" for fate in fates if result[fate])
    beside = f" ({gone})" if gone else ""
    say(f"  {result['updates']:,} updates, {result['messages']:,} messages{beside}")
    say(f"  E at the end {result['error_by_round'][-1]:.2f} (1 looks perfect, above 10 is bad)")
    if result["compute_us"]:
        whose = f" on {result['chip']}, at most" if result["chip"] else ""
        say(f"  an update takes {result['compute_us']:,} us{whose}")
    for line in result["rates_of_flips"]:
        say(f"  {line}")
    predicate = Predicate(**result["predicate"])
    for recovery in result["recoveries"]:
        say(f"  {recovery['wound']}: {describe_recovery(recovery, predicate)}")
    if result["verdict"] and len(result["recoveries"]) != 1:
        say(f"  all faults together: {describe_recovery(result['verdict'], predicate)}")
    for away in result["away"]:
        say(f"  {describe_away(away, result['mean_interval_us'])}")
    for action, outcomes in result["machine_faults"].items():
        say(f"  {action}: " + ", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.items()))
    say(f"  trace {result['trace_sha256']}")
    if "differences" in result:
        say(f"  differs from the reference engine in: {', '.join(result['differences']) or 'nothing'}")
    for path in written:
        say(f"  wrote {path}")
