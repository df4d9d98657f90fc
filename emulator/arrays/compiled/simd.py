"""Vector instructions for compiled code: 16 lanes at a time, written in LLVM's own language.

Compilers do not find these by themselves. Arrays count as bytes here: a position is in bytes from an
array's beginning, whatever the array holds.
"""

from typing import Any, Final

from llvmlite import ir

from emulator.arrays.compiled.jit import intrinsic, types
from emulator.world.draws import FACTOR_1, FACTOR_2, GOLDEN
from firmware.arithmetic import GRADIENT_SHIFT
from firmware.budget import ALPHA, CHANNELS, PORTS
from firmware.ports import opposite

LANES: Final = 16

I8, I16, I32, I64, F32 = ir.IntType(8), ir.IntType(16), ir.IntType(32), ir.IntType(64), ir.FloatType()
V8, V16, V32, VF32 = (ir.VectorType(kind, LANES) for kind in (I8, I16, I32, F32))


class Emitter:
    """LLVM code for one call of an intrinsic.

    ``arguments[i]`` is the address of the i-th argument's data if it is an array, else its value.
    """

    def __init__(self, context: Any, builder: Any, signature: Any, arguments: Any) -> None:
        self.builder = builder
        self.arguments = [
            builder.bitcast(context.make_array(kind)(context, builder, value).data, I8.as_pointer())
            if isinstance(kind, types.Array)
            else value
            for kind, value in zip(signature.args, arguments, strict=True)
        ]

    def place(self, array: int, offset_bytes: int, base: int | None = None) -> Any:
        """Address in an array; ``base`` is the argument that says where to count from."""
        start = self.arguments[array]
        if base is not None:
            start = self.builder.gep(start, [self.arguments[base]])
        return self.builder.gep(start, [I32(offset_bytes)])

    def load(self, array: int, kind: Any, offset_bytes: int, base: int | None = None) -> Any:
        place = self.place(array, offset_bytes, base)
        loaded = self.builder.load(self.builder.bitcast(place, kind.as_pointer()))
        loaded.align = 1
        return loaded

    def store(self, value: Any, array: int, offset_bytes: int, base: int | None = None) -> None:
        place = self.place(array, offset_bytes, base)
        self.builder.store(value, self.builder.bitcast(place, value.type.as_pointer())).align = 1

    def maximum(self, a: Any, b: Any) -> Any:
        """The larger of two signed numbers, lane by lane."""
        return self.builder.select(self.builder.icmp_signed(">", a, b), a, b)

    def clip(self, value: Any, low: int, high: int) -> Any:
        """Bring numbers into low..high, lane by lane."""
        top = value.type([high] * LANES)
        value = self.maximum(value, value.type([low] * LANES))
        return self.builder.select(self.builder.icmp_signed("<", value, top), value, top)

    def splat(self, value: Any, lanes: int = LANES) -> Any:
        """The same number in all lanes."""
        nothing = ir.Constant(ir.VectorType(value.type, lanes), ir.Undefined)
        one = self.builder.insert_element(nothing, value, I32(0))
        return self.builder.shuffle_vector(one, nothing, ir.VectorType(I32, lanes)([0] * lanes))

    def round_shift(self, value: Any, shift: Any) -> Any:
        """Shift to the right and round, without overflow; ``shift`` is an int32 of the program."""
        b = self.builder
        down = b.ashr(value, self.splat(b.sub(shift, I32(1))))
        return b.ashr(b.add(down, V32([1] * LANES)), V32([1] * LANES))


@intrinsic
def copy16(typing, to, target, source, origin):
    """Copy 16 bytes to position ``target`` in ``to`` from position ``origin`` in ``source``."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder, signature, arguments)
        e.store(e.load(2, V8, 0, base=3), 0, 0, base=1)
        return context.get_dummy_value()

    return types.void(to, types.int64, source, types.int64), emit


@intrinsic
def put(typing, array, position, value):
    """Store a number at a position that need not be aligned."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder, signature, arguments)
        e.store(e.arguments[2], 0, 0, base=1)
        return context.get_dummy_value()

    return types.void(array, types.int64, value), emit


def _loader(kind: Any, extend: str, text: str) -> Any:
    """An intrinsic that loads an integer; unlike numba's indexing, it does not look for negative places."""

    def load(typing, array, position):
        def emit(context, builder, signature, arguments):
            loaded = Emitter(context, builder, signature, arguments).load(0, kind, 0, base=1)
            return loaded if kind is I64 else getattr(builder, extend)(loaded, I64)

        return types.int64(array, types.int64), emit

    load.__doc__ = text
    return intrinsic(load)


get8: Final = _loader(I8, "zext", "The byte at a position, 0..255.")
get32: Final = _loader(I32, "sext", "The int32 at a position, which need not be aligned, as int64.")
get64: Final = _loader(I64, "zext", "The int64 at a position that need not be aligned.")


