"""A page as text: one environment of templates, in which every value is escaped.

Style and script are part of each page, so that a page is one file. The content policy allows these
two by their digests and nothing else: no other script, style, font, frame or address.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from metalearn.pages.cells import cell_markup, rows_markup
from metalearn.pages.csv_text import csv_text
from metalearn.pages.parts import Block, Data, Figure, HtmlPage

__all__ = ["Link", "asset", "current_links", "navigation", "policy", "render", "render_fragment",
           "render_template", "write_page", "writing_data"]  # fmt: skip

_MOST_INLINE = 40_000  # bytes of CSV that a single page carries with a chart
_NAVIGATION: ContextVar[tuple[Link, ...]] = ContextVar("links on top of every page", default=())
_FOLDER: ContextVar[tuple[Path, str, list[str]] | None] = ContextVar(
    "where CSV files go", default=None
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link on top of every page."""

    text: str
    href: str


@contextmanager
def navigation(links: Sequence[Link]) -> Iterator[None]:
    """Put links on top of every page rendered in the block."""
    token = _NAVIGATION.set(tuple(links))
    try:
        yield
    finally:
        _NAVIGATION.reset(token)


@contextmanager
def writing_data(folder: Path, address: str, written: list[str] | None = None) -> Iterator[None]:
    """Write the data of charts as files into a folder instead of into the page.

    Args:
        folder: Where the files go; it exists.
        address: Address of the folder, relative to the page.
        written: Names of the files are added to it.
    """
    token = _FOLDER.set((folder, address, [] if written is None else written))
    try:
        yield
    finally:
        _FOLDER.reset(token)


def current_links() -> tuple[Link, ...]:
    """Return the links that pages get here."""
    return _NAVIGATION.get()


def render(page: HtmlPage) -> str:
    """Return the document of a page."""
    programs = () if page.program is None else (page.program,)
    return render_template(
        "page.html",
        page=page,
        style=asset("style.css"),
        script=asset("script.js"),
        policy=policy(programs, is_meta=True),
        navigation=_NAVIGATION.get(),
    )


def render_fragment(lead: str, blocks: Sequence[Block]) -> str:
    """Return a piece of HTML for notebooks: a sentence and blocks, with a style of its own."""
    style = asset("style.css")
    return render_template("fragment.html", lead=lead, blocks=blocks, style=style)


def write_page(page: HtmlPage, path: Path) -> None:
    """Write a page as one file."""
    path.write_text(render(page), encoding="utf-8")


def render_template(name: str, **values: Any) -> str:  # Any: whatever a template shows
    """Return a template of this package filled in; values are escaped."""
    return _environment().get_template(name).render(**values)


@cache
def asset(name: str) -> Markup:
    """Return one of our own files, made smaller by its comments and indentation."""
    text = files("metalearn.pages").joinpath("assets", name).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return Markup("\n".join(line for line in lines if line and not line.startswith("// ")))  # noqa: S704


def policy(programs: Iterable[Markup] = (), *, is_meta: bool = False) -> str:
    """Return the content policy of our pages.

    Args:
        programs: Further scripts of our own.
        is_meta: Whether it stands in the page; a header can say more.
    """
    scripts = " ".join(_digest(text) for text in (asset("script.js"), *programs))
    parts = [
        "default-src 'none'",
        f"script-src {scripts}",
        f"style-src {_digest(asset('style.css'))}",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
    ]
    if not is_meta:
        parts.append("frame-ancestors 'none'")
    return "; ".join(parts)


def _digest(text: str) -> str:
    raw = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(raw).decode()}'"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("metalearn.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["figures_together"] = _figures_together
    environment.filters["file_of"] = _file_of
    environment.filters["cell"] = cell_markup
    environment.filters["rows"] = rows_markup
    return environment


def _figures_together(blocks: Sequence[Block]) -> list[Any]:
    """Return blocks with neighbouring figures as lists, which stand side by side."""
    found: list[Any] = []
    for is_figure, group in itertools.groupby(blocks, lambda block: isinstance(block, Figure)):
        together = list(group)
        found += [together] if is_figure else together
    return found


@dataclass(frozen=True, slots=True)
class _File:
    """A file that a page offers."""

    name: str
    href: str


def _file_of(data: Data | None) -> _File | None:
    """Write or pack the data; None where a single page would become too large."""
    if data is None:
        return None
    text = csv_text(data.frame)
    where = _FOLDER.get()
    if where is not None:
        folder, address, written = where
        written.append(data.name)
        target = folder / data.name
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")
        return _File(data.name, f"{address}{data.name}")
    raw = text.encode()
    if len(raw) > _MOST_INLINE:
        return None
    return _File(data.name, f"data:text/csv;base64,{base64.b64encode(raw).decode()}")
