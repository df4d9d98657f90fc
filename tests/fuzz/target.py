"""A reader under fire: how its inputs are made, and what it must do with each of them.

Every input is a function of (target, seed, index), so that any of them can be made again. A target's ``use``
reads it, and works with what it has read. It returns where the input was accepted, and raises InputError,
or RefusedError, where it was not. Whatever else happens is a finding.
"""

import os
import time
import traceback
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from firmware.errors import InputError

ROOT: Final = Path(__file__).parents[2]

SLOW_S: Final = 1.0
"""No input may take so long, in time of this process's core: others may keep it waiting."""

WAIT_S: Final = 30.0
"""Nor so long by the clock on the wall: it then waits for something."""

MESSAGE_LETTERS_MAX: Final = 10_000


class RefusedError(Exception):
    """A refusal of a reader that has no use for InputError."""


@dataclass(frozen=True)
class Target:
    """A reader.

    Attributes:
        name: of the target.
        make: an input, from chance alone.
        use: reads it, as above.
        rate: inputs that one core tries in a second, about; a long run gives every target the same time.
        needs: modules of extras, without which it is left out.
        refuses: whether some inputs must be refused; a target that accepts all says False.
    """

    name: str
    make: Callable[[Random], bytes]
    use: Callable[[bytes], object]
    rate: int
    needs: tuple[str, ...] = ()
    refuses: bool = True

    @property
    def missing(self) -> str | None:
        """The first module that it lacks."""
        return next((module for module in self.needs if find_spec(module) is None), None)

    def prepare(self) -> None:
        """Make, and import, what only the first input needs: it is no part of its time."""
        with suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.use(self.input(0, 0))

    def input(self, seed: int, index: int) -> bytes:
        """Input number ``index``."""
        return self.make(Random(f"{self.name} {seed} {index}"))


@dataclass
class Finding:
    """How often something happened, the index of its first input, and what was said then."""

    count: int
    index: int
    said: str


@dataclass
class Tally:
    """What became of many inputs of a target.

    Attributes:
        findings: what happened and where -> the findings of this kind.
    """

    inputs: int = 0
    accepted: int = 0
    refused: int = 0
    slow: int = 0
    slowest_s: float = 0.0
    seconds: float = 0.0
    peak_bytes: int = 0
    findings: dict[str, Finding] = field(default_factory=dict)

    def note(self, what: str, index: int, said: str = "", count: int = 1) -> None:
        """One more, or several more, of this kind."""
        before = self.findings.get(what)
        if before is None or index < before.index:
            self.findings[what] = Finding(before.count + count if before else count, index, said)
        else:
            before.count += count

    def add(self, other: "Tally") -> None:
        """Those of another range of inputs."""
        for name in ("inputs", "accepted", "refused", "slow", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.slowest_s = max(self.slowest_s, other.slowest_s)
        self.peak_bytes = max(self.peak_bytes, other.peak_bytes)
        for what, found in other.findings.items():
            self.note(what, found.index, found.said, found.count)


@cache
def _scratch() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="planaria-fuzz-")


def scratch() -> Path:
    """A folder of this process alone; those of a crew are in its parent's, which removes them all."""
    folder = Path(_scratch().name) / str(os.getpid())
    folder.mkdir(exist_ok=True)
    return folder


def attempt(target: Target, content: bytes) -> bool:
    """Whether it is accepted; anything but a proper refusal comes out as it is."""
    try:
        target.use(content)
    except RefusedError:
        return False
    except InputError as error:
        said = str(error)
        assert not {"\n", "\r", "\x1b", "\0"} & set(said), f"not one line: {said!r}"
        assert len(said) <= MESSAGE_LETTERS_MAX, f"{len(said)} letters: {said[:80]!r}"
        return False
    return True


def tried(
    target: Target,
    seed: int,
    indices: Iterable[int],
    seconds: float = float("inf"),
    at: Callable[[int], None] = lambda _index: None,
) -> Tally:
    """Try these inputs, for so long at most; warnings count as findings.

    Args:
        target: what to try.
        seed: of all inputs.
        indices: of the inputs.
        seconds: after which no further one is begun.
        at: is told the index of each input before it is made.
    """
    tally, began = Tally(), time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for index in indices:
            at(index)
            start, start_s = time.process_time(), time.monotonic()
            try:
                accepted = attempt(target, target.input(seed, index))
            except Exception as error:
                tally.note(f"{type(error).__name__} at {place(error)}", index, f"{error}"[:200])
            except SystemExit as error:
                tally.note(f"SystemExit({error.code})", index)
            else:
                tally.accepted += accepted
                tally.refused += not accepted
            took_s = time.process_time() - start
            tally.inputs += 1
            tally.slowest_s = max(tally.slowest_s, took_s)
            if took_s > SLOW_S:
                tally.slow += 1
                tally.note(f"more than {SLOW_S:g} s", index)
            if time.monotonic() - start_s > WAIT_S:
                tally.note("it waits for something", index)
            if time.monotonic() - began > seconds:
                break
    tally.seconds = time.monotonic() - began
    return tally


def place(error: BaseException) -> str:
    """Where in this repository an exception came from: the innermost line outside of these fuzzers."""
    frames = traceback.extract_tb(error.__traceback__)
    fuzzers = str(Path(__file__).parent)
    own = [f for f in frames if f.filename.startswith(str(ROOT)) and not f.filename.startswith(fuzzers)]
    frame = (own or list(frames))[-1]
    name = Path(frame.filename)
    return f"{name.relative_to(ROOT) if name.is_relative_to(ROOT) else name.name}:{frame.lineno}"
