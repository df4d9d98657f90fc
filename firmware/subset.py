"""The Python of programs: functions of whole numbers that mean the same interpreted and compiled.

A program's functions are read from their source, checked, and given a count of their loops' turns, so that
one that never ends can be stopped. What comes of it is run by the interpreter (``firmware.runtime``) or
compiled (``emulator.arrays.programs``).

There are numbers of 64 bits, truth values, and constants that are tuples of them; ``if``, ``for``, ``while``,
``assert``, ``raise``; calls of functions of the same kind, and a few of Python's own.
"""

import ast
import builtins
import linecache
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import FunctionType
from typing import Any, Final

from firmware import access, whole
from firmware.declaration import Declaration, arguments_of
from firmware.errors import InputError
from firmware.flow import Flow, stores
from firmware.handlers import HANDLERS, Handlers
from firmware.numbers import INTERPRETED, PREFIX

TURNS: Final = "_turns"
"""Name of the argument that every function gets: what counts the turns of loops."""

SPENT: Final = "_spent"
"""Name of what is asked at each turn whether there have been too many."""

TURNS_MAX: Final = 100_000
"""Turns of all loops in one event: no watchdog waits for so long."""

MADE: Final = "_made_"
"""Begins the name of a function in what is run, where its own may stand for another one of its module."""

SOURCE: Final = "__source__"
"""Name by which a module may hold its own text, for files that have changed since they were run."""

_OURS: Final = (TURNS, SPENT, MADE, whole.PREFIX, PREFIX)
"""No name of a program begins like this."""

CALLS: Final = ("abs", "bool", "int", "max", "min", "range")
"""Python's own functions that a program may call."""

_NODES: Final = (
    *(ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Pass, ast.Break, ast.Continue),
    *(ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.If, ast.For, ast.While, ast.Assert, ast.Raise),
    *(ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.IfExp, ast.Compare, ast.Call, ast.Constant, ast.Name),
    *(ast.Subscript, ast.Tuple, ast.expr_context, ast.boolop, ast.unaryop, ast.cmpop, ast.operator),
)
_REFUSED: Final = {
    ast.Div: "it computes with whole numbers: write //",
    ast.Pow: "write a product, or a shift",
    ast.MatMult: "there are no matrices",
    ast.Is: "compare numbers with ==",
    ast.IsNot: "compare numbers with !=",
}


class EndlessError(Exception):
    """A loop has had more turns than an event may have."""


@dataclass(frozen=True)
class Function:
    """A function of a program, ready to be run.

    Attributes:
        name: of the function.
        code: of a module that defines it, with two arguments more: ``TURNS``, and the bytes of the board.
        constants: what its names stand for that are neither variables nor functions of the program.
        calls: the functions of the program that it calls, by the names that it has for them.
        text: all that it depends on, for a hash.
    """

    name: str
    code: Any
    constants: dict[str, Any]
    calls: "dict[str, Function]"
    text: str

    def make(self, wrap: Callable[[Any], Any], known: "dict[int, Any]", **names: Any) -> Any:
        """The function itself, with those that it calls.

        Args:
            wrap: what is done with each of them.
            known: those that have been made, by ``id``; is added to.
            names: what ``SPENT`` is, and other names for all.
        """
        if id(self) not in known:
            inner = {name: call.make(wrap, known, **names) for name, call in self.calls.items()}
            space = {**self.constants, **inner, **names}
            exec(self.code, space)
            function = space[self.name]
            # Compilers name machine code by this; code of another program must never be taken for it.
            function.__qualname__ = f"{self.name}_{sha256(self.text.encode()).hexdigest()[:16]}"
            known[id(self)] = wrap(function)
        return known[id(self)]


def translate(handlers: Handlers) -> dict[str, Function]:
    """The functions of a program, checked, by handler.

    Raises:
        InputError: one of them is not of this kind of Python; says the file and the line.
    """
    known: dict[FunctionType, Function] = {}
    translated = {}
    for handler, arguments in HANDLERS.items():
        function = getattr(handlers, handler)
        reader = _Reader(function, known, (), handlers.declaration, handler)
        if len(reader.arguments) != arguments:
            raise reader.refused(reader.tree, f"{handler} takes {arguments} arguments")
        translated[handler] = reader.read()
    return translated


