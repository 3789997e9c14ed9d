"""The tables of plug-ins in the documentation, from docstrings and from the fields of bridges.

python -m experiments.catalogue_tables
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

from experiments.pages import replaced
from metalearn.catalogue import KINDS, catalogue_of
from metalearn.cli.commands import HELP

__all__ = ["main", "pages"]

ROOT = Path(__file__).resolve().parents[1]
CATALOGUES = Path("docs/reference/catalogues.md")
BRIDGES = Path("docs/guides/bridges.md")
_HONOURS = ("seeds", "observations", "prior", "sources", "memory")


def bridges_table() -> str:
    """Return what each bridge takes of a warm start, as a Markdown table."""
    lines = [
        "| library | how | initial design | known results | prior | runs of other tasks | "
        "remembers while it runs | forbidden clauses, own suggestions |",
        "|---|---|---|---|---|---|---|---|",
    ]
    catalogue = catalogue_of("bridge")
    for bridge in map(catalogue.get, catalogue.names()):
        taken = ["yes" if part in bridge.honours else "no" for part in _HONOURS]
        link = f"[{bridge.title}](bridges/{bridge.name}.md)"
        cells = [link, f"`warm.to_{bridge.name}(...)`", *taken, bridge.forbidden]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def catalogue_table(kind: str) -> str:
    """Return the names of one kind of plug-in and what each is, as a Markdown table."""
    catalogue = catalogue_of(kind)
    lines = ["| name | what it is |", "|---|---|"]
    for name in catalogue.names():
        text = HELP[name] if kind == "command" else _first_line(kind, name)
        lines.append(f"| `{name}` | {text.replace('|', chr(92) + '|')} |")
    return "\n".join(lines)


def _first_line(kind: str, name: str) -> str:
    """Return the first line about a plug-in: of a class its own, else of its module."""
    where = catalogue_of(kind).where(name)
    found: Any = catalogue_of(kind).get(name)
    own = (inspect.getdoc(found) or "") if inspect.isclass(found) else ""
    text = own if own and not own.startswith("See ") else _module_doc(where)
    return text.splitlines()[0].removesuffix(".")


def _module_doc(where: str) -> str:
    return inspect.getdoc(sys.modules[where.partition(":")[0]]) or ""


def pages() -> dict[Path, str]:
    """Return the pages with their tables as they should be, by path in the repository."""
    text = (ROOT / CATALOGUES).read_text(encoding="utf-8")
    for kind in KINDS:
        text = replaced(text, kind, catalogue_table(kind))
    guide = (ROOT / BRIDGES).read_text(encoding="utf-8")
    return {CATALOGUES: text, BRIDGES: replaced(guide, "bridges", bridges_table())}


def main() -> None:
    """Write the pages."""
    for path, text in pages().items():
        (ROOT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
