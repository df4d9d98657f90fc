"""Which backend a training gets, and what is said when it cannot have it."""

import sys

import pytest

from firmware.errors import InputError
from tests.trainer.worlds import TORCH, backend_of
from trainer import compiled
from trainer.backends import make_backend
from trainer.kernels import KERNELS, Kernel


@pytest.fixture
def impossible(monkeypatch):
    """A kernel that no processor has: the compiler is told of the oldest one."""
    backend_of("portable", 2, 2)
    kernel = Kernel(("-mcpu=baseline", "-DPLANARIA_BF16"), "bytes; needs AVX512-BF16 and more")
    monkeypatch.setitem(KERNELS, "impossible", kernel)
    return kernel


@pytest.fixture
def no_compiler(monkeypatch):
    def missing(kernel):
        raise InputError("toolchain", "ziglang", "it is not installed", "install it")

    monkeypatch.setattr(compiled, "library", missing)


@pytest.fixture
def no_torch(monkeypatch):
    monkeypatch.setitem(sys.modules, "trainer.torch_backend", None)


def test_an_unknown_kernel():
    backend_of("portable", 2, 2)
    with pytest.raises(InputError, match="kernel: x - "):
        make_backend("compiled", 2, 2, kernel="x")


def test_a_kernel_that_this_processor_lacks(impossible):
    with pytest.raises(
        InputError, match="kernel: impossible - this processor lacks AVX512-BF16 and more; leave it out"
    ):
        make_backend("compiled", 2, 2, kernel="impossible")


def test_the_fastest_kernel_that_the_processor_has(impossible, monkeypatch):
    some = {"impossible": impossible, "portable": KERNELS["portable"], "f32": KERNELS["f32"]}
    monkeypatch.setattr("trainer.backends.KERNELS", some)
    assert make_backend("auto", 2, 2).name == "portable"
    assert make_backend("compiled", 2, 2).name == "portable"


def test_no_compiler(no_compiler):
    backend_of(TORCH, 2, 2)
    assert make_backend("auto", 2, 2, "cpu").name == "torch"
    with pytest.raises(InputError, match="toolchain: ziglang - it is not installed"):
        make_backend("compiled", 2, 2)


def test_no_torch(no_torch):
    with pytest.raises(InputError, match=r"torch: torch - it is not installed; pip install"):
        make_backend("torch", 2, 2)
    backend_of("portable", 2, 2)
    assert make_backend("auto", 2, 2).name in KERNELS


def test_neither(no_torch, no_compiler):
    with pytest.raises(InputError, match="it is not installed"):
        make_backend("auto", 2, 2)


def test_a_gpu_is_torchs():
    torch = pytest.importorskip("torch", reason="the extra torch is not installed")
    if torch.cuda.is_available():
        assert make_backend("auto", 2, 2, "cuda").name == "torch on cuda"
    else:
        with pytest.raises(InputError, match="device: cuda - torch finds no CUDA GPU here; use --device cpu"):
            make_backend("auto", 2, 2, "cuda")
    assert make_backend("torch", 2, 2, "cpu").name == "torch"
