"""Processes of this machine that run functions, and that end with this one, whatever ends it."""

import ctypes
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from multiprocessing import active_children, get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Final, Self, TypeVar

from firmware.system.interrupts import held
from planaria.system.ending import check_room
from planaria.system.processes import ONE_THREAD, environment, not_from_here
from planaria.system.semaphores import removable

ROOM_MIN_BYTES: Final = 1 << 30
"""Of addresses, without which what is compiled beside so many threads ends the process as it likes."""

QUIET: Final = {"PYTHONWARNINGS": "ignore:resource_tracker"}
"""For what multiprocessing has started to clean up after this process, which does so without a word."""

PR_SET_PDEATHSIG: Final = 1
"""Linux: which signal a process gets when its parent ends."""

HELD_S: Final = 0.1
"""How long an interrupt is held, at most, while something is waited for."""

T = TypeVar("T")


def _nothing() -> None:
    """The task that starts a process."""


class Pool:
    """So many processes that run functions; a context manager.

    They end when it is closed, and also, like a dog whose leash is cut, when this process is gone for
    whatever reason: each watches the other end of a pipe. Linux ends them then even if they are stopped.

    Args:
        count: how many.
        begin: what each process does first.
        given: arguments of it.

    Raises:
        InputError: they would not fit into a limit on memory.
    """

    def __init__(self, count: int, begin: Callable[..., None] = _nothing, *given: Any) -> None:
        check_room(ROOM_MIN_BYTES)
        context = get_context("spawn")
        watched, leash = context.Pipe(duplex=False)
        self._heard, said = context.Pipe(duplex=False)
        self._processes: set[BaseProcess] = set()
        self._closing = ExitStack()
        for end in (watched, self._heard, said):
            self._closing.callback(end.close)
        try:
            with held(), _environment(), removable():  # a process that is half started finds nothing to read
                with _deaf():  # as a part of multiprocessing is that is started here
                    self._executor = ProcessPoolExecutor(
                        count, context, _begin, (watched, said, begin, given)
                    )
                self._closing.callback(self._executor.shutdown, cancel_futures=True)
                self._closing.callback(self._kill)
                self._closing.callback(leash.close)
            with suppress(BrokenExecutor):
                for _ in range(count):  # each task starts a process while none is idle
                    self.submit(_nothing)
        except BaseException:
            self.close()
            raise

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Have a process run a function.

        Raises:
            BrokenExecutor: one of them has died; so does the result of all that was given to them.
        """
        before = set(active_children())
        with held(), _environment(), _deaf():  # if not all have started and none is idle, one starts now
            try:
                return self._executor.submit(function, *arguments)
            finally:
                self._processes |= set(active_children()) - before

    @property
    def has_lived(self) -> bool:
        """Whether any of them has come to its beginning."""
        return self._heard.poll()

    def close(self) -> None:
        """End them, whatever they do."""
        with held():
            self._closing.close()

    def _kill(self) -> None:
        for process in self._processes:
            process.kill()  # not even one that is stopped, or hears no signal, is waited for

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def first_done(futures: Collection[Future[T]], limit_s: float = math.inf) -> set[Future[T]]:
    """Wait until some of these are done; gives those, or none when the limit has passed.

    Waiting locks every future for a moment. An interrupt in this moment would leave locked what the pool must
    lock to close, and so neither would ever end; thus it is held until the locks are free again.

    Args:
        futures: of a pool; where there are none, nothing is waited for.
        limit_s: how long, about.
    """
    deadline_s = time.monotonic() + limit_s
    done: set[Future[T]] = set()
    while futures and not done and (left_s := deadline_s - time.monotonic()) > 0:
        with held():
            done, _ = wait(futures, min(left_s, HELD_S), FIRST_COMPLETED)
    return done


def result_of(future: Future[T]) -> T:
    """Wait for the result of a future, as ``first_done`` waits.

    Raises:
        BrokenExecutor: its process has died; or what its function has raised.
    """
    first_done([future])
    return future.result()


def _environment() -> AbstractContextManager[None]:
    """The environment variables of each process."""
    return environment(not_from_here() | ONE_THREAD | QUIET)


@contextmanager
def _deaf() -> Iterator[None]:
    """What is started here does not hear what goes to all processes of a terminal: only its parent does.

    When the first pool is made, multiprocessing starts a process of its own and lets SIGINT through again.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGHUP])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _begin(watched: Connection, said: Connection, begin: Callable[..., None], given: tuple[Any, ...]) -> None:
    """What each process does first: it says that it lives."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_when_cut, args=(watched,), daemon=True).start()
    with suppress(OSError):
        said.send_bytes(b"I live")
    begin(*given)


def _end_when_cut(watched: Connection) -> None:
    watched.poll(None)
    os._exit(1)
