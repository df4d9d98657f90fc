"""The signals that end a program, INT, TERM and HUP, and when they may do so.

Python raises ``KeyboardInterrupt`` between any two instructions. Where C code has called Python back, as a
simulated chip does for each access to its board, nobody passes it on: what the callback was to do is left
undone and the C code goes on, to a wrong result. Thus signals are only noted while such code runs (``held``),
and interrupt after it. The command line takes them over for good (``taken_over``); then an interrupt that a
library has swallowed still ends the command, and none comes while the first is being cleaned up after.
"""

import _thread
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

SIGNALS: Final = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)  # Windows has no SIGHUP
)

AGAIN_S: Final = 0.02
"""An interrupt that was swallowed comes again after so long, when what has swallowed it has ended."""

_came: list[int] = []
"""Signals that have come; whoever has taken them over never forgets them."""

_holds = 0
_is_taken_over = False


class Interrupt(KeyboardInterrupt):
    """What a signal raises where signals are taken over.

    A ``KeyboardInterrupt`` that is no other passes through ``exec``, as by an import of dataclasses, with the
    effect that Python in the end kills its process by SIGINT, although somebody has caught it.
    """


class held:  # noqa: N801 # it is used like a function
    """A block in which signals are only noted; they interrupt at its end.

    ``with held() as came:`` gives the list of those that have come. Who raises ``KeyboardInterrupt`` within
    has acted on them. Where nobody has taken them over, what handles them otherwise does so at the end.
    Only the main thread is ever interrupted, so that in others this does nothing.

    Args:
        deadly: hold those, too, with which the system ends this process at once, for no handler was set.
    """

    def __init__(self, deadly: bool = False) -> None:
        self._deadly = deadly

    def __enter__(self) -> list[int]:
        global _holds
        self._before: dict[int, Any] = {}
        self._is_main = threading.current_thread() is threading.main_thread()
        if not self._is_main:
            return []
        if not _is_taken_over and not _holds:
            try:
                for number in SIGNALS:
                    _take(number, _note, self._before, self._deadly)
            except BaseException:
                _give_back(self._before)
                raise
        _holds += 1
        return _came

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        global _holds
        if not self._is_main:
            return
        _holds -= 1
        if _is_taken_over:
            check()
        elif not _holds:
            came = _came.copy()
            _came.clear()
            _give_back(self._before)
            if kind is None or not issubclass(kind, KeyboardInterrupt):
                for number in came:
                    signal.raise_signal(number)


def check() -> None:
    """Interrupt, if a signal has come whose interrupt was swallowed; asked at every step of long work.

    Raises:
        Interrupt: so it is.
    """
    if _came and _is_taken_over and not _holds and not _is_cleaning_up():
        raise Interrupt


@contextmanager
def taken_over(for_good: bool) -> Iterator[list[int]]:
    """A block in which every signal raises ``Interrupt``; gives the list of those that have come.

    A signal that is ignored stays so: of a program under ``nohup``, or in the background of a script.

    Args:
        for_good: they are ignored afterwards, for what is left to do is to end; else they are given back.
    """
    global _is_taken_over, _holds
    if threading.current_thread() is not threading.main_thread():
        yield []  # only the main thread may handle signals
        return
    before: dict[int, Any] = {}
    hook = sys.unraisablehook
    _holds, _is_taken_over = _holds + 1, True
    try:
        for number in SIGNALS:
            _take(number, _interrupt, before, deadly=True)
        sys.unraisablehook = _come_again
        _holds -= 1
        check()
        yield _came
    finally:
        _holds += 1
        _give_back(dict.fromkeys(before, signal.SIG_IGN) if for_good else before)
        sys.unraisablehook = hook
        _came.clear()
        _holds, _is_taken_over = _holds - 1, False


def _take(number: int, handler: Any, before: dict[int, Any], deadly: bool) -> None:
    """Handle a signal, unless it is ignored or not Python's; what did so ``before`` is kept there."""
    handles = signal.getsignal(number)
    if callable(handles) or (deadly and handles is signal.SIG_DFL):
        before[number] = handles
        signal.signal(number, handler)


def _give_back(before: dict[int, Any]) -> None:
    for number, handler in before.items():
        signal.signal(number, handler)


def _note(number: int, _frame: FrameType | None) -> None:
    _came.append(number)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _came.append(number)
    check()


def _is_cleaning_up() -> bool:
    """Whether an interrupt is on its way through the callers, who close what they have opened."""
    error = sys.exception()
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__context__
    return False


def _come_again(lost: "sys.UnraisableHookArgs") -> None:
    """Where an exception cannot be raised, an interrupt is put off rather than shown and forgotten."""
    if not (_came and issubclass(lost.exc_type, KeyboardInterrupt)):
        sys.__unraisablehook__(lost)
        return
    number, main = _came[-1], threading.main_thread().ident
    if hasattr(signal, "pthread_kill"):
        again = threading.Timer(AGAIN_S, signal.pthread_kill, [main, number])
    else:  # Windows, where nothing that waits is woken up
        again = threading.Timer(AGAIN_S, _thread.interrupt_main, [number])
    again.daemon = True
    again.start()
