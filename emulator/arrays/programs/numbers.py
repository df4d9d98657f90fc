"""RAM and states as compiled programs see them: every byte that is read is a number of 64 bits.

numba's own arrays of bytes count in bytes without a sign, where 3 - 5 is a large number. Here, as in
``firmware.runtime.Bytes``, a byte becomes an int64, and of what is stored the last eight bits are kept.
"""

import operator
from typing import Any, Final

from llvmlite import ir

from emulator.arrays.compiled.jit import (
    AbstractTemplate,
    PrimitiveModel,
    infer_global,
    intrinsic,
    lower_builtin,
    register_model,
    signature,
    types,
)
from firmware.budget import CHANNELS, RAM_BYTES
from firmware.memory import OWN_BYTES
from firmware.subset import TURNS_MAX
from firmware.variables import BOARD_BYTES
from firmware.whole import FAR, PREFIX, SHIFT_MAX

I8, I64 = ir.IntType(8), ir.IntType(64)


class Bytes(types.Type):
    """The type of so many bytes at an address, which is the value; the first of them are writable."""

    def __init__(self, count: int, writable: int) -> None:
        self.count = count
        self.writable = writable
        super().__init__(name=f"Bytes({count}, {writable})")


@register_model(Bytes)
class _Address(PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, I64)


RAM: Final = Bytes(RAM_BYTES, writable=OWN_BYTES)
STATE: Final = Bytes(CHANNELS, writable=0)
BOARD: Final = Bytes(BOARD_BYTES, writable=0)


@infer_global(operator.getitem)
class _Get(AbstractTemplate):
    def generic(self, arguments: Any, _names: Any) -> Any:
        if isinstance(arguments[0], Bytes) and isinstance(arguments[1], types.Integer | types.Boolean):
            return signature(types.int64, arguments[0], types.int64)
        return None


@infer_global(operator.setitem)
class _Set(AbstractTemplate):
    def generic(self, arguments: Any, _names: Any) -> Any:
        numbers = all(isinstance(kind, types.Integer | types.Boolean) for kind in arguments[1:])
        if isinstance(arguments[0], Bytes) and arguments[0].writable and numbers:
            return signature(types.void, arguments[0], types.int64, types.int64)
        return None


@lower_builtin(operator.getitem, Bytes, types.int64)
def _get(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kind = signature.args[0]
    return builder.zext(builder.load(_place(context, builder, arguments, kind.count)), I64)


@lower_builtin(operator.setitem, Bytes, types.int64, types.int64)
def _set(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kind = signature.args[0]
    builder.store(builder.trunc(arguments[2], I8), _place(context, builder, arguments, kind.writable))
    return context.get_dummy_value()


def _place(context: Any, builder: Any, arguments: Any, count: int) -> Any:
    """Address of one of the first ``count`` bytes, or the function ends with an IndexError."""
    unless(context, builder, builder.icmp_unsigned("<", arguments[1], I64(count)), IndexError)
    return builder.inttoptr(builder.add(arguments[0], arguments[1]), I8.as_pointer())


def unless(context: Any, builder: Any, condition: Any, error: type[Exception]) -> None:
    """The function ends with an error unless something is true."""
    with builder.if_then(builder.not_(condition), likely=False):
        context.call_conv.return_user_exc(builder, error, ())


def _taken_for(kind: Bytes) -> Any:
    """An intrinsic that takes an address for such bytes."""

    @intrinsic
    def take(_typing, address):
        return kind(types.int64), lambda _context, _builder, _signature, arguments: arguments[0]

    return take


as_ram, as_state, as_board = _taken_for(RAM), _taken_for(STATE), _taken_for(BOARD)


def _wrapping(operation: str) -> Any:
    """An intrinsic that adds, subtracts or multiplies two numbers.

    numba's own operators tell LLVM that they never leave 64 bits, which then makes what it likes of those
    that do.
    """

    @intrinsic
    def compute(_typing, one, other):
        def emit(_context, builder, _signature, arguments):
            return getattr(builder, operation)(*arguments)

        return types.int64(types.int64, types.int64), emit

    return compute


@intrinsic
def _wide(_typing, number):
    """In compiled code a number has 64 bits, if it is no truth value."""
    return types.int64(types.int64), lambda _context, _builder, _signature, arguments: arguments[0]


def _checked(low: int, high: int, error: type[Exception]) -> Any:
    """An intrinsic that gives back a number between two others, or the function ends with an error."""

    @intrinsic
    def check(_typing, number):
        def emit(context, builder, _signature, arguments):
            above = builder.icmp_signed(">=", arguments[0], I64(low))
            below = builder.icmp_signed("<=", arguments[0], I64(high))
            unless(context, builder, builder.and_(above, below), error)
            return arguments[0]

        return types.int64(types.int64), emit

    return check


def _divider(gives_quotient: bool) -> Any:
    """An intrinsic that divides and rounds down; -2**63 by -1, too, of which processors make a failure."""

    @intrinsic
    def divide(_typing, number, divisor):
        def emit(context, builder, _signature, arguments):
            number, divisor = arguments
            unless(context, builder, builder.icmp_signed("!=", divisor, I64(0)), ZeroDivisionError)
            is_minus_one = builder.icmp_signed("==", divisor, I64(-1))
            safe = builder.select(is_minus_one, I64(1), divisor)
            rest = builder.srem(number, safe)
            differs = builder.icmp_signed("<", builder.xor(rest, safe), I64(0))
            below = builder.and_(differs, builder.icmp_signed("!=", rest, I64(0)))
            if gives_quotient:
                down = builder.sub(builder.sdiv(number, safe), builder.zext(below, I64))
                return builder.select(is_minus_one, builder.neg(number), down)
            return builder.select(below, builder.add(rest, safe), rest)

        return types.int64(types.int64, types.int64), emit

    return divide


WHOLE: Final = {
    f"{PREFIX}wrap": _wide,
    f"{PREFIX}sum": _wrapping("add"),
    f"{PREFIX}difference": _wrapping("sub"),
    f"{PREFIX}product": _wrapping("mul"),
    f"{PREFIX}quotient": _divider(gives_quotient=True),
    f"{PREFIX}remainder": _divider(gives_quotient=False),
    f"{PREFIX}shift": _checked(0, SHIFT_MAX, ValueError),
    f"{PREFIX}bound": _checked(-FAR, FAR, OverflowError),
}
"""As ``firmware.whole.INTERPRETED``."""


@intrinsic
def new_turns(_typing):
    """Address of a word in this function's frame, with the turns that an event may have."""

    def emit(_context, builder, _signature, _arguments):
        with builder.goto_entry_block():
            word = builder.alloca(I64)
        builder.store(I64(TURNS_MAX), word)
        return builder.ptrtoint(word, I64)

    return types.int64(), emit


@intrinsic
def spent(_typing, turns):
    """One turn more: whether there have been too many."""

    def emit(_context, builder, _signature, arguments):
        word = builder.inttoptr(arguments[0], I64.as_pointer())
        left = builder.sub(builder.load(word), I64(1))
        builder.store(left, word)
        return builder.icmp_signed("<", left, I64(0))

    return types.boolean(types.int64), emit


@intrinsic
def are_spent(_typing, turns):
    """Whether there have been too many."""

    def emit(_context, builder, _signature, arguments):
        return builder.icmp_signed(
            "<", builder.load(builder.inttoptr(arguments[0], I64.as_pointer())), I64(0)
        )

    return types.boolean(types.int64), emit
