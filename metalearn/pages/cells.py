"""Cells and rows of tables as markup: written here and not in a template, because there are many.

Every value is escaped; tags and attributes are written out.
"""

from __future__ import annotations

import html
from functools import lru_cache

from markupsafe import Markup

from metalearn.pages.parts import Cell, Line, PageTable

__all__ = ["cell_markup", "rows_markup"]


def cell_markup(value: Cell | str) -> Markup:
    """Return what stands in a cell."""
    return Markup(_cell(value))  # noqa: S704  # every value is escaped in it


def rows_markup(table: PageTable) -> Markup:
    """Return the rows of a table."""
    kinds = [_escape(column.kind) for column in table.columns]
    lines = []
    for row in table.rows:
        marked = ' class="marked"' if row.is_marked else ""
        key = f' data-key="{_escape(row.key)}"' if row.key else ""
        entries = zip(kinds, row.cells, strict=True)
        cells = "".join(_entry(kind, value) for kind, value in entries)
        lines.append(f"<tr{marked}{key}>{cells}</tr>\n")
    return Markup("".join(lines))  # noqa: S704  # every value is escaped in it


# Ranks, states and configurations stand on many pages.
_escape = lru_cache(maxsize=20_000)(html.escape)


def _entry(kind: str, value: Cell | str) -> str:
    if isinstance(value, str):
        return f'<td class="{kind}">{_escape(value)}</td>'
    sort = f' data-sort="{_escape(value.sort)}"' if value.sort else ""
    return f'<td class="{kind}"{sort}>{_cell(value)}</td>'


def _cell(value: Cell | str) -> str:
    if isinstance(value, str):
        return _escape(value)
    if value.drawn is not None:
        return value.drawn
    if value.lines:
        return "<br>".join(_line(line) for line in value.lines)
    shown = f"<code>{_escape(value.text)}</code>" if value.is_code else ""
    return shown + _note(value.note) if shown else _line(value)


def _line(line: Line | Cell) -> str:
    text = _escape(line.text)
    shown = f'<a href="{_escape(line.href)}">{text}</a>' if line.href else str(text)
    return shown + _note(line.note)


def _note(note: str) -> str:
    return f" <small>{_escape(note)}</small>" if note else ""
