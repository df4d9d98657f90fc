"""Try all readers for hours: ``python -m tests.fuzz --hours 2 --seed 1``. See docs/HACKING.md."""

import argparse
import sys
import time
from pathlib import Path

from tests.fuzz.crew import Crew
from tests.fuzz.target import Tally, Target, attempt
from tests.fuzz.targets import TARGETS

HEAD = (
    f"{'target':16}{'inputs':>12}{'accepted':>11}{'refused':>11}{'findings':>9}{'over 1 s':>9}"
    f"{'slowest':>10}{'memory':>9}{'inputs/s':>10}"
)


def main() -> int:
    options = _options()
    chosen = [target for target in TARGETS if options.target in (None, target.name)]
    if not chosen:
        sys.exit(f"there is no target {options.target}; there are {', '.join(t.name for t in TARGETS)}")
    if options.file or options.index is not None:
        return _again(chosen[0], options)
    for target in chosen:
        if target.missing:
            print(f"{target.name} is left out: {target.missing} is not installed", file=sys.stderr)
    chosen = [target for target in chosen if not target.missing]
    crew = Crew(chosen, options.seed, options.processes)
    try:
        crew.run(counts(chosen, options.inputs) if options.inputs else None, 3600 * options.hours)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    report(crew.tallies, options)
    return int(any(tally.findings for tally in crew.tallies.values()))


def counts(targets: list[Target], inputs: int) -> dict[str, int]:
    """Inputs of each target, so that all take about as long."""
    rates = sum(target.rate for target in targets)
    return {target.name: -(-inputs * target.rate // rates) for target in targets}


def report(tallies: dict[str, Tally], options: argparse.Namespace) -> None:
    """A table, the findings, and the first input of each in a file of its own."""
    print(f"seed {options.seed}\n{HEAD}")
    whole = Tally()
    for name, tally in tallies.items():
        print(_row(name, tally))
        whole.add(tally)
    print(_row("all", whole))
    for target in TARGETS:
        findings = tallies[target.name].findings if target.name in tallies else {}
        for number, (what, found) in enumerate(sorted(findings.items())):
            path = Path(options.output) / f"{target.name}-{number}.bin"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(target.input(options.seed, found.index))
            again = f"--target {target.name} --seed {options.seed} --index {found.index}"
            print(f"\n{target.name}: {what}, {found.count:,} times\n  {found.said!a}\n  {path}: {again}")


def _row(name: str, tally: Tally) -> str:
    found = sum(finding.count for finding in tally.findings.values())
    speed = tally.inputs / tally.seconds if tally.seconds else 0
    return (
        f"{name:16}{tally.inputs:12,}{tally.accepted:11,}{tally.refused:11,}{found:9,}{tally.slow:9,}"
        f"{1000 * tally.slowest_s:7.0f} ms{tally.peak_bytes >> 20:6,} MB{speed:10,.0f}"
    )


def _again(target: Target, options: argparse.Namespace) -> int:
    """One input once more, to see where it ends."""
    content = Path(options.file).read_bytes() if options.file else target.input(options.seed, options.index)
    print(f"{len(content)} bytes: {content[:200]!r}")
    began = time.monotonic()
    accepted = attempt(target, content)
    print(f"{'accepted' if accepted else 'refused'} after {time.monotonic() - began:.3f} s")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0, help="how long (default: 1)")
    parser.add_argument("--inputs", type=int, help="so many instead, all targets together")
    parser.add_argument("--seed", type=int, default=1, help="of all inputs (default: 1)")
    parser.add_argument("--processes", type=int, default=2, help="at once (default: 2)")
    parser.add_argument("--target", help="this one alone")
    parser.add_argument("--index", type=int, help="this input of it alone, with its traceback")
    parser.add_argument("--file", help="this file as its input, likewise")
    parser.add_argument(
        "-o", "--output", default="fuzz-findings", help="folder for inputs that found something"
    )
    options = parser.parse_args()
    if (options.file or options.index is not None) and options.target is None:
        parser.error("--index and --file need --target")
    return options


if __name__ == "__main__":
    sys.exit(main())
