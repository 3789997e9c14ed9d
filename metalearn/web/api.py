"""`/api/*`: the documents of `--json`, and their description in OpenAPI."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from metalearn import __version__
from metalearn.errors import MetalearnError
from metalearn.pages.parts import Cell, Column, PageTable, Row
from metalearn.web.commands import QUESTIONS, Field, Question, argv_of
from metalearn.web.routes import received_table
from metalearn.web.server import Server
from metalearn.web.views import listed_page
from metalearn.web.workers import CommandAnswer, TooBusyError, WorkerTimeoutError

__all__ = ["api_routes", "openapi"]

_FINISH_S = 120.0
_STORE = {
    # address: (command, what it answers, whether it takes an algorithm)
    "info": (("kb", "info"), "what the store holds", False),
    "importance": (("importance", "--method=ped-anova"),
                   "importance of an algorithm's hyperparameters (PED-ANOVA)", True),
    "priors": (("priors",), "densities of good values of an algorithm's hyperparameters", True),
}  # fmt: skip


def api_routes(server: Server) -> list[Route]:
    """Return the routes."""
    api = _Api(server)
    questions = [
        Route(f"/api/{name}", api.question(question), methods=["POST"])
        for name, question in QUESTIONS.items()
    ]
    store = [
        Route(f"/api/{name}" + ("/{algorithm}" if takes else ""), api.store(words))
        for name, (words, _, takes) in _STORE.items()
    ]
    return [
        Route("/api/", api.index),
        Route("/api/openapi.json", api.description),
        Route("/api/jobs/{key}", api.job),
        *questions,
        *store,
    ]


class _Api:
    """Handlers of requests."""

    def __init__(self, server: Server) -> None:
        self.server = server

    async def index(self, _: Request) -> Response:
        paths = openapi(self.server)["paths"]
        rows = tuple(
            Row((Cell(f"{method.upper()} {path}", is_code=True), about["summary"]))
            for path, methods in paths.items()
            for method, about in methods.items()
        )
        description = Row((
            Cell("GET /api/openapi.json", href="/api/openapi.json"),
            "a description of all these requests (OpenAPI)",
        ))  # fmt: skip
        table = PageTable(
            (Column("request", "line"), Column("answers with", "long")), (*rows, description),
            caption="Requests", rest="A table is sent as a file in a form "
            "(multipart/form-data), in the field table; other values are fields beside it.",
        )  # fmt: skip
        lead = "For programs: answers are the documents that the commands print with --json."
        return HTMLResponse(listed_page("API", lead, table))

    async def description(self, _: Request) -> Response:
        return JSONResponse(openapi(self.server))

    async def job(self, request: Request) -> Response:
        job = self.server.jobs.get(request.path_params["key"])
        if job is None:
            return _error(404, "there is no such work (any more)")
        return JSONResponse(job.status())

    def question(self, question: Question) -> Any:  # Any: a handler of Starlette
        """Return the handler of a question about a table."""
        server = self.server

        async def handler(request: Request) -> Response:
            upload = None
            try:
                upload, values = await received_table(server, request)
                argv = argv_of(
                    question, upload.path, values, columns=upload.columns, kb=server.options.kb,
                    max_budget_s=server.options.max_budget_s,
                )  # fmt: skip
                pool, limit = server.quick, server.options.time_limit_s
                if question.is_long:
                    pool, limit = server.long, server.options.max_budget_s + _FINISH_S
                return _answered(await pool.ask({"argv": argv}, limit))
            except MetalearnError as error:
                return _error(_status(error), str(error))
            finally:
                if upload is not None:
                    server.uploads.drop(upload)

        return handler

    def store(self, words: tuple[str, ...]) -> Any:  # Any: a handler of Starlette
        """Return the handler of a question about the store; answers are kept."""
        server = self.server

        async def handler(request: Request) -> Response:
            algorithm = request.path_params.get("algorithm", "")
            if algorithm.startswith("-"):
                return _error(404, "no algorithm has such a name")
            kb = server.options.kb
            argv = (*words, "--json", *(() if kb is None else (f"--kb={kb}",)))
            argv = (*argv, algorithm) if algorithm else argv
            if argv not in server.documents:
                try:
                    answer = await server.quick.ask({"argv": argv}, server.options.time_limit_s)
                except MetalearnError as error:
                    return _error(_status(error), str(error))
                if answer.code:
                    return _answered(answer)
                server.documents[argv] = answer.out.encode()
            return Response(server.documents[argv], media_type="application/json")

        return handler


def openapi(server: Server) -> dict[str, Any]:
    """Return the description of the API."""
    paths: dict[str, Any] = {}
    for name, question in QUESTIONS.items():
        paths[f"/api/{name}"] = {"post": _described(question, server)}
    for name, (_, about, takes) in _STORE.items():
        path = f"/api/{name}" + ("/{algorithm}" if takes else "")
        operation: dict[str, Any] = {
            "summary": about,
            "operationId": name,
            "responses": _RESPONSES,
        }
        if takes:
            operation["parameters"] = [
                {"name": "algorithm", "in": "path", "required": True, "schema": {"type": "string"}}
            ]
        paths[path] = {"get": operation}
    title = {
        "title": "metalearn",
        "version": __version__,
        "description": "Answers are the documents that commands print with --json.",
    }
    return {"openapi": "3.1.0", "info": title, "paths": paths}


_ERROR = {
    "description": "what was expected, what came, and what to do next",
    "content": {"application/json": {"schema": {
        "type": "object", "required": ["error"],
        "properties": {"error": {"type": "string"}}}}},
}  # fmt: skip
_RESPONSES = {
    "200": {"description": "the document of --json",
            "content": {"application/json": {"schema": {"type": "object"}}}},
    "422": _ERROR,
    "500": _ERROR,
    "503": _ERROR,
}  # fmt: skip


def _described(question: Question, server: Server) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "table": {"type": "string", "format": "binary", "description": "CSV, Parquet or ARFF"},
        "target": {"type": "string", "description": "column to predict"},
        "ignore": {"type": "array", "items": {"type": "string"},
                   "description": "columns to leave out, each a field of its own"},
    }  # fmt: skip
    for field in question.fields:
        properties[field.name] = _schema(field, server)
    schema = {"type": "object", "required": ["table", "target"], "properties": properties}
    return {
        "summary": question.about,
        "operationId": question.name,
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}},
        "responses": {**_RESPONSES, "413": {"description": "the table is too large"}},
    }


def _schema(field: Field, server: Server) -> dict[str, Any]:
    if field.kind == "choice":
        return {"type": "string", "enum": list(field.choices), "description": field.about}
    if field.kind == "text":
        return {"type": "string", "description": field.about}
    high = field.high
    if field.name == "time_budget":
        high = min(high, server.options.max_budget_s)
    return {"type": field.kind, "minimum": field.low, "maximum": high, "description": field.about}


def _answered(answer: CommandAnswer) -> Response:
    """Return what a command printed, byte for byte; a failed one as an error."""
    if answer.code in (0, 3):
        return Response(answer.out, media_type="application/json")
    return _error(422, answer.err.strip())


def _status(error: Exception) -> int:
    if isinstance(error, TooBusyError):
        return 503
    return 422 if isinstance(error, (ValueError, LookupError, WorkerTimeoutError)) else 500


def _error(status: int, text: str) -> Response:
    return Response(json.dumps({"error": text}), status, media_type="application/json")
