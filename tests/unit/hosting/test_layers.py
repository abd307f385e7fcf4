"""The web layer uses services; it names no table and makes no query."""

from __future__ import annotations

import ast
from pathlib import Path

import copytrace.hosting.web

WEB = Path(copytrace.hosting.web.__file__).parent
MODULES = {
    path: ast.parse(path.read_text())
    for path in sorted(WEB.rglob("*.py"))
    if path.name != "admin.py"  # Django's admin pages are defined by tables.
}
QUERIES = {
    "objects", "all", "filter", "exclude", "select_related", "prefetch_related", "annotate", "aggregate", "order_by",
    "values_list", "defer", "only", "distinct", "exists", "first", "last", "save", "create", "get_or_create",
    "update_or_create", "bulk_create", "select_for_update",
}  # fmt: skip


def _is_query(node: ast.AST) -> bool:
    """Whether it queries a table; template libraries use the same word to register filters."""
    return isinstance(node, ast.Attribute) and node.attr in QUERIES and ast.unparse(node) != "register.filter"


def _for_types_alone(tree: ast.Module) -> set[ast.AST]:
    blocks = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    return {node for block in blocks for node in ast.walk(block)}


def test_no_module_of_the_web_layer_makes_a_query():
    assert [
        f"{path.relative_to(WEB)}:{node.lineno} {ast.unparse(node)}"
        for path, tree in MODULES.items()
        for node in ast.walk(tree)
        if _is_query(node)
    ] == []


def test_modules_of_the_web_layer_take_types_alone_from_the_tables():
    assert [
        f"{path.relative_to(WEB)}:{node.lineno} {node.module}"
        for path, tree in MODULES.items()
        for node in set(ast.walk(tree)) - _for_types_alone(tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith(("copytrace.hosting.models", "django.db"))
    ] == []
