"""When signals interrupt, and that none is lost."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

import pytest

from firmware.system.interrupts import SIGNALS, check, held, taken_over

every_signal = pytest.mark.parametrize("number", SIGNALS)


class StoppedError(Exception):
    """What the handler of a program raises."""


@pytest.fixture
def of_a_program():
    """Handlers of a program that uses planaria: they raise ``StoppedError``."""

    def stop(_number, _frame):
        raise StoppedError

    before = {number: signal.signal(number, stop) for number in SIGNALS}
    yield stop
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def command(of_a_program):
    """Within a command; gives the signals that have come."""
    with taken_over(for_good=False) as came:
        yield came


@every_signal
def test_a_held_signal_acts_at_the_end(of_a_program, number):
    steps = []
    with pytest.raises(StoppedError):  # noqa: PT012
        with held() as came:
            assert came == []
            signal.raise_signal(number)
            assert came == [number]
            with held():
                steps.append("inner")
            steps.append("after")
        steps.append("never")
    assert steps == ["inner", "after"]
    assert signal.getsignal(number) is of_a_program
    with held() as came:
        assert came == []


def test_who_interrupts_himself_has_acted_on_the_signal(of_a_program):
    with pytest.raises(KeyboardInterrupt), held():  # noqa: PT012
        signal.raise_signal(signal.SIGTERM)
        raise KeyboardInterrupt
    check()


def test_what_kills_at_once_is_held_where_it_is_asked_for(of_a_program):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with held():
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    with pytest.raises(KeyboardInterrupt), held(deadly=True) as came:  # noqa: PT012
        signal.raise_signal(signal.SIGTERM)
        assert came == [signal.SIGTERM]
        raise KeyboardInterrupt
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_an_ignored_signal_stays_ignored(of_a_program):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with held() as came:
        signal.raise_signal(signal.SIGHUP)
        assert came == []
    with taken_over(for_good=False) as came:
        signal.raise_signal(signal.SIGHUP)
        assert came == []
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_other_threads_are_never_interrupted(of_a_program):
    seen = []

    def work():
        with held() as came:
            seen.append(came)
        with taken_over(for_good=True) as came:
            seen.append(came)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [[], []]
    assert signal.getsignal(signal.SIGINT) is of_a_program


@every_signal
def test_a_command_is_interrupted(command, number):
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)
    assert command == [number]


@every_signal
def test_a_held_signal_interrupts_a_command_at_the_end(command, number):
    with pytest.raises(KeyboardInterrupt), held():  # noqa: PT012
        signal.raise_signal(number)
        command.append("after")
    assert command == [number, "after"]


def test_cleaning_up_is_not_interrupted(command):
    """Nor what is held while it goes on."""
    steps = []
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGINT)
            try:
                raise OSError
            except OSError:
                signal.raise_signal(signal.SIGTERM)
            with held():
                signal.raise_signal(signal.SIGHUP)
            check()
            steps.append("clean")
    assert steps == ["clean"]
    assert command == [signal.SIGINT, signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def test_an_interrupt_that_a_library_swallows_comes_again(command):
    for _ in range(2):
        with suppress(BaseException):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt), held():
            pass
        with pytest.raises(KeyboardInterrupt):
            check()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_an_interrupt_in_a_callback_of_c_comes_after_it(command, capfd):
    """As in unicorn's: ctypes shows such an exception and forgets it."""
    array = (ctypes.c_int * 2)(2, 1)
    compared = []

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    def compare(_one, _other):
        compared.append(True)
        signal.raise_signal(signal.SIGINT)
        return 0

    with pytest.raises(KeyboardInterrupt):  # noqa: PT012
        ctypes.CDLL(None).qsort(array, 2, ctypes.sizeof(ctypes.c_int), compare)
        assert compared
        time.sleep(10)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("register", ["_read", "_write"])
def test_an_interrupt_in_a_simulated_chip_is_no_mismatch(hardware, command, monkeypatch, register):
    """It came at the beginning of a callback, where unicorn's wrapper lost it."""
    from firmware import image
    from firmware.clock import Timing
    from firmware.hardware.build import build
    from firmware.hardware.chips import TARGETS
    from firmware.hardware.machine import load
    from firmware.hardware.simulator import SimulatedChip
    from firmware.hardware.verify import verify
    from planaria.shipped import open_genome

    flash = image.build(open_genome("ring"), Timing())
    original, cases = getattr(SimulatedChip, register), []

    def interrupted(chip, *arguments):
        if len(cases) == 5:
            signal.raise_signal(signal.SIGTERM)
        return original(chip, *arguments)

    monkeypatch.setattr(SimulatedChip, register, interrupted)
    program = load(build(flash, TARGETS["cortex-m0plus"]))
    with pytest.raises(KeyboardInterrupt):
        verify(flash, program, 10, on_case=lambda: cases.append(1))
    assert len(cases) == 5


def test_handlers_are_given_back(of_a_program):
    hook = sys.unraisablehook
    with taken_over(for_good=False):
        assert signal.getsignal(signal.SIGHUP) is not of_a_program
    assert {signal.getsignal(number) for number in SIGNALS} == {of_a_program}
    assert sys.unraisablehook is hook
    check()


@every_signal
def test_after_a_command_it_is_only_ended(number):
    """A signal while Python shuts down changes nothing any more."""
    program = (
        "import os, sys\nfrom firmware.system.interrupts import taken_over\n"
        f"with taken_over(for_good=True): pass\nos.kill(os.getpid(), {number:d})\nsys.exit(3)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", program], env=environment, check=False).returncode == 3


def test_the_status_is_that_of_the_command():
    """Python would otherwise end by SIGINT: the interrupt went through ``exec``, as of a dataclass."""
    program = (
        "import signal, sys\nfrom firmware.system.interrupts import taken_over\n"
        "try:\n with taken_over(for_good=True): exec('signal.raise_signal(signal.SIGTERM)')\n"
        "except KeyboardInterrupt: sys.exit(130)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", program], env=environment, check=False).returncode == 130
