"""Processes that try inputs, a few seconds each: one that dies or hangs is a finding too."""

import ctypes
import multiprocessing
import os
import resource
import signal
import sys
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

from tests.fuzz.target import Tally, Target, tried

SHIFT_S: Final = 5.0
HANG_S: Final = 60.0
"""Beyond ``SLOW_S`` by far: on a busy machine an input may wait for its turn."""

ROOM_BYTES: Final = 2 << 30
"""Address space that a shift may ask for, beyond what it begins with."""

FORK: Final = multiprocessing.get_context("fork")


@dataclass
class Shift:
    """A process at work on inputs of a target from ``first`` on; ``at`` is where it is."""

    target: Target
    first: int
    process: BaseProcess
    news: Connection
    at: Any
    seen: int = -1
    seen_s: float = field(default_factory=time.monotonic)


class Crew:
    """All targets, shared among processes.

    Args:
        targets: that are tried.
        seed: of all inputs.
        processes: at once.
    """

    def __init__(self, targets: list[Target], seed: int, processes: int) -> None:
        self.targets, self.seed, self.processes = targets, seed, processes
        self.tallies = {target.name: Tally() for target in targets}
        self._next = dict.fromkeys(self.tallies, 0)
        self._shifts: list[Shift] = []
        for target in targets:  # before the forks
            target.prepare()

    def run(self, counts: dict[str, int] | None, seconds: float) -> None:
        """Try so many inputs of each target, or for so long."""
        end_s = time.monotonic() + seconds
        try:
            while self._shifts or self._wanted(counts, end_s):
                while len(self._shifts) < self.processes and (target := self._wanted(counts, end_s)):
                    self._begin(target, counts)
                wait([shift.news for shift in self._shifts], timeout=1)
                for shift in list(self._shifts):
                    self._look(shift)
                self._show()
        finally:
            for shift in self._shifts:
                shift.process.kill()

    def _wanted(self, counts: dict[str, int] | None, end_s: float) -> Target | None:
        """Of those with inputs left that nobody works on: the one that has had the least time."""
        busy = {shift.target.name for shift in self._shifts}
        if counts is None and time.monotonic() > end_s:
            return None
        free = [
            target
            for target in self.targets
            if target.name not in busy and (counts is None or self._next[target.name] < counts[target.name])
        ]
        return min(free, key=lambda target: self.tallies[target.name].seconds, default=None)

    def _begin(self, target: Target, counts: dict[str, int] | None) -> None:
        first = self._next[target.name]
        end = sys.maxsize if counts is None else counts[target.name]
        at = FORK.RawValue(ctypes.c_longlong, first)
        news, ours = FORK.Pipe(duplex=False)
        process = FORK.Process(target=_work, args=(target, self.seed, first, end, at, ours))
        process.start()
        ours.close()
        self._shifts.append(Shift(target, first, process, news, at))

    def _look(self, shift: Shift) -> None:
        """Take in what a shift has found, or that it is dead, or hangs."""
        tally = Tally()
        if shift.news.poll():
            try:
                tally = shift.news.recv()
            except EOFError:
                shift.process.join()
                self._lost(shift, tally, f"the process died, exit code {shift.process.exitcode}")
        elif shift.at.value != shift.seen:
            shift.seen, shift.seen_s = shift.at.value, time.monotonic()
            return
        elif time.monotonic() - shift.seen_s > HANG_S:
            shift.process.kill()
            self._lost(shift, tally, f"it hangs for more than {HANG_S:g} s")
        else:
            return
        shift.process.join()
        self._shifts.remove(shift)
        self.tallies[shift.target.name].add(tally)
        self._next[shift.target.name] = shift.first + tally.inputs

    def _lost(self, shift: Shift, tally: Tally, what: str) -> None:
        """What the shift had found until then is lost, but for the input that ended it."""
        tally.inputs = shift.at.value + 1 - shift.first
        tally.seconds = SHIFT_S
        tally.note(what, shift.at.value)

    def _show(self) -> None:
        if sys.stderr.isatty():
            inputs = sum(tally.inputs for tally in self.tallies.values())
            found = sum(len(tally.findings) for tally in self.tallies.values())
            at_work = ", ".join(shift.target.name for shift in self._shifts)
            print(
                f"\r\x1b[K{inputs:,} inputs, {found} findings; {at_work}", end="", file=sys.stderr, flush=True
            )


def _work(target: Target, seed: int, first: int, end: int, at: Any, news: Connection) -> None:
    """A shift, in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _leave_room()

    def here(index: int) -> None:
        at.value = index

    tally = tried(target, seed, range(first, end), SHIFT_S, here)
    tally.peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    news.send(tally)
    news.close()
    os._exit(0)


def _leave_room() -> None:
    """Whoever asks for much more memory than there is now gets a MemoryError."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + ROOM_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
