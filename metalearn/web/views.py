"""Pages of the server: upload, questions about a table, jobs, errors."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from markupsafe import Markup

from metalearn.core.metric import METRICS
from metalearn.learners import CATALOGUE
from metalearn.pages.parts import (
    Cell,
    Column,
    Failure,
    HtmlPage,
    Notes,
    PageTable,
    Row,
    Section,
    Text,
    Widget,
    sentence,
)
from metalearn.pages.rendering import Link, asset, navigation, policy, render, render_template
from metalearn.web.jobs import START, Job
from metalearn.web.options import ServeOptions
from metalearn.web.uploads import Upload

__all__ = ["LINKS", "error_page", "fits_page", "home_page", "job_page", "listed_page",
           "table_page", "web_policy"]  # fmt: skip

_MOST_COLUMNS = 20  # of a table's first rows
_LONGEST_CELL = 40  # characters there

LINKS = (("Upload", "/"), ("Fits", "/fits"), ("The memory", "/memory/"), ("API", "/api/"))


def web_policy() -> str:
    """Return the content policy of every answer: our style and our scripts."""
    return policy(asset(name) for name in ("progress.js", "brush.js", "upload.js"))


def home_page(options: ServeOptions, uploads: Sequence[Upload] = ()) -> str:
    """Return the first page: a form to upload a table, and the tables that are here."""
    form = render_template("web_upload.html", bytes=options.max_upload_bytes,
                           rows=options.max_rows, hours=options.keep_s / 3600)  # fmt: skip
    memory = render_template("web_memory.html", algorithms=CATALOGUE.names())
    sections = [Section("A table", (_widget(form),))]
    if uploads:
        links = (Cell(f"{u.name} ({_size(u)})", href=f"/tables/{u.key}") for u in uploads)
        sections.append(Section("Tables of this session", (Notes(tuple(links)),)))
    sections.append(Section("The memory", (_widget(memory),)))
    return _rendered(
        HtmlPage(
            "What should I try on my data?",
            "Upload a table and name the column to predict. The memory answers with models that "
            "worked on tables like yours, the scores to expect, and why.",
            tuple(sections),
            program=asset("upload.js"),
        )
    )


def table_page(upload: Upload, options: ServeOptions) -> str:
    """Return the page of an uploaded table: what to predict, and what to ask."""
    form = render_template(
        "web_table.html", upload=upload, asked=upload.asked.texts, ignored=upload.asked.ignored,
        metrics=tuple(METRICS), most_s=options.max_budget_s,
    )  # fmt: skip
    remove = render_template("web_remove.html", upload=upload)
    gone = f"It is removed with the server, after {options.keep_s / 3600:g} h without use, or now."
    return _rendered(
        HtmlPage(
            upload.name,
            f"{_size(upload)}.",
            (
                Section("", (_widget(form),)),
                Section("First rows", (_head(upload),)),
                Section(
                    "Remove", (_widget(remove),), f"The table lies on this server only. {gone}"
                ),
            ),
        )
    )


def _head(upload: Upload) -> PageTable:
    """Return the first rows, as many columns as can be looked at."""
    shown = upload.columns[:_MOST_COLUMNS]
    columns = zip(shown, zip(*upload.head, strict=True), strict=False)
    left = len(upload.columns) - len(shown)
    return PageTable(
        tuple(Column(name, _kind(texts)) for name, texts in columns) or tuple(map(Column, shown)),
        tuple(Row(tuple(map(_cut, row[:_MOST_COLUMNS]))) for row in upload.head),
        rest=f"{left:,} more columns are not shown." if left else "",
        sorts=False,
    )


def _kind(texts: Sequence[str]) -> str:
    """Return `number` for texts that are numbers, or missing, else `line`."""
    try:
        numbers = [float(text) for text in texts if text]
    except ValueError:
        return "line"
    return "number" if numbers else "line"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 1]}…"


def _size(upload: Upload) -> str:
    return f"{upload.n_rows:,} rows, {len(upload.columns):,} columns"


def fits_page(fits: PageTable, options: ServeOptions) -> str:
    """Return the page of the fits of this session, with a form for a saved model."""
    form = render_template("web_model.html", bytes=options.max_upload_bytes)
    none = Text("There are none yet. Upload a table and ask for a fit.")
    return _rendered(
        HtmlPage(
            "Fits",
            f"Models are kept as long as the server runs, or for {options.keep_s / 3600:g} h "
            "without use.",
            (
                Section("", (fits,) if fits.rows else (none, _next_step(START))),
                Section("A saved model", (_widget(form),)),
            ),
            program=asset("upload.js"),
        )
    )


def job_page(job: Job) -> str:
    """Return the page of a job that is not done: progress, or what went wrong."""
    if job.state in ("failed", "cancelled"):
        title = "Cancelled" if job.state == "cancelled" else "It did not work"
        return error_page(job.work.title, title, sentence(job.text).splitlines(), job.work.back)
    form = render_template("web_job.html", job=job)
    return _rendered(
        HtmlPage(job.work.title, "You can leave this page and come back; the work goes on.",
             (Section("", (_widget(form),)),), refresh_s=3, program=asset("progress.js"))
    )  # fmt: skip


def error_page(title: str, what: str, lines: Sequence[str], back: Link = START) -> str:
    """Return a page that says what went wrong and where to go on."""
    blocks = (Failure(what, tuple(lines)), _next_step(back))
    return _rendered(HtmlPage(title, "", (Section("", blocks),)))


def _next_step(link: Link) -> Widget:
    """Return a link that looks like a button."""
    return _widget(render_template("web_next.html", href=link.href, text=link.text))


def _widget(text: str) -> Widget:
    return Widget(Markup(text))  # noqa: S704  # from a template, which escapes


def listed_page(title: str, lead: str, table: PageTable) -> str:
    """Return a page with one table."""
    return _rendered(HtmlPage(title, lead, (Section("", (table,)),)))


@cache
def _links() -> tuple[Link, ...]:
    return tuple(Link(text, href) for text, href in LINKS)


def _rendered(page: HtmlPage) -> str:
    with navigation(_links()):
        return render(page)
