"""The syntax trees of the project's modules, each parsed once."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes_of(path: Path) -> list[ast.AST]:
    """Return all nodes of a module's syntax tree."""
    return list(ast.walk(tree_of(path)))


def names_in(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the names that a module gives or uses, each with its line, from 1."""
    for node in nodes_of(path):
        if isinstance(node, ast.Constant):
            continue
        for _, value in ast.iter_fields(node):
            for name in value if isinstance(value, list) else (value,):
                if isinstance(name, str):
                    yield from (
                        (getattr(node, "lineno", 0), part) for part in name.split(".")
                    )