@intrinsic
def mark(typing, array, position, bits):
    """Set bits of the byte at a position."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder, signature, arguments)
        marked = builder.or_(e.load(0, I8, 0, base=1), builder.trunc(e.arguments[2], I8))
        e.store(marked, 0, 0, base=1)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64), emit


@intrinsic
def choose8(typing, to, target, source, origin, mask, otherwise):
    """Copy eight int32 to position ``target`` from ``origin``; where ``mask`` has no bit, ``otherwise``."""

    def emit(context, builder, signature, arguments):
        e, eight = Emitter(context, builder, signature, arguments), ir.VectorType(I32, PORTS)
        bits = builder.bitcast(builder.trunc(e.arguments[4], I8), ir.VectorType(ir.IntType(1), PORTS))
        others = e.splat(e.arguments[5], PORTS)
        e.store(builder.select(bits, e.load(2, eight, 0, base=3), others), 0, 0, base=1)
        return context.get_dummy_value()

    return types.void(to, types.int64, source, types.int64, types.int64, types.int32), emit


@intrinsic
def prefetch(typing, array, position):
    """Tell the processor that the cache line at this position will be needed soon."""

    def emit(context, builder, signature, arguments):
        place = Emitter(context, builder, signature, arguments).place(0, 0, base=1)
        kind = ir.FunctionType(ir.VoidType(), [I8.as_pointer(), I32, I32, I32])
        function = builder.module.declare_intrinsic("llvm.prefetch", [I8.as_pointer()], kind)
        read, keep, data = I32(0), I32(3), I32(1)
        builder.call(function, [place, read, keep, data])
        return context.get_dummy_value()

    return types.void(array, types.int64), emit


@intrinsic
def perceive(typing, array, state, inbox, seen, at):
    """Perceive as firmware.arithmetic does: from two positions in ``array`` to 48 bytes at one in ``seen``.

    Returns the greatest alpha of the eight neighbours.
    """

    def emit(context, builder, signature, arguments):
        e, b = Emitter(context, builder, signature, arguments), builder
        heard = [e.load(0, V8, CHANNELS * p, base=2) for p in range(PORTS)]
        alpha = heard[0]
        for other in heard[1:]:
            alpha = e.maximum(alpha, other)
        # Sums of up to six bytes: 16 bits hold them. Each gradient needs the differences of three opposite
        # pairs of ports, two of which both gradients share.
        port = [b.sext(state, V16) for state in heard]
        falling, across, rising = (b.sub(port[p], port[opposite(p)]) for p in (1, 2, 3))
        down = b.sub(port[4], port[0])
        shift = V16([GRADIENT_SHIFT] * LANES)
        half, one = V16([1 << GRADIENT_SHIFT - 1] * LANES), V16([1] * LANES)

        def gradient(outer, middle):
            total = b.add(b.add(outer, b.shl(middle, one)), half)
            return b.trunc(e.clip(b.ashr(total, shift), -128, 127), V8)

        e.store(e.load(0, V8, 0, base=1), 3, 0, base=4)
        e.store(gradient(b.add(falling, rising), across), 3, CHANNELS, base=4)
        e.store(gradient(b.sub(rising, falling), down), 3, 2 * CHANNELS, base=4)
        return b.extract_element(alpha, I32(ALPHA))

    return types.int8(array, types.int64, types.int64, seen, types.int64), emit


@intrinsic
def settle(typing, array, state, change, at, shift2):
    """Wrap and shift the sums of the output layer, at a position, and add them to the state at its own."""

    def emit(context, builder, signature, arguments):
        e, b = Emitter(context, builder, signature, arguments), builder
        sums = b.sext(b.trunc(e.load(2, V32, 0, base=3), V16), V32)
        total = b.add(b.sext(e.load(0, V8, 0, base=1), V32), e.round_shift(sums, e.arguments[4]))
        e.store(b.trunc(e.clip(total, -128, 127), V8), 0, 0, base=1)
        return context.get_dummy_value()

    return types.void(array, types.int64, change, types.int64, types.int32), emit


@intrinsic
def draw_waits(typing, prngs, waits, mean_us, exponential):
    """Draw waiting intervals for 16 cells at once, as firmware.clock does for one.

    ``prngs`` uint32[16] are the cells' PRNG states, which move on; ``waits`` uint32[16] are the results.
    All lanes draw until the last is done; each is in the middle of a falling run or begins one.
    """

    def emit(context, builder, signature, arguments):
        e, b = Emitter(context, builder, signature, arguments), builder
        flags = ir.VectorType(ir.IntType(1), LANES)
        # Before the loop: a PRNG state of 0 would stay 0, so it counts as 1; the uniform law starts at half
        # the mean, the exponential one at 0.
        zero, one = V32([0] * LANES), V32([1] * LANES)
        mean = e.splat(e.arguments[2])
        uniform = e.splat(b.not_(e.arguments[3]))
        state = e.load(0, V32, 0)
        state = b.select(b.icmp_unsigned("==", state, zero), one, state)
        start = b.select(uniform, b.lshr(mean, one), zero)

        # One turn of the loop draws one number in every lane. What a lane carries from turn to turn is a phi
        # node: its PRNG state, the first and the last number of its falling run, the wait so far, whether it
        # is still going, whether it begins a run, and whether its run so far has an odd length.
        before = b.block
        loop, after = b.append_basic_block("draw"), b.append_basic_block("drawn")
        b.branch(loop)
        b.position_at_end(loop)
        kinds = {"state": V32, "first": V32, "last": V32, "wait": V32}
        kinds |= {"going": flags, "begins": flags, "odd": flags}
        now = {name: b.phi(kind, name) for name, kind in kinds.items()}
        word = _xorshift(b, now["state"])
        begins = now["begins"]
        # A run ends at the first number that does not fall, which is not in it. The exponential law is done
        # when the run was odd; else the wait grows by a mean, and the next number begins a new run. The
        # uniform law takes the first number of its first run, whatever its length.
        falls = b.icmp_unsigned("<", word, now["last"])
        ends = b.and_(now["going"], b.not_(b.or_(begins, falls)))
        done = b.and_(ends, b.or_(uniform, now["odd"]))
        again = b.and_(ends, b.not_(done))
        going = b.and_(now["going"], b.not_(done))
        # A lane that is done keeps its state and its first number while the others go on.
        after_it = {
            "state": b.select(now["going"], word, now["state"]),
            "first": b.select(b.and_(now["going"], begins), word, now["first"]),
            "last": word,
            "wait": b.select(again, b.add(now["wait"], mean), now["wait"]),
            "going": going,
            "begins": again,
            "odd": b.or_(begins, b.not_(now["odd"])),
        }
        at_first = {"state": state, "first": zero, "last": zero, "wait": start}
        at_first |= {"going": flags([1] * LANES), "begins": flags([1] * LANES), "odd": flags([0] * LANES)}
        for name, phi in now.items():
            phi.add_incoming(at_first[name], before)
            phi.add_incoming(after_it[name], loop)
        b.cbranch(b.icmp_unsigned("!=", b.bitcast(going, I16), I16(0)), loop, after)
        b.position_at_end(after)

        # The first number of the run that ended it, as ten bits of a mean.
        fraction = b.lshr(b.mul(mean, b.lshr(after_it["first"], V32([22] * LANES))), V32([10] * LANES))
        wait = b.add(after_it["wait"], fraction)
        e.store(b.select(b.icmp_unsigned("==", wait, zero), one, wait), 1, 0)
        e.store(after_it["state"], 0, 0)
        return context.get_dummy_value()

    return types.void(prngs, waits, types.uint32, types.boolean), emit


def _xorshift(b, word):
    """The next PRNG state of every lane (xorshift32, as firmware.prng)."""
    word = b.xor(word, b.shl(word, V32([13] * LANES)))
    word = b.xor(word, b.lshr(word, V32([17] * LANES)))
    return b.xor(word, b.shl(word, V32([5] * LANES)))


@intrinsic
def lost_ports(typing, base, link, index, threshold):
    """Draws of eight successive links: a bit for each that is below the threshold.

    As emulator.world.draws; ``base`` is the key of all links, before the last mixing. All are uint64.
    """

    def emit(context, builder, signature, arguments):
        e, b, kind = Emitter(context, builder, signature, arguments), builder, ir.VectorType(I64, PORTS)

        def mix(word):
            for shift, factor in ((30, FACTOR_1), (27, FACTOR_2)):
                word = b.mul(b.xor(word, b.lshr(word, kind([shift] * PORTS))), kind([factor] * PORTS))
            return b.xor(word, b.lshr(word, kind([31] * PORTS)))

        # The eight links of a cell have successive numbers, so that their keys are one vector; the draw of
        # each is the upper half of a second mixing, with the number of the broadcast.
        first = b.add(arguments[0], arguments[1])
        key = mix(b.add(e.splat(first, PORTS), kind(list(range(PORTS)))))
        step = b.mul(b.add(arguments[2], I64(1)), I64(GOLDEN))
        draw = b.lshr(mix(b.add(key, e.splat(step, PORTS))), kind([32] * PORTS))
        return b.bitcast(b.icmp_unsigned("<", draw, e.splat(arguments[3], PORTS)), I8)

    return types.uint8(types.uint64, types.uint64, types.uint64, types.uint64), emit
