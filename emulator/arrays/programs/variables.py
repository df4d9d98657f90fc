"""Variables as compiled programs see them: numbers of one, two or four bytes, read as int64.

As ``firmware.numbers``. Whoever asks for a place has made sure that it is inside.
"""

from typing import Any, Final

from llvmlite import ir

from emulator.arrays.compiled.jit import TypingError, intrinsic, types
from emulator.arrays.programs.numbers import I8, I64, RAM, Bytes, unless
from firmware.numbers import PREFIX
from firmware.variables import KINDS, Kind


def _at(builder: Any, bits: int, address: Any, place: Any) -> Any:
    return builder.inttoptr(builder.add(address, place), ir.IntType(bits).as_pointer())


def _reader(kind: Kind) -> Any:
    @intrinsic
    def read(_typing, some_bytes, place):
        def emit(_context, builder, _signature, arguments):
            loaded = builder.load(_at(builder, 8 * kind.size, *arguments))
            loaded.align = 1
            return builder.sext(loaded, I64) if kind.signed else builder.zext(loaded, I64)

        assert isinstance(some_bytes, Bytes)
        return types.int64(some_bytes, types.int64), emit

    return read


def _storer(size: int) -> Any:
    @intrinsic
    def store(_typing, value, some_bytes, place):
        def emit(context, builder, _signature, arguments):
            value = builder.trunc(arguments[0], ir.IntType(8 * size))
            builder.store(value, _at(builder, 8 * size, *arguments[1:])).align = 1
            return context.get_dummy_value()

        if some_bytes != RAM or not isinstance(value, types.Integer | types.Boolean):
            raise TypingError("what is stored is no number")
        return types.void(types.int64, some_bytes, types.int64), emit

    return store


@intrinsic
def _index(_typing, number, count):
    if not isinstance(number, types.Integer | types.Boolean):
        raise TypingError("an index is no number")

    def emit(context, builder, _signature, arguments):
        unless(context, builder, builder.icmp_unsigned("<", *arguments), IndexError)
        return arguments[0]

    return types.int64(types.int64, types.int64), emit


@intrinsic
def _grow_old(_typing, some_bytes, place):
    def emit(context, builder, _signature, arguments):
        there = _at(builder, 8, *arguments)
        left = builder.load(there)
        is_left = builder.zext(builder.icmp_unsigned("!=", left, I8(0)), I8)
        builder.store(builder.sub(left, is_left), there)
        return context.get_dummy_value()

    return types.void(some_bytes, types.int64), emit


VARIABLES: Final = {
    **{f"{PREFIX}read_{kind.name}": _reader(kind) for kind in KINDS},
    **{f"{PREFIX}store_{8 * size}": _storer(size) for size in sorted({kind.size for kind in KINDS})},
    f"{PREFIX}index": _index,
    f"{PREFIX}grow_old": _grow_old,
}
"""As ``firmware.numbers.INTERPRETED``."""
