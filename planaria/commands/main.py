"""The ``planaria`` command. Everything heavy is imported by the command that needs it."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from planaria.campaign.commands import add_commands
from planaria.commands.command import Parser, add_command, print_json
from planaria.say import say
from planaria.system.ending import DIFFERS, check_room, ended
from planaria.version import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status, which ``planaria.system.ending`` names.

    Args:
        arguments: of the command; None takes those of this process, which then is nothing but this command.
    """
    return ended(lambda: _command(arguments), is_program=arguments is None)


def _command(arguments: Sequence[str] | None) -> int:
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as end:  # it has shown help, or said what is wrong
        return int(end.code or 0)
    check_room()
    command: Callable[[argparse.Namespace], int | None] = options.command
    return command(options) or 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="planaria",
        description="Train, flash, injure and measure a self-repairing grid of tiny computers.",
        epilog="example: planaria demo --quick -o demo",
    )
    parser.add_argument("--version", action="version", version=f"planaria {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in (
        _add_demo,
        _add_train,
        _add_genomes,
        _add_inspect,
        _add_run,
        _add_build,
        _add_verify,
        _add_bench,
        _add_faults,
    ):
        add(commands)
    add_commands(commands)
    return parser


def _add_demo(commands: Any) -> None:
    parser = add_command(
        commands,
        "demo",
        _demo,
        "Train a small regenerating genome, grow it, wound it six ways, measure, and draw.",
        "planaria demo -o demo",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("demo"),
        metavar="DIR",
        help="folder for the results (default: demo)",
    )
    parser.add_argument("--quick", action="store_true", help="use a shipped genome instead of training one")
    parser.add_argument(
        "--force", action="store_true", help="train over a genome of another training, or an interrupted one"
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="S", help="of training and simulation (default: 0)"
    )