@dataclass
class _Reader:
    """Reads one function of a program, checks it, and makes of it what can be run.

    Attributes:
        function: it.
        known: those that have been read; is added to.
        callers: those whose calls led to it.
        declaration: of the program's variables.
        handler: which one it is, if it is one.
    """

    function: FunctionType
    known: dict[FunctionType, Function]
    callers: tuple[FunctionType, ...]
    declaration: Declaration | None
    handler: str | None = None
    constants: dict[str, Any] = field(default_factory=dict)
    calls: dict[str, Function] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tree = self._find()
        given = self.tree.args
        if given.defaults or given.kwonlyargs or given.vararg or given.kwarg or given.posonlyargs:
            raise self.refused(self.tree, "its arguments have names, and nothing more")
        self.arguments = [argument.arg for argument in given.args]
        self.tree.returns, self.tree.args = None, _named(self.arguments)  # without what annotations say
        self._check_names()
        if ast.get_docstring(self.tree) is not None:
            self.tree.body[0] = ast.copy_location(ast.Pass(), self.tree.body[0])
        if self.declaration is not None:
            self._rewrite(self.declaration)
        stored = {node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name) and stores(node)}
        self.variables = {*self.arguments, *stored, access.ON_BOARD}

    @property
    def file(self) -> str:
        """The file in which the function stands."""
        return self.function.__code__.co_filename

    def refused(
        self, node: ast.AST, limit: str, fix: str = "docs/SPEC.md says what a program may be"
    ) -> InputError:
        """What is wrong, with the line."""
        line = getattr(node, "lineno", self.function.__code__.co_firstlineno)
        return InputError("program", f"{Path(self.file).name}:{line}", limit, fix)

    def _find(self) -> ast.FunctionDef:
        """The function's own tree, in that of its file."""
        space = self.function.__globals__
        source = space.get(SOURCE) or "".join(linecache.getlines(self.file, space))
        first = self.function.__code__.co_firstlineno
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef) and node.lineno == first:
                return node
        limit = f"{self.function.__name__} is no plain function of a file that can be read"
        raise InputError("program", f"{Path(self.file).name}:{first}", limit, "write it with def, in a file")

    def _check_names(self) -> None:
        """Refuse names that are given here."""
        for node in ast.walk(self.tree):
            name = node.id if isinstance(node, ast.Name) else node.arg if isinstance(node, ast.arg) else ""
            if name.startswith(_OURS):
                raise self.refused(node, f"a program knows no {name}", "choose another name")

    def _check_cells(self) -> None:
        """Refuse the cell, and what it hears, under any other name: what is behind a name must be known."""
        allowed = {id(node.value) for node in ast.walk(self.tree) if isinstance(node, ast.Attribute)}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                allowed |= self._check_given(node, self.function.__globals__.get(node.func.id))
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name) and node.id in access.CELLS:
                if stores(node) or node.id not in self.arguments:
                    raise self.refused(node, f"{node.id} is an argument of its function, and nothing else")
                if id(node) not in allowed:
                    fix = f"write {node.id}.name, or give it to a function that calls it {node.id}"
                    raise self.refused(node, f"{node.id} is no number", fix)

    def _check_given(self, call: ast.Call, function: object) -> set[int]:
        """What a function of the program is given: the cell where it asks for one, and nowhere else."""
        given = set()
        if isinstance(function, FunctionType):
            for argument, name in zip(call.args, arguments_of(function), strict=False):
                if name in access.CELLS:
                    if not isinstance(argument, ast.Name) or argument.id != name:
                        raise self.refused(call, f"{function.__name__} wants {name} there", f"give it {name}")
                    given.add(id(argument))
        return given

    def _rewrite(self, declaration: Declaration) -> None:
        """Make bytes of the variables that the program declares."""
        self._check_cells()
        access.Access(declaration, self.refused).visit(self.tree)
        if self.handler in access.BEGIN:
            begin = ast.parse(access.BEGIN[self.handler](declaration)).body
            for node in (inner for statement in begin for inner in ast.walk(statement)):
                ast.copy_location(node, self.tree.body[0])
            self.tree.body = [*begin, *self.tree.body]
        self.given = {access.parameter_name(name): value for name, value in declaration.parameters.items()}

    def read(self) -> Function:
        """The function, checked and with its turns counted."""
        tree = self.tree
        if tree.decorator_list or self.function.__closure__:
            raise self.refused(tree, f"{tree.name} must be a plain function of its module")
        tree.args = _named([*self.arguments, TURNS, access.ON_BOARD])
        for node in ast.walk(tree):
            self._check(node)
        returns = self._check_values(tree) or any(isinstance(node, ast.Return) for node in ast.walk(tree))
        whole.Whole().visit(tree)
        for node in list(ast.walk(tree)):
            if isinstance(node, (ast.For, ast.While)):
                node.body = [_turn(node), *node.body]
            elif (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in self.calls
            ):
                node.args += [ast.Name(name, ast.Load()) for name in (TURNS, access.ON_BOARD)]
        if not returns:
            tree.body.insert(0, _way_out(tree))
        if self.handler is not None:
            self._settle_returns(self.handler)
        tree.name = f"{MADE}{tree.name}"
        module = ast.Module([ast.fix_missing_locations(tree)], [])
        text = f"{ast.dump(module, include_attributes=True)} {sorted(self.constants.items())} {self.file}"
        text += "".join(f"{name}={call.text}" for name, call in sorted(self.calls.items()))
        code = compile(module, self.file, "exec")
        return Function(tree.name, code, self.constants, self.calls, text)

    def _check(self, node: ast.AST) -> None:
        """Refuse what is no part of this Python."""
        for kind, fix in _REFUSED.items():
            if isinstance(node, kind):
                raise self.refused(self.tree, f"{self.tree.name} has an operator that programs have not", fix)
        if not isinstance(node, _NODES) or (node is not self.tree and isinstance(node, ast.FunctionDef)):
            raise self.refused(node, f"programs have no {type(node).__name__.lower()}")
        if isinstance(node, ast.Raise):
            self._check_raise(node)
        elif isinstance(node, ast.Assert) and node.msg is not None:
            node.msg.text = True  # type: ignore[attr-defined]
        elif isinstance(node, ast.Constant):
            self._check_constant(node)
        elif isinstance(node, ast.Call):
            self._check_call(node)
        elif isinstance(node, ast.Name) and not stores(node):
            self._resolve(node)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            raise self.refused(node, "a program takes bytes one by one")

    def _check_constant(self, node: ast.Constant) -> None:
        if not whole.is_whole(node.value) and node.value is not None and not hasattr(node, "text"):
            raise self.refused(node, f"{node.value!r} is no whole number of 64 bits")

    def _check_raise(self, node: ast.Raise) -> None:
        """An exception of Python's own, perhaps with a text."""
        error = node.exc
        texts = error.args if isinstance(error, ast.Call) else []
        name = error.func if isinstance(error, ast.Call) else error
        known = isinstance(name, ast.Name) and getattr(builtins, name.id, None)
        if node.cause or not (isinstance(known, type) and issubclass(known, Exception)):
            raise self.refused(node, "a program raises an exception of Python's own, and of no cause")
        for text in texts:
            text.text = True  # type: ignore[attr-defined]

    def _check_call(self, node: ast.Call) -> None:
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise self.refused(node, "a program calls functions by their names, and gives arguments in order")

    def _resolve(self, node: ast.Name) -> None:
        """What a name stands for that is no variable."""
        name, space = node.id, self.function.__globals__
        if name in self.variables or name in INTERPRETED:
            return
        if name in self.given or name in space:
            value = self.given[name] if name in self.given else space[name]
            if isinstance(value, FunctionType):
                self.calls[name] = self._call(node, value)
            elif _is_constant(value):
                self.constants[name] = value
            else:
                limit = f"{name} is a {type(value).__name__}"
                raise self.refused(node, limit, "make it a whole number, or a tuple of them")
        elif name not in CALLS and not _is_exception(name):
            raise self.refused(node, f"a program knows no {name}", f"it may call {', '.join(CALLS)}")

    def _call(self, node: ast.AST, function: FunctionType) -> Function:
        if function in (*self.callers, self.function):
            raise self.refused(node, f"{function.__name__} calls itself", "use a loop")
        if function not in self.known:
            reader = _Reader(function, self.known, (*self.callers, self.function), self.declaration)
            self.known[function] = reader.read()
        return self.known[function]

    def _check_values(self, tree: ast.FunctionDef) -> bool:
        """Refuse variables that may have no value when they are read; whether anybody comes to the end."""
        known = {*self.arguments, TURNS, access.ON_BOARD}
        return Flow(self.variables, self.refused).block(tree.body, known) is not None

    def _settle_returns(self, handler: str) -> None:
        """Of handlers: a truth value, whether all is as usual."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Return):
                value = node.value.value if isinstance(node.value, ast.Constant) else node.value
                if value is not None and (handler != "wake" or not isinstance(value, bool)):
                    what = (
                        "wake returns nothing, or False"
                        if handler == "wake"
                        else f"{handler} returns nothing"
                    )
                    raise self.refused(node, what)
                node.value = ast.Constant(value is not False)
        self.tree.body.append(ast.Return(ast.Constant(True)))


def _named(names: list[str]) -> ast.arguments:
    return ast.arguments([], [ast.arg(name) for name in names], None, [], [], None, [])


def _turn(loop: ast.For | ast.While) -> ast.stmt:
    """The statement ``if _spent(_turns): raise EndlessError``."""
    return _if_spent(loop, ast.Raise(ast.Name(EndlessError.__name__, ast.Load()), None))


def _way_out(function: ast.FunctionDef) -> ast.stmt:
    """The statement ``if _spent(_turns): return``, for a function that always raises or never ends.

    Without any ``return`` it could not be compiled, for there is no type of what it returns.
    """
    return _if_spent(function, ast.Return(None))


def _if_spent(place: ast.stmt, then: ast.stmt) -> ast.stmt:
    asked = ast.Call(ast.Name(SPENT, ast.Load()), [ast.Name(TURNS, ast.Load())], [])
    test = ast.If(asked, [then], [])
    for node in ast.walk(test):
        ast.copy_location(node, place)
    return test


def _is_constant(value: object) -> bool:
    """A number, or a tuple of constants."""
    return whole.is_whole(value) or (isinstance(value, tuple) and all(map(_is_constant, value)))


def _is_exception(name: str) -> bool:
    value = getattr(builtins, name, None)
    return isinstance(value, type) and issubclass(value, Exception)
