"""Calling functions by their addresses, from compiled code; and bytes at addresses."""

from typing import Any, Final

from llvmlite import ir

from emulator.arrays.compiled.jit import intrinsic, types

I32, I64 = ir.IntType(32), ir.IntType(64)


def _caller(result: Any, *kinds: Any) -> Any:
    """An intrinsic that calls an address with a tuple of int64, of which an int32 is the lower half."""

    @intrinsic
    def call(_typing, address, arguments):
        def emit(_context, builder, _signature, values):
            function = builder.inttoptr(values[0], ir.FunctionType(result, kinds).as_pointer())
            given = [builder.extract_value(values[1], place) for place in range(len(kinds))]
            given = [
                value if kind is I64 else builder.trunc(value, kind)
                for value, kind in zip(given, kinds, strict=True)
            ]
            called = builder.call(function, given)
            return called if result is I64 else builder.zext(called, I64)

        return types.int64(types.int64, arguments), emit

    return call


call_boot, call_hear, call_wake = (_caller(I64, *[I64] * count) for count in (3, 6, 3))
"""Functions of ``emulator.arrays.programs.python``."""

call_cell_boot: Final = _caller(I32, I64, I64, I64, I32, I32, I64)
call_cell_receive: Final = _caller(I32, I64, I64, I64, I32, I64, I32)
call_cell_wake: Final = _caller(I32, I64, I64, I64, I64)
"""Functions of ``firmware/c/targets/host.h``."""


def _at(kind: Any) -> tuple[Any, Any]:
    """Intrinsics that load a number from an address, as int64, and store one there."""

    @intrinsic
    def load(_typing, address):
        def emit(_context, builder, _signature, arguments):
            loaded = builder.load(builder.inttoptr(arguments[0], kind.as_pointer()))
            loaded.align = 1
            return loaded if kind is I64 else builder.zext(loaded, I64)

        return types.int64(types.int64), emit

    @intrinsic
    def store(_typing, address, value):
        def emit(context, builder, _signature, arguments):
            value = arguments[1] if kind is I64 else builder.trunc(arguments[1], kind)
            builder.store(value, builder.inttoptr(arguments[0], kind.as_pointer())).align = 1
            return context.get_dummy_value()

        return types.void(types.int64, types.int64), emit

    return load, store


load8, store8 = _at(ir.IntType(8))
load32, store32 = _at(I32)
load64, store64 = _at(I64)


@intrinsic
def fetch(_typing, address):
    """Tell the processor that the cache line at an address will be needed soon; any address will do."""

    def emit(context, builder, _signature, arguments):
        place = builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [place.type, I32, I32, I32])
        function = builder.module.declare_intrinsic("llvm.prefetch", [place.type], kind)
        read, keep, data = I32(0), I32(3), I32(1)
        builder.call(function, [place, read, keep, data])
        return context.get_dummy_value()

    return types.void(types.int64), emit


@intrinsic
def copy256(_typing, to, source):
    """Copy a cell's RAM from one address to another."""

    def emit(context, builder, _signature, arguments):
        kind = ir.VectorType(ir.IntType(64), 8).as_pointer()
        to, source = (builder.inttoptr(argument, kind) for argument in arguments)
        for line in range(4):
            loaded = builder.load(builder.gep(source, [I32(line)]))
            loaded.align = 8
            builder.store(loaded, builder.gep(to, [I32(line)])).align = 8
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), emit


@intrinsic
def new256(_typing):
    """Address of room for a cell's RAM in this function's frame."""

    def emit(_context, builder, _signature, _arguments):
        with builder.goto_entry_block():
            room = builder.alloca(ir.ArrayType(I64, 32))
        return builder.ptrtoint(room, I64)

    return types.int64(), emit


@intrinsic
def trailing_zeros(_typing, word):
    """How many bits of a word, which is not 0, are 0 below its lowest 1."""

    def emit(_context, builder, _signature, arguments):
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), emit


@intrinsic
def bits(_typing, word):
    """How many bits of a word are 1."""

    def emit(_context, builder, _signature, arguments):
        return builder.ctpop(arguments[0])

    return types.int64(types.int64), emit
