"""Fits of this session: their list, their models as files, and the leaderboard of a model file."""

from __future__ import annotations

import json
import re
from pathlib import Path

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from metalearn.pages.parts import Cell, Column, PageTable, Row, number
from metalearn.pages.rendering import Link
from metalearn.web.found import job_of
from metalearn.web.jobs import Job, JobPlan
from metalearn.web.server import Server
from metalearn.web.views import LINKS, fits_page

__all__ = ["fit_routes", "model_of"]

_LONGEST = 80  # characters of a name


def fit_routes(server: Server) -> list[Route]:
    """Return the routes of fits and their models."""

    async def fits(_: Request) -> Response:
        return HTMLResponse(fits_page(_listed(server.jobs.fits()), server.options))

    async def model(request: Request) -> Response:
        job = job_of(server, request)
        path = job.work.model
        if job.state != "done" or path is None or not path.exists():
            raise HTTPException(404, "there is no model: the work has none, or has not ended")
        return FileResponse(
            path, media_type="application/octet-stream", filename=_file_name(job.work.title)
        )

    async def leaderboard(request: Request) -> Response:
        async with request.form(max_files=1, max_fields=1) as form:
            file = form.get("model")
            if not isinstance(file, UploadFile):
                raise HTTPException(400, "model: expected a file in a form (multipart/form-data)")
            content, name = await file.read(), file.filename or "model"

        def build(page: Path) -> JobPlan:
            given = page.with_suffix(".given")
            given.write_bytes(content)
            argv = ("leaderboard", "--json", f"--html={page}", str(given))
            return JobPlan(f"leaderboard: {name[:_LONGEST]}", argv, server.options.time_limit_s,
                        page=page, given=given, links=LINKS,
                        back=Link("Fits", "/fits"))  # fmt: skip

        return RedirectResponse(f"/jobs/{server.jobs.start(build).key}", 303)

    return [
        Route("/fits", fits),
        Route("/jobs/{key}/model", model),
        Route("/models", leaderboard, methods=["POST"]),
    ]


def model_of(page: Path) -> Path:
    """Return the file of the model that a fit with this page writes."""
    return page.with_suffix(".metalearn")


def _listed(jobs: tuple[Job, ...]) -> PageTable:
    rows = []
    for job in jobs:
        found = json.loads(job.answer.out) if job.state == "done" and job.answer else {}
        place = f"/jobs/{job.key}"
        rows.append(
            Row((
                Cell(job.work.title, href=place), found.get("task", {}).get("target") or "",
                Cell("download", href=f"{place}/model") if found else "",
                job.state, found.get("metric", ""), number(found.get("score"), ".4f"),
                number(len(found["members"]) if found else None, "d"),
                number(found.get("seconds"), ".0f"),
            ))
        )  # fmt: skip
    return PageTable(
        (Column("fit"), Column("target"), Column("model"), Column("state"), Column("metric"),
         Column("score", "number"), Column("members", "number"), Column("seconds", "number")),
        tuple(rows),
        caption="Fits of this session, the latest first",
    )  # fmt: skip


def _file_name(title: str) -> str:
    """Return a name for the file of a model.

    >>> _file_name("fit: my <table>.csv")
    'my _table_.metalearn'
    """
    stem = title.removeprefix("fit: ").rpartition(".")[0] or "model"
    return (
        f"{re.sub(r'[^A-Za-z0-9_ .()+-]', '_', stem)[:_LONGEST].strip(' .') or 'model'}.metalearn"
    )
