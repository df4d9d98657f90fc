"""Run all benchmarks and print a table, or one JSON object with ``--json``."""

import argparse
import json
import os
import platform
import sys
from importlib.util import find_spec

from benchmarks import campaign, engine, hardware, programs, training, training_peers


def main() -> None:
    """Measure everything once."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results = {**engine.measure(), **training.measure(), **training_peers.measure()}
    results |= campaign.measure() | programs.measure()
    if find_spec("ziglang"):
        results |= hardware.measure() | programs.measure_native()
    else:
        print("the C cell is left out: `make hardware` installs its tools", file=sys.stderr)
    if options.json:
        print(json.dumps(results))
        return
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for name, value in results.items():
        print(f"{name:44} {value:14,.2f}")


if __name__ == "__main__":
    main()
