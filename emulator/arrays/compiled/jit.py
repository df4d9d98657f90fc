"""numba, with compiled code kept on disk between runs. Nothing else in ``emulator`` imports numba."""

import hashlib
import pickle
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from emulator.arrays.compiled import cache
from firmware.errors import InputError
from firmware.system.current_folder import unseen_here
from firmware.system.interrupts import held

SETTINGS: Final = ".numba_config.yaml"

with unseen_here(SETTINGS):
    import numba
    from numba import njit, types
    from numba.core import config
    from numba.core.caching import NullCache
    from numba.core.ccallback import CFunc
    from numba.core.compiler import CompileResult
    from numba.core.errors import NumbaError, TypingError
    from numba.core.serialize import dumps
    from numba.core.typing.templates import AbstractTemplate, infer_global, signature
    from numba.extending import intrinsic, lower_builtin, register_model
    from numba.extending import models as numba_models
config._config_fname = ""  # numba looks for it again whenever it compiles

if config.DISABLE_JIT:
    raise InputError("NUMBA_DISABLE_JIT", 1, "this engine is compiled", "unset it, or choose --kernel numpy")

PrimitiveModel: Final = numba_models.PrimitiveModel

__all__ = [
    "AbstractTemplate",
    "PrimitiveModel",
    "TypingError",
    "entered",
    "infer_global",
    "inner",
    "intrinsic",
    "is_warm",
    "kept",
    "lower_builtin",
    "njit",
    "prepare",
    "register_model",
    "signature",
    "types",
]

inner: Final = partial(njit, forceinline=True, _nrt=False)
"""``njit`` for what runs millions of times a second: it becomes part of its caller, may not allocate,
and counts no references to arrays, which would take longer than a cell's update."""


def kept(function: Callable[..., Any]) -> Any:
    """``njit`` whose result stays on disk; where nothing can be kept, each process compiles anew."""
    compiled = njit(function)
    compiled._cache = _OnDisk(function)
    return compiled


def prepare(function: Any, *arguments: Any) -> None:
    """Compile a function for these arguments, unless this process has done so; signals may interrupt it."""
    if not function.overloads:  # not `signatures`, which hashes all types at each asking
        function.compile(tuple(map(numba.typeof, arguments)))


def entered(function: Any, *arguments: Any) -> Any:
    """A prepared function, to be called directly: Python does not look at the types of its arguments again.

    They are always the same: those of the first call.
    """
    if function not in _ENTRIES:
        prepare(function, *arguments)
        (only,) = function.overloads.values()
        _ENTRIES[function] = only.entry_point
    return _ENTRIES[function]


_ENTRIES: Final[dict[Any, Any]] = {}


def is_warm(name: str) -> bool:
    """Whether the function of this name lies compiled on disk."""
    return cache.holds(f"{name}-")


class CompilationError(Exception):
    """A program's function is not such that it can be compiled.

    Attributes:
        place: its file and line, empty if unknown.
        reason: why, in one line.
    """

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(place, reason)
        self.place = place
        self.reason = reason


def entry_point(function: Callable[..., Any], kind: Any, text: str) -> Any:
    """A function that has an ``address`` by which others call it, and stays on disk.

    Args:
        function: takes and returns numbers.
        kind: its signature.
        text: all that it depends on besides the sources of planaria.

    Raises:
        CompilationError: it is not such.
    """
    # Code from the disk keeps its symbols, and the linker takes one of the same name for the same function.
    function.__qualname__ = f"{function.__name__}_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    compiled = CFunc(function, (kind.args, kind.return_type), {}, {})
    setattr(compiled, "_cache", _OnDisk(function, text))  # noqa: B010 # numba's types do not tell of it
    try:
        compiled.compile()
    except NumbaError as error:
        text = str(error)
        where = re.search(r'File "([^"]+)", line (\d+)', text)
        ours = re.search(r"^ *TypingError: (.+)", text, re.MULTILINE)  # of an intrinsic in here
        first = next(line for line in text.splitlines() if line and not line.startswith("Failed in"))
        reason = ours[1] if ours else first
        place = f"{Path(where[1]).name}:{where[2]}" if where else ""
        raise CompilationError(place, reason) from error
    return compiled


class _OnDisk(NullCache):
    """The code of a function, by the types of its arguments; as numba's own cache, but one that is checked.

    Whatever goes wrong with it, the function is compiled.
    """

    def __init__(self, function: Callable[..., Any], text: str = "") -> None:
        self._function = function
        self._text = text

    def load_overload(self, signature: Any, target_context: Any) -> Any:
        target_context.refresh()
        # LLVM calls back for the code, and does not hear that there is none.
        with suppress(Exception), held():
            content = cache.read(self._name(signature, target_context.codegen()))
            if content is not None:
                return CompileResult._rebuild(target_context, *pickle.loads(content))
        return None

    def save_overload(self, signature: Any, result: Any) -> None:
        with suppress(Exception):
            if not result.library.has_dynamic_globals:
                cache.write(self._name(signature, result.codegen), dumps(result._reduce()))

    def _name(self, signature: Any, codegen: Any) -> str:
        """Of a file, by all that the code depends on; its folder is by the sources."""
        python = sys.implementation.cache_tag
        module = self._function.__module__
        known = (module, self._text, signature, codegen.magic_tuple(), numba.__version__, python)
        return f"{self._function.__name__}-{hashlib.sha256(repr(known).encode()).hexdigest()[:32]}"
