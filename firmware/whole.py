"""Arithmetic of whole numbers of 64 bits, alike for Python's own interpreter and for compiled code.

What may leave 64 bits is wrapped, as two's complement does; where machines differ (shifts by more than a
word, -2**63 divided by -1), it is said here what happens. The names below stand in what is run.
"""

import ast
from collections.abc import Callable
from typing import Any, Final

PREFIX: Final = "_64bit_"
"""Of the names of what is called in place of an operator."""

SHIFT_MAX: Final = 63

_HALF: Final = 1 << SHIFT_MAX
FAR: Final = 1 << 61
"""A range that goes no further has a length of 64 bits."""


def is_whole(value: object) -> bool:
    """Whether a value is a number of 64 bits; a truth value is one, too."""
    return isinstance(value, int) and -_HALF <= value < _HALF


def wrap(number: int) -> int:
    """Two's complement of 64 bits."""
    return number if is_whole(number) else (number + _HALF) % (2 * _HALF) - _HALF


def shift(count: int) -> int:
    """What a number may be shifted by."""
    if not 0 <= count <= SHIFT_MAX:
        raise ValueError("a shift by less than 0 or more than 63")
    return count


def bound(number: int) -> int:
    """A number up to which a range may go."""
    if not -FAR <= number <= FAR:
        raise OverflowError("a range beyond 2**61")
    return number


INTERPRETED: Final[dict[str, Callable[..., int]]] = {
    f"{PREFIX}wrap": wrap,
    f"{PREFIX}sum": lambda one, other: wrap(one + other),
    f"{PREFIX}difference": lambda one, other: wrap(one - other),
    f"{PREFIX}product": lambda one, other: wrap(one * other),
    f"{PREFIX}quotient": lambda number, divisor: wrap(number // divisor),
    f"{PREFIX}remainder": lambda number, divisor: number % divisor,
    f"{PREFIX}shift": shift,
    f"{PREFIX}bound": bound,
}
"""What Python's interpreter calls; compiled code has functions of the same names."""

_CALLED: Final[dict[type[ast.operator], str]] = {
    ast.Add: "sum",
    ast.Sub: "difference",
    ast.Mult: "product",
    ast.FloorDiv: "quotient",
    ast.Mod: "remainder",
}


class Whole(ast.NodeTransformer):
    """Makes every operator of a function one of 64 bits."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.LShift | ast.RShift):
            node.right = _call(node.right, "shift", node.right)
            return wrapped(node) if isinstance(node.op, ast.LShift) else node
        if isinstance(node.op, ast.FloorDiv | ast.Mod) and isinstance(node.right, ast.Constant):
            return node  # by -1 alone machines do what they like
        if type(node.op) in _CALLED:
            return _call(node, _CALLED[type(node.op)], node.left, node.right)
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
            return wrapped(node)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        if isinstance(node.target, ast.Name):
            read = ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target)
            value = ast.copy_location(ast.BinOp(read, node.op, node.value), node)
            return self.visit(ast.copy_location(ast.Assign([node.target], value), node))
        # A byte: of what is stored the last eight bits are kept, and they are right without wrapping.
        self.generic_visit(node)
        if isinstance(node.op, ast.LShift | ast.RShift):
            node.value = _call(node.value, "shift", node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        assert isinstance(node.func, ast.Name)
        if node.func.id == "abs":
            return wrapped(node)
        if node.func.id == "range":
            node.args = [_call(argument, "bound", argument) for argument in node.args]
        return node


def wrapped(node: ast.expr) -> ast.Call:
    """A number, taken into 64 bits."""
    return _call(node, "wrap", node)


def _call(place: ast.AST, name: str, *arguments: ast.expr) -> ast.Call:
    function = ast.copy_location(ast.Name(PREFIX + name, ast.Load()), place)
    return ast.copy_location(ast.Call(function, list(arguments), []), place)