def _add_train(commands: Any) -> None:
    parser = add_command(
        commands,
        "train",
        _train,
        "Learn an update rule that grows a target, and export it as an int8 genome.",
        "planaria train ring --size 20 --minutes 10 -o ring.genome",
    )
    parser.add_argument(
        "target",
        nargs="?",
        help="built-in name, PNG with alpha, or an emoji character (not needed with --from or --resume)",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.genome")
    parser.add_argument("--force", action="store_true", help="write over files that are there")
    parser.add_argument("--regime", help="growing, persistent or regenerating (default)")
    parser.add_argument("--size", type=int, metavar="PX", help="longer side of the target, 8 to 64 px")
    parser.add_argument(
        "--tile", type=int, metavar="N", help="tile N, from 0, of a PNG that is a row of square tiles"
    )
    parser.add_argument("--hidden", type=int, metavar="H", help="hidden units, 1 to 128 (default: 128)")
    parser.add_argument(
        "--steps",
        type=int,
        metavar="N",
        help="optimiser steps (default: 4000); with --resume, so many in all instead",
    )
    parser.add_argument("--minutes", type=float, metavar="M", help="train by the clock instead")
    parser.add_argument(
        "--stale-steps", type=int, metavar="D", help="see neighbours up to D steps old (default: 0)"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument(
        "--from",
        dest="start",
        type=Path,
        metavar="FILE.genome",
        help="go on from a finished genome; its target and regime hold unless others are given",
    )
    parser.add_argument(
        "--resume", type=Path, metavar="CKPT", help="go on from a checkpoint, with its options"
    )
    parser.add_argument("--seed", type=int, metavar="S", help="of all random draws (default: 0)")


def _add_genomes(commands: Any) -> None:
    add_command(
        commands, "genomes", _genomes, "List the genomes that come with planaria.", "planaria genomes --json"
    )


def _add_inspect(commands: Any) -> None:
    parser = add_command(
        commands,
        "inspect",
        _inspect,
        "Show what is in a genome, and its share of the cell's ROM and RAM.",
        "planaria inspect planarian",
    )
    parser.add_argument("genome", help="a .genome file or the name of a shipped one")


def _add_faults(commands: Any) -> None:
    parser = add_command(
        commands,
        "faults",
        _faults,
        "List all kinds of faults, or show one, with their parameters.",
        "planaria faults kill",
    )
    parser.add_argument("kind", nargs="?", metavar="KIND", help="show this one alone")


def _add_build(commands: Any) -> None:
    parser = add_command(
        commands,
        "build",
        _build,
        "Build the C firmware with a genome for a chip: ELF, Intel HEX, raw binary, map, and what it needs.",
        "planaria build planarian --target cortex-m0plus -o build",
    )
    parser.add_argument("genome", help="a .genome file or the name of a shipped one")
    parser.add_argument(
        "--target", required=True, metavar="T", help="cortex-m0plus, rv32imc, rv32ec, host, wasm or all"
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="folder for the files"
    )
    parser.add_argument(
        "--check-genome", action="store_true", help="let the cell check its genome's CRC-32 at every boot"
    )
    parser.add_argument(
        "--cc", metavar="GCC", help="a gcc of the system, e.g. arm-none-eabi-gcc (default: zig)"
    )
    _add_clock(parser)


def _add_verify(commands: Any) -> None:
    parser = add_command(
        commands,
        "verify",
        _verify,
        "Run random, adversarial and lived-through events through the C cell and the Python reference, "
        "for the genome and for a random one.",
        "planaria verify planarian --target rv32imc --cases 10000",
    )
    parser.add_argument("genome", help="a .genome file or the name of a shipped one")
    parser.add_argument(
        "--target", required=True, metavar="T", help="cortex-m0plus, rv32imc, rv32ec, host or wasm"
    )
    parser.add_argument("--cases", type=int, default=10_000, metavar="N", help="events (default: 10000)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the cases (default: 0)")
    parser.add_argument(
        "--elf", type=Path, metavar="FILE", help="a file that build has written, instead of building anew"
    )
    _add_clock(parser)


def _add_bench(commands: Any) -> None:
    parser = add_command(
        commands,
        "bench",
        _bench,
        "Measure all engines, the paper's dense way and this core's limits, side by side: about 5 minutes.",
        "planaria bench -o docs",
    )
    parser.add_argument(
        "--side",
        type=int,
        action="append",
        default=[],
        metavar="N",
        help="a grid of NxN cells; may be repeated (default: 64, 256 and 1024)",
    )
    parser.add_argument(
        "--seconds", type=float, default=2.0, metavar="S", help="for each measurement (default: 2)"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="also write bench.md there, with figures"
    )


def _add_clock(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--clock",
        choices=("exponential", "uniform"),
        default="exponential",
        help="law of the waiting intervals",
    )
    parser.add_argument(
        "--mean-interval-us",
        type=int,
        default=10_000,
        metavar="T",
        help="mean waiting interval (default: 10000)",
    )


def _add_run(commands: Any) -> None:
    parser = add_command(
        commands,
        "run",
        _run,
        "Flash a genome into a grid of asynchronous cells, injure it, and measure its recovery.",
        "planaria run planarian --rounds 300 --loss 0.05 --fault restart:half:left@200 --film cut.gif",
    )
    parser.add_argument("genome", help="a .genome file or the name of a shipped one")
    parser.add_argument(
        "--grid", default="32x32", metavar="COLSxROWS", help="size of the grid (default: 32x32)"
    )
    parser.add_argument("--torus", action="store_true", help="join opposite edges of the grid")
    parser.add_argument(
        "--rounds", type=int, default=200, metavar="N", help="mean intervals to simulate (default: 200)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the whole run (default: 0)")
    parser.add_argument(
        "--engine",
        choices=("window", "reference", "native", "iss"),
        default="window",
        help="window: compiled, for many cells; reference: a process for each cell; native, iss: every cell "
        "executes the C cell, on this machine or on a simulated chip. The result is the same "
        "(default: window)",
    )
    parser.add_argument(
        "--kernel",
        metavar="K",
        help="what --engine window computes with: auto (default), numpy, f32 or vnni. The result is the same",
    )
    parser.add_argument(
        "--target", metavar="T", help="chip for --engine iss: cortex-m0plus (default), rv32imc or rv32ec"
    )
    parser.add_argument(
        "--check-genome",
        action="store_true",
        help="with --engine iss: check the genome's CRC-32 at every boot",
    )
    _add_clock(parser)
    parser.add_argument(
        "--latency-us", type=int, default=500, metavar="L", help="of every link (default: 500)"
    )
    parser.add_argument(
        "--jitter-us", type=int, default=0, metavar="J", help="adds uniform 0..J to the latency (default: 0)"
    )
    parser.add_argument(
        "--compute-us",
        type=int,
        default=0,
        metavar="C",
        help="what an update takes (default: 0, the ideal cell)",
    )
    parser.add_argument(
        "--chip",
        metavar="NAME[@CLOCK]",
        help="an update takes as long as on this chip: cortex-m0plus, rv32imc or rv32ec, e.g. rv32ec@48MHz",
    )
    parser.add_argument(
        "--loss", type=float, default=0.0, metavar="P", help="probability that a message is lost (default: 0)"
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="SPEC",
        help="KIND:REGION[,NAME=VALUE]@ROUND[+ROUNDS]; may be repeated. `planaria faults` lists the kinds. "
        "Regions: all, half:left|right|top|bottom, disc:ROW,COL,RADIUS, rect:ROW,COL,HEIGHT,WIDTH, "
        "frame:ROW,COL,HEIGHT,WIDTH (all but that rectangle), line:ROW,COL,TOROW,TOCOL, "
        "swipe:ROW,COL,TOROW,TOCOL,WIDTH, band:NUMBER,COUNT, random:FRACTION, living:REGION. "
        "E.g. restart:half:left@200, kill:disc:16,16,5@200+50, loss:0.5@100+50",
    )
    parser.add_argument(
        "--dwell-rounds",
        type=int,
        default=25,
        metavar="N",
        help="how long a recovery must last (default: 25)",
    )
    parser.add_argument(
        "--gone-fraction",
        type=float,
        default=0.95,
        metavar="F",
        help="share of the wound's error that must go, for the relative yardstick (default: 0.95)",
    )
    parser.add_argument(
        "--grown-error",
        type=float,
        default=10.0,
        metavar="E",
        help="an organism has grown when E was at most this in all of the dwell time (default: 10)",
    )
    parser.add_argument(
        "--while-growing",
        action="store_true",
        help="wounds are meant to strike before that, and are judged by E alone",
    )
    parser.add_argument(
        "--check", action="store_true", help="run the reference engine too and compare everything"
    )
    parser.add_argument("--film", type=Path, metavar="F.gif", help="write a film")
    parser.add_argument(
        "--figure", type=Path, metavar="F.png", help="write error over time and before/wounded/after"
    )
    parser.add_argument(
        "--trace", type=Path, metavar="F", help="write every update: what trace_sha256 is the hash of"
    )


def _demo(options: argparse.Namespace) -> None:
    from planaria.demo import demo

    report = demo(options.output, options.quick, options.seed, options.json, options.force)
    if options.json:
        print_json(report)


def _train(options: argparse.Namespace) -> None:
    from planaria.train import train

    facts = train(options)
    if options.json:
        print_json(facts)


def _genomes(options: argparse.Namespace) -> None:
    from planaria.shipped import print_table, table

    if options.json:
        print_json(table())
    else:
        print_table()


def _inspect(options: argparse.Namespace) -> None:
    from planaria.inspect import describe, print_description
    from planaria.shipped import open_genome

    genome = open_genome(options.genome)
    if options.json:
        print_json(describe(genome))
    else:
        print_description(genome)


def _faults(options: argparse.Namespace) -> None:
    from planaria.faults import print_table, table

    if options.json:
        print_json(table(options.kind))
    else:
        print_table(options.kind)


def _build(options: argparse.Namespace) -> None:
    from planaria.build import build_files, print_built

    rows = build_files(options)
    if options.json:
        print_json(rows if options.target == "all" else rows[0])
    else:
        print_built(rows, options.output)


def _verify(options: argparse.Namespace) -> int | None:
    from planaria.verify import print_report, verify_cell

    report = verify_cell(options)
    if options.json:
        print_json(report)
    else:
        print_report(report)
    return DIFFERS if report["mismatches"] else None


def _bench(options: argparse.Namespace) -> None:
    from planaria.bench.bench import bench, command
    from planaria.bench.report import print_report, save_report

    report = bench(options)
    if options.json:
        print_json(report)
    else:
        print_report(report)
    if options.output:
        for path in save_report(options.output, report, command(options)):
            say(f"wrote {path}", file=sys.stderr)


def _run(options: argparse.Namespace) -> int | None:
    from planaria.run import print_summary, run

    result = run(options)
    if options.json:
        print_json(result)
    else:
        print_summary(result, [path for path in (options.film, options.figure, options.trace) if path])
    return DIFFERS if result.get("differences") else None
