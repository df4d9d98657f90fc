"""``planaria test``: every kind of fault on a program, random RAM to find back from, and a small wound."""

import argparse
from pathlib import Path
from typing import Any

from emulator.options import TOPOLOGY, WORLD_OPTIONS
from firmware.program_in_c import KILOLIB_TICK_US
from planaria.commands.command import (
    add_command,
    add_options,
    add_parameters,
    parameters,
    parameters_said,
    print_json,
)
from planaria.counted import counted
from planaria.say import say
from planaria.system.ending import DIFFERS


def add(commands: Any) -> None:
    """Flags and help of the command."""
    parser = add_command(
        commands,
        "test",
        _test,
        "Put a program to the test: let it suffer every kind of fault on two engines, which have to agree, "
        "find back from random RAM, and heal a small wound.",
        "planaria test examples/leader.py --grid 16x16 --worlds 50",
    )
    parser.add_argument("program", type=Path, help="a program (.py)")
    add_parameters(parser)
    parser.add_argument("--grid", default="12x12", metavar="COLSxROWS", help="of all worlds (default: 12x12)")
    add_options(parser, (WORLD_OPTIONS["topology"],))
    interval = WORLD_OPTIONS["mean_interval_us"]
    usual = f"default: {interval.default}, for Kilobots a tick, {KILOLIB_TICK_US}"
    parser.add_argument(interval.flag, type=int, metavar="T", help=f"{interval.text} ({usual})")
    parser.add_argument("--worlds", type=int, default=20, metavar="N", help="so many (default: 20)")
    parser.add_argument(
        "--rounds",
        type=int,
        default=300,
        metavar="N",
        help="of a world before it is hurt, and again after it (default: 300)",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the first world (default: 0)")


def _test(options: argparse.Namespace) -> int | None:
    from planaria.test import put_to_test

    report = put_to_test(
        options.program,
        parameters=parameters(options),
        grid=options.grid,
        topology=options.topology,
        mean_interval_us=options.mean_interval_us,
        worlds=options.worlds,
        rounds=options.rounds,
        seed=options.seed,
    )
    if options.json:
        print_json(report)
    else:
        print_report(report)
    return DIFFERS if any(fault["alike"] is False for fault in report["faults"]) else None


def print_report(report: dict[str, Any]) -> None:
    """Tell a person which faults the program did not stand, and what becomes of it from random RAM."""
    faults = report["faults"]
    differ = [fault["fault"] for fault in faults if fault["alike"] is False]
    alone = [fault["fault"] for fault in faults if fault["alike"] is None]
    name, kinds = f"{report['program']}{parameters_said(report)}", counted(len(faults), "kind")
    say(f"{name}: {kinds} of faults, on the engines {' and '.join(report['engines'])}")
    say(f"  results that differ: {', '.join(differ) or 'none'}")
    if alone:
        say(f"  on a chip alone, for they change bits that only it has: {', '.join(alone)}")
    for fault in faults:
        for failure, count in fault["failures"].items():
            say(f"  {fault['fault']}: {counted(count, failure)}; the first: {fault['first_failure']}")
    loss = f"{report['loss']:.0%} of messages lost"
    usual = report["topology"] == f"{TOPOLOGY.default} {report['grid']}"
    cells = report["grid"] if usual else report["topology"]
    say(f"  worlds of {cells} cells, {loss}, {report['rounds']} rounds and as many after a fault")
    for found, where in ((report["scrambled"], "from random RAM"), (report["wounded"], None)):
        outcomes = ", ".join(
            f"{count} {outcome.replace('_', ' ')}" for outcome, count in found["outcomes"].items()
        )
        say(f"  {where or found['fault']}: {outcomes}")
        for line in _found_back(found):
            say(f"    {line}")
        if found["outcomes"].keys() == {"not_grown"}:
            say("    none was legitimate for 25 rounds before that; give more --rounds")


def _found_back(found: dict[str, Any]) -> list[str]:
    """Convergence and cost, closure, and containment."""
    lines = []
    if found["median_rounds"] is not None:
        cost = f"{found['median_updates']:,.0f} updates, {found['median_messages']:,.0f} messages"
        when = f"{found['median_rounds']:.0f} rounds (median), at most {found['most_rounds']:.0f}"
        lines.append(f"legitimate after {when}; {cost}")
        left = counted(found["relapsed_worlds"], "world")
        times = counted(found["relapses"], "time")
        lines.append(f"left it again: {f'{left}, {times} in all' if found['relapses'] else 'none'}")
    if found["median_disturbed"] is not None:
        median, most = found["median_disturbed"], found["most_disturbed"]
        lines.append(f"of the cells outside, {median:.0%} showed something else (median), at most {most:.0%}")
    return lines
