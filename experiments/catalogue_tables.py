"""The tables of plug-ins in the documentation, from docstrings and from the fields of bridges.

python -m experiments.catalogue_tables

The columns of the tables that compare recommenders, optimizers and surrogates stand in a section
`Overview:` of each class's docstring, one `column: text` per entry.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

from experiments.pages import replaced
from metalearn.catalogue import KINDS, catalogue_of
from metalearn.cli.commands import HELP
from metalearn.workflows.systems import system_rows

__all__ = ["PAGES", "main", "pages"]

ROOT = Path(__file__).resolve().parents[1]
CATALOGUES = Path("docs/reference/catalogues.md")
BRIDGES = Path("docs/guides/bridges.md")
RECOMMENDERS = Path("docs/reference/recommenders.md")
OPTIMIZERS = Path("docs/reference/optimizers.md")
SYSTEMS = Path("docs/reference/systems.md")
SURROGATES = Path("docs/reference/surrogates.md")
PAGES = (CATALOGUES, BRIDGES, SYSTEMS, RECOMMENDERS, OPTIMIZERS, SURROGATES)
_COLUMNS = {
    "recommender": {"idea": "idea", "adapts": "order follows measured losses", "needs": "needs"},
    "optimizer": {
        "idea": "idea", "warm start": "parts of a warm start it uses, besides the design",
    },
    "surrogate-alone": {
        "idea": "what it is", "use": "use it", "cost": "cost of a fit", "code": "whose code",
    },
    "surrogate-transfer": {
        "formula": "formula", "use": "use it", "step": "a step beyond the sources",
    },
}  # fmt: skip
_HONOURS = ("seeds", "observations", "prior", "sources", "memory")


def bridges_table() -> str:
    """Return what each bridge takes of a warm start, as a Markdown table."""
    lines = [
        "| library | how | initial design | known results | prior | runs of other tasks | "
        "remembers while it runs | forbidden clauses, own suggestions | several algorithms |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    catalogue = catalogue_of("bridge")
    for bridge in map(catalogue.get, catalogue.names()):
        taken = ["yes" if part in bridge.honours else "no" for part in _HONOURS]
        link = f"[{bridge.title}](bridges/{bridge.name}.md)"
        cells = [link, f"`warm.to_{bridge.name}(...)`", *taken, bridge.forbidden, bridge.joint]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def systems_table() -> str:
    """Return what each preset of AutoML is made of, as a Markdown table."""
    columns = ("preset", "system", "architecture search", "operators", "hyperparameter search",
               "improvements", "meta-learning", "keeps of the original", "differs")  # fmt: skip
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    for row in system_rows():
        parts = [row.architecture, row.operators, row.search, row.improvements, row.meta_learning]
        if row.needs:
            parts = [f"not available: needs {row.needs}", "", "", "", ""]
        cells = [f"`{row.preset}`", row.system or "our own", *parts, row.keeps, row.differs]
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


def overview_table(kind: str) -> str:
    """Return the table that compares the plug-ins of one kind, as Markdown."""
    plain = kind.partition("-")[0]
    catalogue, columns = catalogue_of(plain), _COLUMNS[kind]
    lines = [f"| name | {' | '.join(columns.values())} |", "| --- |" + " --- |" * len(columns)]
    for name in catalogue.names():
        found = overview(plain, name)
        if kind.startswith("surrogate") and ("formula" in found) != ("formula" in columns):
            continue
        alias = [f"`{a}`" for a, of in catalogue.aliases.items() if of == name]
        title = f"`{name}`" + (f" (alias {', '.join(alias)})" if alias else "")
        cells = [title, *(found.get(column, "") for column in columns)]
        lines.append("| " + " | ".join(cell.replace("|", chr(92) + "|") for cell in cells) + " |")
    return "\n".join(lines)


def overview(kind: str, name: str) -> dict[str, str]:
    """Return the section `Overview:` of a plug-in's docstring; without one, its first line."""
    found: Any = catalogue_of(kind).get(name)
    _, _, section = (inspect.getdoc(found) or "").partition("\nOverview:\n")
    columns: dict[str, str] = {}
    column = ""
    for line in section.splitlines():
        if not line.startswith(" " * 4):
            break
        if line.startswith(" " * 5):
            columns[column] += f" {line.strip()}"
        else:
            column, _, text = line.strip().partition(": ")
            columns[column] = text
    return columns or {"idea": _first_line(kind, name)}


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
    written = {CATALOGUES: text, BRIDGES: replaced(guide, "bridges", bridges_table())}
    text = (ROOT / SYSTEMS).read_text(encoding="utf-8")
    written[SYSTEMS] = replaced(text, "systems", systems_table())
    for page, kinds in (
        (RECOMMENDERS, ["recommender"]),
        (OPTIMIZERS, ["optimizer"]),
        (SURROGATES, ["surrogate-alone", "surrogate-transfer"]),
    ):
        text = (ROOT / page).read_text(encoding="utf-8")
        for kind in kinds:
            text = replaced(text, f"{kind} overview", overview_table(kind))
        written[page] = text
    return written


def main() -> None:
    """Write the pages."""
    for path, text in pages().items():
        (ROOT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
