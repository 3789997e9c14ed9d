"""The import contract that linters cannot see: no loading by name, no cycle of modules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "metalearn"
BY_NAME = ("import_module", "__import__")


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf8"))


def test_only_the_catalogue_loads_our_modules_by_name() -> None:
    """Other calls of `import_module` load packages of others, which no string of ours names."""
    found = []
    for name, path in MODULES.items():
        if name == "metalearn.catalogue":
            continue
        if not any(call in path.read_text(encoding="utf8") for call in BY_NAME):
            continue
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.Call):
                continue
            if getattr(node.func, "id", getattr(node.func, "attr", "")) not in BY_NAME:
                continue
            text = ast.unparse(node)
            if "metalearn" in text or "__name__" in text:
                found.append(f"{name}: {text}")
    assert found == []


def imports_of(tree: ast.AST, *, at_load: bool = False) -> Iterator[str]:
    """Yield our modules that are imported, but not for types alone.

    Imports inside functions count too, unless `at_load`.
    """
    for node in ast.iter_child_nodes(tree):
        if at_load and isinstance(node, ast.FunctionDef):
            continue
        if isinstance(node, ast.Import):
            yield from MODULES.keys() & {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from MODULES.keys() & (names & MODULES.keys() or {node.module})
        elif isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            yield from imports_of(ast.Module(node.orelse, []), at_load=at_load)
        elif isinstance(node, (ast.stmt, ast.excepthandler, ast.match_case)):
            yield from imports_of(node, at_load=at_load)


def test_no_cycle_of_modules() -> None:
    graph = {name: {*imports_of(tree_of(path))} - {name} for name, path in MODULES.items()}
    while graph:
        leaves = {name for name, needed in graph.items() if not needed & graph.keys()}
        assert leaves, f"a cycle among {sorted(graph)}"
        graph = {name: needed for name, needed in graph.items() if name not in leaves}


def test_automatic_differentiation_is_loaded_only_when_something_is_trained() -> None:
    needed = {name: {*imports_of(tree_of(path), at_load=True)} for name, path in MODULES.items()}
    loading = {"metalearn.neural.autodiff"}
    while more := {name for name in needed if needed[name] & loading} - loading:
        loading |= more
    assert all(name.startswith("metalearn.neural.") for name in loading), sorted(loading)
