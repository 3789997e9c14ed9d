"""Routes for browsers: upload a table, start jobs on it, watch and cancel them, see the store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from metalearn.errors import InputError, MetalearnError, UsageError
from metalearn.pages.parts import sentence
from metalearn.pages.rendering import Link
from metalearn.web.commands import QUESTIONS, FormValues, argv_of, importance_argv
from metalearn.web.fits import fit_routes, model_of
from metalearn.web.found import job_of, upload_of
from metalearn.web.jobs import DONE, START, Job, JobPlan
from metalearn.web.server import Server
from metalearn.web.uploads import Upload
from metalearn.web.views import LINKS, error_page, home_page, job_page, table_page

__all__ = ["received_table", "routes"]

_REPORT_LIMIT_S = 900.0
_FINISH_S = 120.0  # beyond its budget, a fit starts, writes its page and ends
_MOST_FIELDS = 1000  # of a form
_READ_S = 60.0  # to read a table, with the start of a worker if none is warm


def routes(server: Server) -> list[Route]:
    """Return the routes of pages."""
    pages = _Pages(server)
    return [
        Route("/", pages.home),
        Route("/tables", pages.upload, methods=["POST"]),
        Route("/tables/{key}", pages.table),
        Route("/tables/{key}/delete", pages.delete, methods=["POST"]),
        Route("/tables/{key}/jobs", pages.ask, methods=["POST"]),
        Route("/jobs/{key}", pages.job),
        Route("/jobs/{key}/events", pages.events),
        Route("/jobs/{key}/cancel", pages.cancel, methods=["POST"]),
        *fit_routes(server),
        Route("/importance", pages.importance, methods=["POST"]),
        Route("/memory/", pages.memory),
        Route("/memory/{place:path}", pages.memory),
    ]


async def received_table(server: Server, request: Request) -> tuple[Upload, FormValues]:
    """Return the table of a form, kept and looked at, and the other fields.

    Raises:
        InputError: If there is none, or it cannot be read.
    """
    async with request.form(max_files=1, max_fields=_MOST_FIELDS) as form:
        file = form.get("table")
        if not isinstance(file, UploadFile):
            raise InputError("table: expected a file in a form (multipart/form-data)")
        content = await file.read()
        values = FormValues.of(form.multi_items())
        if len(content) > server.options.max_upload_bytes:
            raise HTTPException(413)
        upload = server.uploads.add(file.filename or "", content)
    try:
        await _look(server, upload)
    except BaseException:
        server.uploads.drop(upload)
        raise
    return upload, values


async def _look(server: Server, upload: Upload) -> None:
    """Let a worker read the table: a hostile one can harm only the worker."""
    options = server.options
    asked = {"look": str(upload.path), "most_rows": options.max_rows,
             "most_bytes": 10 * options.max_upload_bytes}  # fmt: skip
    answer = await server.quick.ask(asked, _READ_S)
    if answer.code:
        raise InputError(answer.err.replace(str(upload.path), upload.path.name))
    found = json.loads(answer.out)
    upload.columns, upload.n_rows = tuple(found["columns"]), found["n_rows"]
    upload.head = tuple(tuple(row) for row in found["head"])


class _Pages:
    """Handlers of requests."""

    def __init__(self, server: Server) -> None:
        self.server = server

    async def home(self, _: Request) -> Response:
        options = self.server.options
        # A token may be shared by a group, in which tables are not everybody's.
        uploads = () if options.token else self.server.uploads.listed()
        return HTMLResponse(home_page(options, uploads))

    async def upload(self, request: Request) -> Response:
        try:
            upload, _ = await received_table(self.server, request)
        except MetalearnError as error:
            return _failed("The table was not taken", error)
        return RedirectResponse(f"/tables/{upload.key}", 303)

    async def table(self, request: Request) -> Response:
        return HTMLResponse(table_page(upload_of(self.server, request), self.server.options))

    async def delete(self, request: Request) -> Response:
        self.server.uploads.drop(upload_of(self.server, request))
        return RedirectResponse("/", 303)

    async def ask(self, request: Request) -> Response:
        upload, server = upload_of(self.server, request), self.server
        most = _MOST_FIELDS + len(upload.columns)
        async with request.form(max_files=0, max_fields=most) as form:
            values = FormValues.of(form.multi_items())
        question = QUESTIONS.get(values.texts.get("question", ""))
        if question is None:
            raise HTTPException(400, "question: expected one of " + ", ".join(QUESTIONS))
        limit = server.options.time_limit_s
        if question.is_long:
            limit = server.options.max_budget_s + _FINISH_S

        upload.asked = values
        place = f"/tables/{upload.key}"

        def build(page: Path) -> JobPlan:
            argv = argv_of(
                question, upload.path, values, columns=upload.columns, kb=server.options.kb,
                page=page, model=model_of(page), max_budget_s=server.options.max_budget_s,
            )  # fmt: skip
            links: tuple[tuple[str, str], ...] = (*LINKS, ("The table", place))
            if question.has_model:
                links = (*links, ("The model", f"/jobs/{page.stem}/model"))
            return JobPlan(f"{question.name}: {upload.name}", argv, limit, question.is_long, page,
                        model_of(page) if question.has_model else None, links=links,
                        back=Link("Back to the table", place))  # fmt: skip

        try:
            job = server.jobs.start(build)
        except UsageError as error:
            return _failed("This cannot be asked", error, Link("Back to the table", place))
        return RedirectResponse(f"/jobs/{job.key}", 303)

    async def job(self, request: Request) -> Response:
        job = job_of(self.server, request)
        if job.state != "done":
            status = 500 if job.state == "failed" and job.answer is None else 200
            return HTMLResponse(job_page(job), status)
        return RedirectResponse(job.work.then, 303) if job.work.then else HTMLResponse(job.html)

    async def events(self, request: Request) -> Response:
        job = job_of(self.server, request)

        async def lines() -> AsyncIterator[str]:
            async for status in job.changes():
                if self.server.is_ending:  # without a last status: the page stays as it is
                    return
                yield f"data: {json.dumps(status)}\n\n"

        return StreamingResponse(lines(), media_type="text/event-stream")

    async def cancel(self, request: Request) -> Response:
        job = job_of(self.server, request)
        await self.server.jobs.cancel(job)
        return RedirectResponse(f"/jobs/{job.key}", 303)

    async def importance(self, request: Request) -> Response:
        async with request.form(max_files=0, max_fields=1) as form:
            algorithm = form.get("algorithm")
        kb, limit = self.server.options.kb, self.server.options.max_budget_s + _FINISH_S

        def build(page: Path) -> JobPlan:
            argv = importance_argv(algorithm, kb, page)
            return JobPlan(f"importance: {algorithm}", argv, limit, is_long=True, page=page,
                        links=LINKS)  # fmt: skip

        try:
            job = self.server.jobs.start(build)
        except UsageError as error:
            return _failed("This cannot be asked", error)
        return RedirectResponse(f"/jobs/{job.key}", 303)

    async def memory(self, request: Request) -> Response:
        place = request.path_params.get("place", "") or "index.html"
        job = self.server.jobs.get(self.server.memory_job)
        if job is None or job.state in ("failed", "cancelled"):
            job = self._write_memory()
        if job.state not in DONE:
            return RedirectResponse(f"/jobs/{job.key}", 303)
        site = self.server.site.resolve()
        if "\0" in place:
            raise HTTPException(404)
        path = (site / place).resolve()
        if not path.is_relative_to(site) or not await asyncio.to_thread(path.is_file):
            raise HTTPException(404)
        return FileResponse(path)

    def _write_memory(self) -> Job:
        kb = self.server.options.kb
        argv = ("report", f"--out={self.server.site}", "--json",
                *(() if kb is None else (f"--kb={kb}",)))  # fmt: skip
        work = JobPlan("Pages of the memory", argv, _REPORT_LIMIT_S, is_long=True, then="/memory/",
                    links=LINKS)  # fmt: skip
        job = self.server.jobs.start(lambda page: work)  # noqa: ARG005  # it writes many
        self.server.memory_job = job.key
        return job


def _failed(title: str, error: Exception, back: Link = START) -> HTMLResponse:
    lines = sentence(str(error)).splitlines()
    return HTMLResponse(error_page(title, "It did not work", lines, back), 422)
