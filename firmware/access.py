"""The bytes behind a program's variables: ``me.hops = 1`` becomes ``me[4] = 1`` in its syntax tree.

``me`` is a cell's RAM and ``said`` what a neighbour shows, by these names in every function of a program that
declares variables. Numbers are read and stored by the functions of ``firmware.numbers``.
"""

import ast
from collections.abc import Callable
from typing import Final, NamedTuple

from firmware.budget import PORTS
from firmware.declaration import Declaration
from firmware.errors import InputError
from firmware.numbers import PREFIX
from firmware.variables import AGE, BOARD, ENTROPY, INBOX, OLD, Kind, Variable

ME, SAID = CELLS = "me", "said"

ON_BOARD: Final = f"{PREFIX}board"
"""Name of the argument that every function gets: the bytes of the board."""

_PLACE, _VALUE = f"{PREFIX}place", f"{PREFIX}value"
"""Variables of what is rewritten."""

Refuse = Callable[[ast.AST, str, str], InputError]


class Place(NamedTuple):
    """Where a number lies: in which bytes, at which of them, and what it is."""

    holder: str
    offset: ast.expr
    kind: Kind
    is_age: bool


class Access(ast.NodeTransformer):
    """Makes bytes of a function's variables.

    Args:
        declaration: of the program.
        refuse: makes an error of a place in the source, what is wrong there, and what would be right.
    """

    def __init__(self, declaration: Declaration, refuse: Refuse) -> None:
        self._declaration, self._layout = declaration, declaration.layout
        self._refuse = refuse

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return self._read(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if isinstance(node.value, ast.Attribute):
            return self._read(node)
        self.generic_visit(node)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST | list[ast.stmt]:
        ours = [self._is_ours(target) for target in node.targets]
        if not any(ours):
            self.generic_visit(node)
            return node
        value = self.visit(node.value)
        if len(node.targets) == 1:
            return self._store(node.targets[0], value)
        first = _set(node, _VALUE, value)
        return [first, *(self._assign(target, node) for target in node.targets)]

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST | list[ast.stmt]:
        if not self._is_ours(node.target):
            self.generic_visit(node)
            return node
        place = self._writable(node.target)
        # The place is computed once, before what is added.
        there = place._replace(offset=_name(node, _PLACE))
        changed = ast.copy_location(ast.BinOp(_loaded(there), node.op, self.visit(node.value)), node)
        return [_set(node, _PLACE, place.offset), _stored(there, changed)]

    def visit_For(self, node: ast.For) -> ast.AST:
        if self._is_ours(node.target):
            raise self._refuse(node, "a loop counts in a variable of its function", "for port in range(8)")
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if self._is_ours(node.target):
            raise self._refuse(node, "what a variable is, is declared in the class", "leave it out here")
        self.generic_visit(node)
        return node

    def _is_ours(self, target: ast.expr) -> bool:
        """Whether something is stored in a variable of the program."""
        if isinstance(target, ast.Tuple):
            if any(map(self._is_ours, target.elts)):
                raise self._refuse(target, "variables are stored one by one", "write an assignment for each")
            return False
        holder = target.value if isinstance(target, ast.Subscript) else target
        return isinstance(holder, ast.Attribute)

    def _assign(self, target: ast.expr, node: ast.Assign) -> ast.stmt:
        value = _name(node, _VALUE)
        if self._is_ours(target):
            return self._store(target, value)
        target = self.visit(target)
        return ast.copy_location(ast.Assign([target], value), node)

    def _store(self, target: ast.expr, value: ast.expr) -> ast.stmt:
        return _stored(self._writable(target), value)

    def _writable(self, target: ast.expr) -> Place:
        place = self._place(target)
        if not isinstance(place, Place) or place.holder != ME or _is_of_the_runtime(target):
            raise self._refuse(
                target, "it can only be read", f"store in what the cell shows or keeps: {ME}.name"
            )
        return place

    def _read(self, node: ast.expr) -> ast.expr:
        place = self._place(node)
        if not isinstance(place, Place):
            return place
        return _loaded(place)

    def _place(self, node: ast.expr) -> Place | ast.expr:
        """Where a variable lies; of a parameter, what it is."""
        row = node if isinstance(node, ast.Subscript) else None
        name = row.value if row else node
        assert isinstance(name, ast.Attribute)
        found = self._found(name)
        if not isinstance(found, Place):
            if row is None:
                return found
            if not isinstance(self._declaration.parameters[name.attr], tuple):
                raise self._refuse(node, f"{name.attr} is a single number", "leave the index out")
            row.value = found
            row.slice = self.visit(row.slice)
            return row
        if (row is None) != (found.kind.count is None):
            limit = f"{name.attr} is {found.kind}"
            raise self._refuse(node, limit, "a row of numbers has an index, a single one has none")
        if row is None:
            return found
        counted = _call(row, "index", self.visit(row.slice), _number(row, found.kind.count or 1))
        return found._replace(offset=_sum(row, found.offset, _scaled(row, counted, found.kind.size)))

    def _found(self, node: ast.Attribute) -> Place | ast.expr:
        """What an attribute is: of the cell, of what it heard on a port, or of what a neighbour says."""
        match node:
            case ast.Attribute(value=ast.Name(id="said"), attr=name):
                return self._variable(node, SAID, self._layout.shown, name, _number(node, 0))
            case ast.Attribute(value=ast.Attribute(value=ast.Name(id="me"), attr="board"), attr=name):
                return self._variable(node, ON_BOARD, self._layout.board, name, _number(node, 0))
            case ast.Attribute(value=ast.Name(id="me"), attr=name) if name in self._declaration.parameters:
                return _name(node, parameter_name(name))
            case ast.Attribute(value=ast.Name(id="me"), attr=name):
                known = self._layout.own | self._layout.read_only
                return self._variable(node, ME, known, name, _number(node, 0))
            case ast.Attribute(
                value=ast.Subscript(value=ast.Attribute(value=ast.Name(id="me"), attr="inbox"), slice=port),
                attr=name,
            ):
                counted = _call(node, "index", self.visit(port), _number(node, PORTS))
                record = _scaled(node, counted, self._layout.record_bytes)
                begin = _sum(node, _number(node, self._layout.inbox), record)
                return self._variable(node, ME, self._layout.heard, name, begin)
        limit = f"{ast.unparse(node)} is no variable"
        forms = f"{ME}.name, {ME}.{INBOX}[port].name, {ME}.{BOARD}.name or {SAID}.name"
        raise self._refuse(node, limit, f"write {forms}")

    def _variable(
        self, node: ast.AST, holder: str, known: dict[str, Variable], name: str, begin: ast.expr
    ) -> Place:
        if name not in known:
            limit = f"{self._declaration.name} has no {name} there"
            raise self._refuse(node, limit, f"it has {', '.join(known) or 'none'}")
        variable = known[name]
        offset = _sum(node, begin, _number(node, variable.offset))
        return Place(holder, offset, variable.kind, is_age=name == AGE)


def parameter_name(name: str) -> str:
    """What a parameter is called in what is run."""
    return f"{PREFIX}parameter_{name}"


def _begin_hear(declaration: Declaration) -> str:
    """What happens before a program hears, as source: the newest of the port is kept, and its age begins."""
    layout = declaration.layout
    if not layout.heard:
        return ""
    copies = [f"{_PLACE} = {layout.inbox} + {layout.record_bytes} * port"]
    for name, variable in layout.heard.items():
        for byte in range(variable.kind.bytes):
            value = OLD if name == AGE else f"{SAID}[{layout.shown[name].offset + byte}]"
            copies.append(f"{ME}[{_PLACE} + {variable.offset + byte}] = {value}")
    return "\n".join(copies)


def _begin_wake(declaration: Declaration) -> str:
    """What happens before a program wakes, as source: what was heard is older by a wake."""
    layout = declaration.layout
    if not layout.heard:
        return ""
    first = layout.inbox + layout.heard[AGE].offset
    places = (first + layout.record_bytes * port for port in range(PORTS))
    return "\n".join(f"{PREFIX}grow_old({ME}, {place})" for place in places)


BEGIN: Final = {"hear": _begin_hear, "wake": _begin_wake}
"""By handler: what happens before it, as source."""


def _is_of_the_runtime(target: ast.expr) -> bool:
    holder = target.value if isinstance(target, ast.Subscript) else target
    return any(isinstance(node, ast.Attribute) and node.attr in (INBOX, ENTROPY) for node in ast.walk(holder))


def _loaded(place: Place) -> ast.expr:
    at = place.offset
    read = _call(at, f"read_{place.kind.name}", _name(at, place.holder), at)
    return ast.copy_location(ast.BinOp(_number(at, OLD), ast.Sub(), read), at) if place.is_age else read


def _stored(place: Place, value: ast.expr) -> ast.stmt:
    call = _call(value, f"store_{8 * place.kind.size}", value, _name(value, place.holder), place.offset)
    return ast.copy_location(ast.Expr(call), value)


def _sum(place: ast.AST, one: ast.expr, other: ast.expr) -> ast.expr:
    match one, other:
        case ast.Constant(value=int(begin)), ast.Constant(value=int(further)):
            return _number(place, begin + further)
    return ast.copy_location(ast.BinOp(one, ast.Add(), other), place)


def _scaled(place: ast.AST, number: ast.expr, size: int) -> ast.expr:
    return ast.copy_location(ast.BinOp(number, ast.Mult(), _number(place, size)), place)


def _set(place: ast.AST, name: str, value: ast.expr) -> ast.stmt:
    return ast.copy_location(ast.Assign([_name(place, name, ast.Store())], value), place)


def _number(place: ast.AST, value: int) -> ast.expr:
    return ast.copy_location(ast.Constant(value), place)


def _name(place: ast.AST, name: str, context: ast.expr_context | None = None) -> ast.expr:
    return ast.copy_location(ast.Name(name, context or ast.Load()), place)


def _call(place: ast.AST, name: str, *arguments: ast.expr) -> ast.expr:
    return ast.copy_location(ast.Call(_name(place, PREFIX + name), list(arguments), []), place)
