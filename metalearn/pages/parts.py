"""What pages are made of: plain frozen values, which the templates escape and lay out."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    import pandas as pd

    from metalearn.core.arrays import Columns

__all__ = [
    "Block",
    "Cell",
    "Code",
    "Column",
    "Data",
    "Facts",
    "Failure",
    "Figure",
    "Heading",
    "HtmlPage",
    "Line",
    "Notes",
    "PageTable",
    "Row",
    "Section",
    "Text",
    "Widget",
    "moment",
    "number",
    "sentence",
    "slug",
]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a cell: text, where it leads, and a remark in small type."""

    text: str
    note: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value on a page.

    Attributes:
        text: What is shown.
        sort: What the column is sorted by; "" for the text.
        href: Address that the text leads to.
        note: A remark in small type.
        is_code: Whether the text is set as code.
        lines: Several lines instead of the text.
        drawn: A picture instead of the text, from `charts`.
    """

    text: str = ""
    sort: str = ""
    href: str = ""
    note: str = ""
    is_code: bool = False
    lines: tuple[Line, ...] = ()
    drawn: Markup | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `kind` is `text`, `long` (wide text), `line` (unbroken) or `number`."""

    name: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; rows and marks of a chart with the same key light up together."""

    cells: tuple[Cell | str, ...]
    is_marked: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """Data beside a chart or table, offered as CSV.

    Attributes:
        name: Name of the file; what could lead out of a folder becomes `_`.
        frame: The rows, or their columns.
    """

    name: str
    frame: pd.DataFrame | Columns

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", re.sub(r"[^A-Za-z0-9_.-]+|^[.]+", "_", self.name))


@dataclass(frozen=True, slots=True, eq=False)
class PageTable:
    """A table; sorted and filtered in the browser where scripts run.

    Attributes:
        columns: Its columns.
        rows: Its rows.
        caption: What it shows.
        rest: A sentence below, for instance how many rows are left out.
        filters: Whether a long one gets a field to filter by.
        sorts: Whether it can be sorted.
        data: Its rows as CSV.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: str = ""
    rest: str = ""
    filters: bool = True
    sorts: bool = True
    data: Data | None = None
    part: str = field(default="table", init=False)


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A chart with its caption and its data."""

    svg: Markup
    caption: str
    data: Data | None = None
    part: str = field(default="figure", init=False)

    @property
    def has_tips(self) -> bool:
        """Whether marks have texts to be shown when they are pointed at."""
        return "data-tip" in self.svg


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values."""

    items: tuple[tuple[str, Cell | str], ...]
    part: str = field(default="facts", init=False)


@dataclass(frozen=True, slots=True)
class Notes:
    """A list of sentences, below a title or without one."""

    items: tuple[Cell | str, ...]
    title: str = ""
    part: str = field(default="notes", init=False)


@dataclass(frozen=True, slots=True)
class Code:
    """Text to copy."""

    text: str
    label: str = ""
    part: str = field(default="code", init=False)


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str
    part: str = field(default="text", init=False)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a section."""

    text: str
    part: str = field(default="heading", init=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, and what to do next."""

    title: str
    lines: tuple[str, ...]
    part: str = field(default="error", init=False)


@dataclass(frozen=True, slots=True)
class Widget:
    """A form or another piece of our own markup, from a template."""

    markup: Markup
    part: str = field(default="markup", init=False)


Block = PageTable | Figure | Facts | Notes | Code | Text | Heading | Failure | Widget


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A titled piece of a page; `key` is where links lead to."""

    title: str
    blocks: tuple[Block, ...]
    text: str = ""
    key: str = ""

    @property
    def anchor(self) -> str:
        """Name of the place, for links."""
        return self.key or slug(self.title)


@dataclass(frozen=True, slots=True, eq=False)
class HtmlPage:
    """A page.

    Attributes:
        title: Its title and first heading.
        lead: The sentence below.
        sections: Its sections.
        foot: What stands at the end: the snapshot, the time.
        refresh_s: Seconds after which a browser without scripts loads it anew; 0 for never.
        program: One of our own scripts that this page runs besides the common one.
    """

    title: str
    lead: str
    sections: tuple[Section, ...]
    foot: str = ""
    refresh_s: int = 0
    program: Markup | None = None


def number(value: float | None, form: str = ".3f") -> Cell:
    """Return a number in a form, without a minus before zero, sorted by its value.

    It is empty if the number is unknown.

    >>> number(-0.0001, ".2f").text, number(-0.0001, "+.2f").text
    ('0.00', '+0.00')
    """
    if value is None or not math.isfinite(value):
        return Cell()
    return Cell(format(value, _without_minus_zero(form)), sort=f"{value:.10g}")


@cache
def _without_minus_zero(form: str) -> str:
    if form.endswith("d"):
        return form
    return f"+z{form[1:]}" if form.startswith("+") else f"z{form}"  # a sign stands before the z


def moment(time: str | None) -> Cell:
    """Return a time (ISO 8601 in UTC) to the minute; empty if it is unknown.

    >>> moment("2026-01-31T18:43:24+00:00").text
    '2026-01-31 18:43 UTC'
    """
    if not time:
        return Cell()
    return Cell(f"{time[:10]} {time[11:16]} UTC", sort=time)


def sentence(text: str) -> str:
    """Return a message with a full stop, and a capital letter if it begins with a plain word.

    >>> sentence("no rows; give some"), sentence("time_budget: give more")
    ('No rows; give some.', 'time_budget: give more.')
    """
    if text.split(" ", 1)[0].isalpha():
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else f"{text}."


def slug(text: str) -> str:
    """Return a text as part of an address: small letters, digits and dashes.

    >>> slug("Loss against seconds")
    'loss-against-seconds'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "x"
