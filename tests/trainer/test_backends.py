"""Which backend a training gets, and what is said when it cannot have it."""

import sys
from types import SimpleNamespace

import pytest

from firmware.errors import InputError
from tests.trainer.worlds import TORCH, backend_of
from trainer import compiled, kernels
from trainer.backends import make_backend
from trainer.kernels import KERNELS, Kernel, NotHereError, library


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


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_by_its_name(name):
    assert backend_of(name, 2, 2).name == make_backend(name, 2, 2).name == name


def test_a_kernel_that_this_processor_lacks(impossible):
    with pytest.raises(
        InputError, match="backend: impossible - this processor lacks AVX512-BF16 and more; leave it out"
    ):
        make_backend("impossible", 2, 2)


def test_the_fastest_kernel_that_the_processor_has(impossible, monkeypatch):
    some = {"impossible": impossible, "portable": KERNELS["portable"], "f32": KERNELS["f32"]}
    monkeypatch.setattr("trainer.backends.KERNELS", some)
    assert make_backend("auto", 2, 2).name == "portable"
    assert make_backend("compiled", 2, 2).name == "portable"


def test_a_kernel_that_the_system_does_not_lend(monkeypatch):
    """As tiles are, on Linux: a process has to ask for them."""
    backend_of("portable", 2, 2)
    library.cache_clear()
    monkeypatch.setattr(kernels, "_declared", lambda found: SimpleNamespace(ready=lambda: 0))
    with pytest.raises(
        NotHereError, match="backend: portable - the system does not lend it to this process; leave it out"
    ):
        make_backend("portable", 2, 2)


@pytest.mark.parametrize("workers", [0, -1, 65])
def test_a_number_of_workers_that_cannot_be(workers):
    with pytest.raises(InputError, match=f"workers: {workers} - it must be 1 to 64; "):
        make_backend("auto", 2, 2, workers=workers)


def test_a_folder_for_temporaries_that_holds_no_programs(monkeypatch):
    backend_of("portable", 2, 2)
    library.cache_clear()

    def unloadable(path):
        raise OSError(f"{path}: failed to map segment from shared object")

    monkeypatch.setattr(kernels.ctypes, "CDLL", unloadable)
    with pytest.raises(
        InputError, match=r"backend: portable - what was compiled cannot be loaded .*; let TMPDIR"
    ):
        make_backend("portable", 2, 2)


@pytest.mark.parametrize("name", ["compiled", "f32"])
def test_compiled_code_has_no_gpu(name):
    with pytest.raises(
        InputError, match="device: cuda - compiled code runs on the processor; choose --backend torch"
    ):
        make_backend(name, 2, 2, "cuda")


def test_no_memory_for_a_rollout():
    """What could not be made is freed all the same, which ended the process."""
    backend_of("portable", 2, 2)
    real = library("portable")
    freed = []

    def free(place):
        freed.append(place)
        real.rollout_free(place)

    with pytest.raises(MemoryError):
        compiled._Desk(SimpleNamespace(rollout_new=lambda rows, cols: None, rollout_free=free), 2, 2)
    assert freed == [None]


def test_an_unknown_backend():
    with pytest.raises(
        InputError, match="backend: jax - it must be one of auto, compiled, amx, bf16, f32, portable, torch; "
    ):
        make_backend("jax", 2, 2)


def test_no_compiler(no_compiler):
    backend_of(TORCH, 2, 2)
    told = []
    assert make_backend("auto", 2, 2, "cpu", tell=told.append).name == "torch"
    assert told == [
        "torch will train, which takes ten times as long, for it cannot be compiled: "
        "toolchain: ziglang - it is not installed; install it"
    ]
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
