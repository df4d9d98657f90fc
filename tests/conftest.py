"""What all tests share; those of the C cell are skipped, with the reason, where its tools are missing."""

import shutil
import signal

import pytest

import firmware.hardware.build
from firmware import image
from firmware.clock import Timing
from firmware.hardware.build import Options, build
from firmware.hardware.chips import TARGETS
from firmware.hardware.machine import load

DEFAULT = Timing()


def pytest_addoption(parser):
    """``--worlds FROM:TO``: which random worlds the engines are compared in, of every topology."""
    parser.addoption("--worlds", type=numbers, metavar="FROM:TO", help="random worlds to try, TO left out")


def pytest_configure():
    """A shell lets what it starts with ``&`` ignore Ctrl-C; tests send it to themselves and to programs."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def numbers(text):
    """``200:300`` -> range(200, 300)."""
    begin, end = text.split(":")
    return range(int(begin), int(end))


@pytest.fixture
def hardware():
    """The extra ``hardware``."""
    for module in ("ziglang", "elftools", "unicorn", "intelhex", "wasmtime"):
        pytest.importorskip(module, reason=f"{module} is not installed: try `make hardware`")


@pytest.fixture
def built(hardware):
    """``built(genome, target, timing, **options)`` gives its (binary, program)."""

    def make(genome, target="cortex-m0plus", timing=DEFAULT, **options):
        binary = build(image.build(genome, timing), TARGETS[target], Options(**options))
        return binary, load(binary)

    return make


@pytest.fixture
def change_source(monkeypatch, tmp_path):
    """``change_source(file, old, new)``: from now on, build from a copy of the C with another text in it."""

    def change(file, old, new):
        copy = tmp_path / "c"
        if not copy.exists():
            shutil.copytree(firmware.hardware.build.SOURCES, copy)
            monkeypatch.setattr(firmware.hardware.build, "SOURCES", copy)
        text = (copy / file).read_text()
        assert text.count(old) == 1
        (copy / file).write_text(text.replace(old, new))

    return change
