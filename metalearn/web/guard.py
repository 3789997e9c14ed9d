"""Checks of a request before it is answered: host, origin, token, and size of the body.

The server is meant for one person on this machine. A page elsewhere could send requests to it: by
a name that resolves to this machine (DNS rebinding), which the check of `Host` refuses, or as a
form from another site, which the check of `Origin` refuses.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from metalearn.web.options import ServeOptions
from metalearn.web.views import error_page

__all__ = ["Guard", "TooLargeError", "too_large"]

_COOKIE = "metalearn_token"
_SAFE = ("GET", "HEAD")
_DRAIN_S = 10.0


class TooLargeError(Exception):
    """More of a body came than is taken."""


class Guard:
    """ASGI middleware around the whole application.

    Args:
        application: What is guarded.
        options: Hosts, token and limits.
        policy: Content policy of every answer.
    """

    def __init__(self, application: ASGIApp, options: ServeOptions, policy: str) -> None:
        self.application, self.options = application, options
        self._headers = {
            "content-security-policy": policy,
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            # With `no-referrer`, browsers send `Origin: null` with our own forms too.
            "referrer-policy": "same-origin",
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, self._with_headers(send))
            return
        await self._limited(scope, receive, self._with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self.options.hosts and host not in self.options.hosts:
            return _refused(
                scope, 421, f"This server answers to {', '.join(self.options.hosts)} only."
            )
        if scope["method"] not in _SAFE and not _is_own(headers, host):
            return _refused(scope, 403, "This server takes no requests from other sites.")
        return self._token_refusal(scope, headers) if self.options.token else None

    def _token_refusal(self, scope: Scope, headers: Headers) -> Response | None:
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        shown = dict(query).get("token", "")
        if shown and self._is_token(shown):
            rest = urlencode([pair for pair in query if pair[0] != "token"])
            path = "/" + scope["path"].lstrip("/")  # "//host" would lead elsewhere
            answer = RedirectResponse(f"{path}{'?' if rest else ''}{rest}", 303)
            answer.set_cookie(_COOKIE, shown, httponly=True, samesite="strict", path="/")
            return answer
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        if self._is_token(bearer) or self._is_token(_cookie(headers)):
            return None
        return _refused(
            scope, 401, "This server wants the token of the address that it printed at its start."
        )

    def _is_token(self, text: str) -> bool:
        return secrets.compare_digest(text.encode(), self.options.token.encode())

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application; a body that is too large is refused as soon as that is known."""
        most, taken, has_answered = self.options.max_upload_bytes + 100_000, 0, False
        is_refused_whole = False

        async def counted() -> Message:
            nonlocal taken, is_refused_whole
            if is_refused_whole:  # nothing comes any more before the answer
                return {"type": "http.disconnect"}
            message = await receive()
            was_taken, taken = taken, taken + len(message.get("body", b""))
            if was_taken <= most < taken:  # once: what follows is dropped
                is_refused_whole = not message.get("more_body")
                raise TooLargeError
            return message

        async def noted(message: Message) -> None:
            nonlocal has_answered
            has_answered = True
            await send(message)

        try:
            if int(Headers(scope=scope).get("content-length") or 0) > most:
                taken = most + 1  # all of it is dropped
                raise TooLargeError
            await self.application(scope, counted, noted)
        except TooLargeError:
            if not has_answered:
                answer = await too_large(self.options, scope, counted)
                await answer(scope, receive, send)

    def _with_headers(self, send: Send) -> Send:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        return sent


async def too_large(options: ServeOptions, scope: Scope, receive: Receive) -> Response:
    """Return the answer to an upload that is too large, when the rest of it was dropped."""
    await _drained(receive)
    megabytes = options.max_upload_bytes / 1e6
    return _refused(
        scope, 413, f"The upload is larger than {megabytes:g} MB.", "Upload a sample of its rows, "
        "use the command line, or start the server with a larger --max-upload.",
    )  # fmt: skip


def _refused(scope: Scope, status: int, *lines: str) -> Response:
    """Return a page for browsers, and a line of text for programs."""
    if "text/html" in Headers(scope=scope).get("accept", ""):
        return HTMLResponse(error_page("Refused", lines[0], lines[1:]), status)
    return PlainTextResponse(f"{' '.join(lines)}\n", status)


async def _drained(receive: Receive) -> None:
    """Drop the rest of a body for a while: browsers show no answer before they have sent it."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_S):
            while (message := await receive())["type"] == "http.request":
                if not message.get("more_body"):
                    return


def _is_own(headers: Headers, host: str) -> bool:
    """Return whether a request that changes something comes from our pages, or no browser."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None:
        return origin in (f"http://{host}", f"https://{host}")
    return site in (None, "same-origin", "none")


def _cookie(headers: Headers) -> str:
    for text in _each(headers.getlist("cookie")):
        return text
    return ""


def _each(cookies: Iterable[str]) -> Iterable[str]:
    for text in cookies:
        try:
            found = SimpleCookie(text).get(_COOKIE)
        except CookieError:
            continue
        if found is not None:
            yield found.value
