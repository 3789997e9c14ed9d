"""`metalearn serve`: the memory in a browser, on this machine."""

from __future__ import annotations

import argparse
import secrets
import socket
import sys
import webbrowser
from typing import TYPE_CHECKING

from metalearn.cli.options import add_store
from metalearn.errors import MissingPackageError, UsageError

if TYPE_CHECKING:
    from metalearn.web.options import ServeOptions

__all__ = ["add_arguments", "run"]

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_ANY = ("0.0.0.0", "::")  # noqa: S104  # compared with, never bound


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add_store(parser)
    add("--port", type=int, default=8765, help="0 takes a free one (default: %(default)s)")
    add("--host", default="127.0.0.1",
        help="address to listen on; any but that of this machine itself needs the token that is "
        "printed (default: %(default)s)")  # fmt: skip
    add("--max-upload", type=float, default=20.0, metavar="MB", help="default: %(default)g")
    add("--max-rows", type=int, default=200_000, metavar="N", help="default: %(default)s")
    add("--time-limit", type=float, default=120.0, metavar="S",
        help="seconds of a request, but for a fit (default: %(default)g)")  # fmt: skip
    add("--max-budget", type=float, default=600.0, metavar="S",
        help="seconds that a fit may be given (default: %(default)g)")  # fmt: skip
    add("--open", action="store_true", help="open the page in the default browser")
    add("--workers", type=int, default=2, metavar="N",
        help="requests side by side, and as many fits (default: %(default)s)")  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Run the command until it is interrupted."""
    try:
        from metalearn.web.listening import listen
    except ImportError as error:
        raise MissingPackageError(error.name or "starlette", "web", "metalearn serve") from error
    from metalearn.store import open_store

    with open_store(arguments.kb) as store:  # errors before anything listens
        place = store.path
    listener = _listener(arguments.host, arguments.port)
    port = listener.getsockname()[1]
    options = serve_options(arguments, port)
    query = f"/?token={options.token}" if options.token else "/"
    host = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
    address = f"http://{host}:{port}{query}"
    print(f"{place} at {address}\nCtrl-C ends it.", flush=True)
    # The browser may ask before the server runs: the listener lets it wait.
    if arguments.open and not webbrowser.open(address):
        print("There is no browser to open it in: go to the address yourself.", flush=True)
    listen(options, listener)
    return 0


def serve_options(arguments: argparse.Namespace, port: int) -> ServeOptions:
    """Return what the arguments ask for.

    Raises:
        UsageError: If a limit is not positive.
    """
    from metalearn.web.options import ServeOptions

    for name in ("max_upload", "max_rows", "time_limit", "max_budget", "workers"):
        if not getattr(arguments, name) > 0:
            raise UsageError(f"--{name.replace('_', '-')}: expected a positive number")
    is_own = arguments.host in _LOOPBACK
    names = _LOOPBACK if is_own else (arguments.host,)
    hosts = () if arguments.host in _ANY else tuple(
        name for host in names for name in _spellings(host, port)
    )  # fmt: skip
    return ServeOptions(
        worker=(sys.executable, "-m", "metalearn.cli.web_worker"),
        kb=arguments.kb,
        hosts=hosts,
        token="" if is_own else secrets.token_urlsafe(16),
        max_upload_bytes=int(arguments.max_upload * 1e6),
        max_rows=arguments.max_rows,
        time_limit_s=arguments.time_limit,
        max_budget_s=arguments.max_budget,
        n_workers=arguments.workers,
        n_long=arguments.workers,
    )


def _spellings(host: str, port: int) -> list[str]:
    name = f"[{host}]" if ":" in host else host
    return [f"{name}:{port}", *([name] if port == 80 else [])]


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise UsageError(
            f"cannot listen on {host}:{port}: {error}; name another --port (0 takes a free one) "
            "or --host"
        ) from error
    listener.listen(128)
    return listener
