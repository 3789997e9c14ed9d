"""The application: routes behind the guard, and errors as pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from metalearn.pages.parts import sentence
from metalearn.web.api import api_routes
from metalearn.web.guard import Guard, TooLargeError, too_large
from metalearn.web.options import ServeOptions
from metalearn.web.routes import routes
from metalearn.web.server import Server
from metalearn.web.views import error_page, web_policy

__all__ = ["application"]

_TEXTS = {
    404: "There is no such page: the address is wrong, or what lay there was removed.",
    405: "This address is not asked in this way.",
    413: "The upload is too large.",
}


def application(options: ServeOptions) -> Starlette:
    """Return the application; its state is `application.state.server`."""
    server = Server(options)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with server.running():
            yield

    async def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        text = error.detail if error.detail and error.status_code != 413 else ""
        known = _TEXTS.get(error.status_code, "")
        plain = text if text and text.lower() not in _STANDARD else known or text
        title = "Not found" if error.status_code == 404 else "Refused"
        return HTMLResponse(error_page(title, sentence(plain), ()), error.status_code)

    async def large(request: Request, error: Exception) -> Response:
        del error
        return await too_large(options, request.scope, request.receive)

    app = Starlette(
        routes=[*routes(server), *api_routes(server)],
        middleware=[Middleware(Guard, options=options, policy=web_policy())],
        exception_handlers={HTTPException: refused, TooLargeError: large},
        lifespan=lifespan,
    )
    app.state.server = server
    return app


_STANDARD = ("not found", "method not allowed", "bad request")
