"""Pages of the server: upload, questions about a table, jobs, errors."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from markupsafe import Markup

from metalearn.learners import CATALOGUE
from metalearn.pages.parts import (
    Cell,
    Column,
    Facts,
    Failure,
    Page,
    Row,
    Section,
    Table,
    Widget,
)
from metalearn.pages.rendering import Link, asset, navigation, policy, render, render_template
from metalearn.web.commands import QUESTIONS
from metalearn.web.jobs import Job
from metalearn.web.options import ServeOptions
from metalearn.web.uploads import Upload

__all__ = ["LINKS", "error_page", "fits_page", "home_page", "job_page", "table_page", "web_policy"]

LINKS = (("Upload", "/"), ("Fits", "/fits"), ("The memory", "/memory/"), ("API", "/api/"))


def web_policy() -> str:
    """Return the content policy of every answer: our style and our scripts."""
    return policy((asset("progress.js"), asset("brush.js")))


def home_page(options: ServeOptions) -> str:
    """Return the first page: a form to upload a table."""
    form = render_template("web_upload.html", megabytes=options.max_upload_bytes / 1e6,
                           rows=options.max_rows, hours=options.keep_s / 3600)  # fmt: skip
    memory = render_template("web_memory.html", algorithms=CATALOGUE.names())
    return _rendered(
        Page(
            "What should I try on my data?",
            "The memory of machine learning: configurations that worked on tables like yours, "
            "with what they will score and why.",
            (
                Section("A table", (Widget(Markup(form)),)),  # noqa: S704  # from a template
                Section("", (Widget(Markup(memory)),)),  # noqa: S704
            ),
        )
    )


def table_page(upload: Upload, options: ServeOptions) -> str:
    """Return the page of an uploaded table: what to predict, and what to ask."""
    form = render_template(
        "web_table.html", upload=upload, questions=QUESTIONS, budget=min(60, options.max_budget_s)
    )
    head = Table(
        tuple(Column(name) for name in upload.columns),
        tuple(Row(row) for row in upload.head),
        caption="First rows",
    )
    facts = Facts((("rows", f"{upload.n_rows:,}"), ("columns", f"{len(upload.columns):,}")))
    return _rendered(
        Page(
            upload.name,
            "Uploaded to this server only; it is removed with the server, after an hour without "
            "use, or now:",
            (
                Section("", (facts, Widget(Markup(form)))),  # noqa: S704  # from a template
                Section("", (head,)),
            ),
        )
    )


def fits_page(fits: Table, options: ServeOptions) -> str:
    """Return the page of the fits of this session, with a form for a saved model."""
    form = render_template("web_model.html", megabytes=options.max_upload_bytes / 1e6)
    return _rendered(
        Page(
            "Fits",
            "Models are kept as long as the server runs, or for an hour without use.",
            (
                Section("", (fits,)),
                Section("A saved model", (Widget(Markup(form)),)),  # noqa: S704  # from a template
            ),
        )
    )


def job_page(job: Job, retry: str = "/") -> str:
    """Return the page of a job that is not done: progress, or what went wrong."""
    if job.state in ("failed", "cancelled"):
        title = "Cancelled" if job.state == "cancelled" else "It did not work"
        return error_page(job.work.title, title, job.text.splitlines(), retry)
    form = render_template("web_job.html", job=job)
    section = Section("", (Widget(Markup(form)),))  # noqa: S704  # from a template
    return _rendered(
        Page(job.work.title, "This page can be left and come back to.", (section,),
             refresh_s=3, program=asset("progress.js"))
    )  # fmt: skip


def error_page(title: str, what: str, lines: Sequence[str], retry: str = "/") -> str:
    """Return a page that says what went wrong and where to go on."""
    back = Cell("Go back", href=retry)
    failure = Failure(what, tuple(lines))
    return _rendered(Page(title, "", (Section("", (failure, Facts((("next", back),)))),)))


def listed_page(title: str, lead: str, table: Table) -> str:
    """Return a page with one table."""
    return _rendered(Page(title, lead, (Section("", (table,)),)))


@cache
def _links() -> tuple[Link, ...]:
    return tuple(Link(text, href) for text, href in LINKS)


def _rendered(page: Page) -> str:
    with navigation(_links()):
        return render(page)
