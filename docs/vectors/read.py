"""Compare another implementation of SPEC.md with the recorded worlds.

    python read.py                          the names of the worlds
    python read.py WORLD                    what it is, and what must come out
    python read.py WORLD CANDIDATE.trace    the first record that differs, if any
    python read.py WORLD CANDIDATE.json     the first number that differs, of those that are there

It needs nothing but Python. The exit status is 1 if something differs.
"""

import argparse
import gzip
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
RECORD = struct.Struct("<QI16b")
"""A line of the trace: time in us, cell, the 16 numbers of its state after the update."""


def load_worlds() -> dict[str, dict[str, Any]]:
    """The worlds by name."""
    return {world["name"]: world for world in json.loads((FOLDER / "worlds.json").read_text())}


def load_trace(name: str) -> bytes:
    """The recorded trace of a world, unpacked."""
    return gzip.decompress((FOLDER / f"recorded/{name}.trace.gz").read_bytes())


def load_result(name: str) -> dict[str, Any]:
    """What else must come out of it."""
    result: dict[str, Any] = json.loads((FOLDER / f"recorded/{name}.json").read_text())
    return result


def trace_difference(given: bytes, expected: bytes) -> str | None:
    """Where two traces differ first, in words; None if they do not."""
    places = range(0, len(given) + len(expected), RECORD.size)
    slices = (slice(place, place + RECORD.size) for place in places)
    pairs = ((given[part], expected[part]) for part in slices)
    for number, (here, there) in enumerate(pairs):
        if here[:12] == there[:12] and here != there and len(here) == RECORD.size:
            return f"record {number:,}: {_when(here)}: state {_state(here)}, expected {_state(there)}"
        if here != there:
            return f"record {number:,}: {_words(here)}, expected {_words(there)}"
    return None


def result_difference(given: Any, expected: Any) -> str | None:
    """Where two results differ first, in words; None if they do not. Floats must be equal in all bits."""
    here, there = dict(_leaves(given)), dict(_leaves(expected))
    for path in [*there, *here]:
        if path not in here or path not in there or here[path] != there[path]:
            return f"{path}: {here.get(path, 'nothing')}, expected {there.get(path, 'nothing')}"
    return None


def compare(name: str, candidate: Path) -> tuple[str | None, str]:
    """The first difference between a file and what was recorded, and what is equal if there is none."""
    if candidate.suffix != ".json":
        expected = load_trace(name)
        difference = trace_difference(candidate.read_bytes(), expected)
        return difference, f"all {len(expected) // RECORD.size:,} records"
    given, result = json.loads(candidate.read_bytes()), load_result(name)
    if not isinstance(given, dict) or given.keys().isdisjoint(result):
        raise ValueError(f"{candidate} has none of {', '.join(result)}")
    there = {field: value for field, value in result.items() if field in given}
    return result_difference({field: given[field] for field in there}, there), ", ".join(there)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("world", nargs="?")
    parser.add_argument("candidate", nargs="?", type=Path)
    options, worlds = parser.parse_args(), load_worlds()
    if options.world is None:
        print("\n".join(f"{name}: {world['about']}" for name, world in worlds.items()))
        return 0
    if options.world not in worlds:
        parser.error(f"there is no world {options.world!r}: {', '.join(worlds)}")
    if options.candidate is None:
        print(json.dumps([worlds[options.world], load_result(options.world)], indent=1))
        return 0
    try:
        difference, same = compare(options.world, options.candidate)
    except (OSError, ValueError) as error:
        parser.error(f"the candidate cannot be read: {error}")
    print(difference or f"{options.world}: equal in {same}")
    return int(difference is not None)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """All that is no list or object, each with the way to it, such as ``recoveries[0].outcome``."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _leaves(part, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _leaves(part, f"{path}[{place}]")
    else:
        yield path, value


def _when(record: bytes) -> str:
    return "time {:,} us, cell {}".format(*RECORD.unpack(record)[:2])


def _state(record: bytes) -> str:
    return " ".join(map(str, RECORD.unpack(record)[2:]))


def _words(record: bytes) -> str:
    if len(record) < RECORD.size:
        return f"{len(record)} bytes that are no record" if record else "the end"
    return f"{_when(record)}, state {_state(record)}"


if __name__ == "__main__":
    raise SystemExit(main())
