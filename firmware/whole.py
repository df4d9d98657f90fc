"""Arithmetic of whole numbers of 64 bits, alike for Python's own interpreter and for compiled code.

What may leave 64 bits is wrapped, as two's complement does; where machines differ (shifts by more than a
word, -2**63 divided by -1), it is said here what happens. The names below stand in what is run.
"""

import ast
from collections.abc import Callable
from types import FunctionType
from typing import Any, Final

PREFIX: Final = "_64bit_"
"""Of the names of what is called in place of an operator."""

_BITS: Final = 64
_HALF: Final = 1 << _BITS - 1
_FAR: Final = 1 << 61


def wrap(number: int) -> int:
    """Two's complement of 64 bits."""
    return number if -_HALF <= number < _HALF else (number + _HALF) % (2 * _HALF) - _HALF


INTERPRETED: Final[dict[str, Callable[..., int]]] = {
    f"{PREFIX}wrap": wrap,
    f"{PREFIX}sum": lambda one, other: wrap(one + other),
    f"{PREFIX}difference": lambda one, other: wrap(one - other),
    f"{PREFIX}product": lambda one, other: wrap(one * other),
}
"""What Python's interpreter calls; compiled code has functions of the same names."""

_CALLED: Final[dict[type[ast.operator], str]] = {
    ast.Add: "sum",
    ast.Sub: "difference",
    ast.Mult: "product",
}


def shift(count):  # type: ignore[no-untyped-def]
    """What a number may be shifted by."""
    if not 0 <= count < _BITS:
        raise ValueError("a shift by less than 0 or more than 63")
    return count


def quotient(number, divisor):  # type: ignore[no-untyped-def]
    """The quotient, rounded down; wrapped where it has no 64 bits."""
    return -number if divisor == -1 else number // divisor


def remainder(number, divisor):  # type: ignore[no-untyped-def]
    """The remainder of that quotient, with the divisor's sign."""
    return 0 if divisor == -1 else number % divisor


def bound(number):  # type: ignore[no-untyped-def]
    """A number up to which a range may go, so that its length has 64 bits."""
    if not -_FAR <= number <= _FAR:
        raise OverflowError("a range beyond 2**61")
    return number


class Whole(ast.NodeTransformer):
    """Makes every operator of a function one of 64 bits.

    Args:
        note: is told where the function calls another one of this module, and which; None is for those
            themselves, which only wrap.
    """

    def __init__(self, note: Callable[[ast.AST, FunctionType], None] | None) -> None:
        self._note = note

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        match node.op:
            case ast.Add() | ast.Sub() | ast.Mult():
                return _call(node, _CALLED[type(node.op)], node.left, node.right)
            case ast.LShift():
                node.right = self._checked(shift, node.right)
                return _wrapped(node)
            case ast.RShift():
                node.right = self._checked(shift, node.right)
            case ast.FloorDiv() | ast.Mod() if self._note and not isinstance(node.right, ast.Constant):
                function = quotient if isinstance(node.op, ast.FloorDiv) else remainder
                return self._call(node, function, node.left, node.right)
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
            return _wrapped(node)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        if isinstance(node.target, ast.Name):
            read = ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target)
            value = ast.copy_location(ast.BinOp(read, node.op, node.value), node)
            return self.visit(ast.copy_location(ast.Assign([node.target], value), node))
        # A byte: of what is stored the last eight bits are kept, and they are right without wrapping.
        self.generic_visit(node)
        if isinstance(node.op, ast.LShift | ast.RShift):
            node.value = self._checked(shift, node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        assert isinstance(node.func, ast.Name)
        if node.func.id == "abs":
            return _wrapped(node)
        if node.func.id == "range":
            node.args = [self._checked(bound, argument) for argument in node.args]
        return node

    def _checked(self, function: Any, number: ast.expr) -> ast.expr:
        """A number that one of the functions above has looked at."""
        return self._call(number, function, number) if self._note else number

    def _call(self, place: ast.AST, function: Any, *arguments: ast.expr) -> ast.Call:
        assert self._note
        self._note(place, function)
        return _call(place, function.__name__, *arguments)


def _wrapped(node: ast.expr) -> ast.Call:
    return _call(node, "wrap", node)


def _call(place: ast.AST, name: str, *arguments: ast.expr) -> ast.Call:
    function = ast.copy_location(ast.Name(PREFIX + name, ast.Load()), place)
    return ast.copy_location(ast.Call(function, list(arguments), []), place)
