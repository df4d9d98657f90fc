"""Which variables of a program's function have a value where they are read, on every way that leads there."""

import ast

from firmware.access import Refuse


class Flow:
    """Which variables have a value: after each statement a set, None where nobody comes.

    Args:
        variables: names of all that the function stores, its arguments included.
        refuse: makes an error of a place in the source, what is wrong there, and what would be right.
    """

    def __init__(self, variables: set[str], refuse: Refuse) -> None:
        self._variables, self._refuse = variables, refuse
        self._breaks: list[list[set[str]]] = []

    def block(self, statements: list[ast.stmt], known: set[str] | None) -> set[str] | None:
        """What is known after some statements, of what was known before.

        Raises:
            InputError: a variable is read that may have no value.
        """
        for statement in statements:
            if known is not None:
                known = self._statement(statement, known)
        return known

    def _statement(self, node: ast.stmt, known: set[str]) -> set[str] | None:
        match node:
            case ast.If():
                self._read(node.test, known)
                return _both(self.block(node.body, known), self.block(node.orelse, known))
            case ast.While() | ast.For():
                self._read(node.iter if isinstance(node, ast.For) else node.test, known)
                self._breaks.append([])
                inside = known | _stored(node.target) if isinstance(node, ast.For) else known
                self.block(node.body, inside)
                after = self.block(node.orelse, known)
                if isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and node.test.value:
                    after = None
                for broken in self._breaks.pop():
                    after = _both(after, broken)
                return after
            case ast.Break():
                self._breaks[-1].append(known)
                return None
            case ast.Return() | ast.Raise() | ast.Continue():
                self._read(node, known)
                return None
            case ast.AugAssign(target=ast.Name(id=name)):
                self._read(node.value, known)
                self._read(ast.copy_location(ast.Name(name, ast.Load()), node), known)
                return known
        self._read(node, known)
        return known | _stored(node)

    def _read(self, tree: ast.AST, known: set[str]) -> None:
        for node in ast.walk(tree):
            if not isinstance(node, ast.Name) or stores(node) or node.id in known:
                continue
            if node.id in self._variables:
                raise self._refuse(node, f"{node.id} may have no value here", "give it one before")


def _both(one: set[str] | None, other: set[str] | None) -> set[str] | None:
    return other if one is None else one if other is None else one & other


def _stored(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and stores(node)}


def stores(node: ast.Name) -> bool:
    """Whether a name is given a value here, or loses it."""
    return not isinstance(node.ctx, ast.Load)
