"""``planaria run``: flash, run, injure, measure."""

import argparse
import sys
from pathlib import Path
from typing import Any

from emulator.engines import ENGINES, MACHINE_CODE
from emulator.options import TOPOLOGY, WORLD_OPTIONS
from planaria.commands.command import (
    add_command,
    add_options,
    add_parameters,
    chosen,
    parameters,
    parameters_said,
    print_json,
)
from planaria.counted import counted
from planaria.hint import paste_here
from planaria.say import say
from planaria.system.ending import DIFFERS


def add(commands: Any) -> None:
    """Flags and help of the command."""
    parser = add_command(
        commands,
        "run",
        _run,
        "Flash a genome or a program into a grid of asynchronous cells, injure it, and measure its recovery.",
        "planaria run planarian --rounds 300 --loss 0.05 --fault restart:half:left@200 --film cut.gif",
    )
    parser.add_argument("genome", help="a .genome file, the name of a shipped one, or a program (.py)")
    parser.add_argument(
        "--rounds", type=int, default=200, metavar="N", help="mean intervals to simulate (default: 200)"
    )
    parser.add_argument(
        "--engine",
        choices=tuple(ENGINES),
        help=f"{'; '.join(f'{name}: {kind.text}' for name, kind in ENGINES.items())}. "
        f"The result is the same (default: {next(iter(ENGINES))}; native for a program that is written in C)",
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
    add_parameters(parser)
    add_options(parser, WORLD_OPTIONS.values())
    parser.add_argument(
        "--check",
        action="store_true",
        help="run the reference engine too and compare everything; for a program that is written in C the "
        "other engine that can run it",
    )
    parser.add_argument("--film", type=Path, metavar="F.gif", help="write a film")
    parser.add_argument(
        "--show", metavar="VARIABLE", help="what a film of a program shows, instead of colours"
    )
    parser.add_argument(
        "--figure", type=Path, metavar="F.png", help="write error over time and before/wounded/after"
    )
    parser.add_argument(
        "--trace", type=Path, metavar="F", help="write every update: what trace_sha256 is the hash of"
    )
    parser.add_argument(
        "--log", type=Path, metavar="F.csv", help="write a program's variables in all cells after each round"
    )


def _run(options: argparse.Namespace) -> int | None:
    from planaria.run import run

    result = run(
        options.genome,
        options.rounds,
        parameters=parameters(options),
        engine=options.engine,
        target=options.target,
        check_genome=options.check_genome,
        kernel=options.kernel,
        check=options.check,
        film=options.film,
        figure=options.figure,
        trace=options.trace,
        log=options.log,
        show=options.show,
        **chosen(options, WORLD_OPTIONS.values()),
    )
    if options.json:
        print_json(result)
    else:
        outputs = options.film, options.figure, options.trace, options.log
        print_summary(result, [path for path in outputs if path])
    return DIFFERS if result.get("differences") else None


def _again(result: dict[str, Any]) -> list[str]:
    """The words of this command that show a failure again, of a program in Python on the engine to read."""
    engine = [] if result["engine"] in MACHINE_CODE else ["--engine", "reference"]
    return [*sys.argv[1:], *engine, "--rounds", str(result["crash"]["rounds"])]


def print_summary(result: dict[str, Any], written: list[Path]) -> None:
    """Tell a person what has become of the run, and which files were written."""
    from emulator.record.predicate import Predicate
    from planaria.verdict import DISTANCE, ERROR, describe_away, describe_recovery

    kind = result["topology"].partition(" ")[0]
    size = "x".join(map(str, result["grid"]))
    cells = f"{size} cells" if kind == TOPOLOGY.default else f"{kind}, {size} cells"
    rounds = counted(result["rounds"], "round")
    say(f"{result['genome']}{parameters_said(result)} on {cells}, {rounds}, seed {result['seed']}")
    fates = ("lost", "corrupted", "cut", "unheard")
    gone = ", ".join(f"{result[fate]:,} {fate}" for fate in fates if result[fate])
    beside = f" ({gone})" if gone else ""
    say(f"  {result['updates']:,} updates, {result['messages']:,} messages{beside}")
    end = result["error_by_round"][-1]
    if result["stood"]:
        say(f"  E at the end {end:.2f} (1 looks perfect, above 10 is bad)")
    else:
        say(f"  distance at the end {end:.2f} (0 is legitimate)")
    if result["compute_us"]:
        whose = f" on {result['chip']}, at most" if result["chip"] else ""
        say(f"  an update takes {result['compute_us']:,} us{whose}")
    for line in result["rates_of_flips"]:
        say(f"  {line}")
    predicate, what = Predicate(**result["predicate"]), ERROR if result["stood"] else DISTANCE
    for recovery in result["recoveries"]:
        say(f"  {recovery['wound']}: {describe_recovery(recovery, predicate, what)}")
    if result["verdict"] and len(result["recoveries"]) != 1:
        say(f"  all faults together: {describe_recovery(result['verdict'], predicate, what)}")
    for away in result["away"]:
        say(f"  {describe_away(away, result['mean_interval_us'])}")
    for action, outcomes in result["machine_faults"].items():
        say(f"  {action}: " + ", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.items()))
    if crash := result["crash"]:
        say(f"  the first failure: cell {crash['cell']} at {crash['time_us']:,} us: {crash['text']}")
        say(f"  see it again: {paste_here(*_again(result))}")
    say(f"  trace {result['trace_sha256']}")
    if "differences" in result:
        differs = ", ".join(result["differences"]) or "nothing"
        say(f"  differs from the engine {result['compared_with']} in: {differs}")
    for path in written:
        say(f"  wrote {path}")
