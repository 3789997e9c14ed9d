"""The process that listens: uvicorn, which ends all work before it waits for open connections."""

from __future__ import annotations

import socket

import uvicorn

from metalearn.web.application import application
from metalearn.web.options import ServeOptions

__all__ = ["listen"]

_GRACE_S = 3  # for answers that are on their way
_MOST_CONNECTIONS = 500


def listen(options: ServeOptions, listener: socket.socket) -> None:
    """Answer on a bound socket until the process is interrupted."""
    app = application(options)

    class Ending(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            await app.state.server.end()  # or streams of progress would stay open
            await super().shutdown(sockets)

    settings = uvicorn.Config(
        app, log_level="warning", server_header=False, timeout_graceful_shutdown=_GRACE_S,
        limit_concurrency=_MOST_CONNECTIONS,
    )  # fmt: skip
    with listener:
        Ending(settings).run(sockets=[listener])
