"""One polite connection to an OpenML server: paced, bounded in time and size, never two at once.

The provider's own client waits for ever and ignores `Retry-After`; here every answer has a limit
over connecting, headers and body together, and nothing leaves before the server allows it.
"""

from __future__ import annotations

import hashlib
import logging
import socket
import threading
import time
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse
from urllib3.util.connection import is_connection_dropped

from metalearn.errors import UsageError
from metalearn.harvesters.openml.pacing import Pace, StoppedError, retry_after_s

__all__ = ["Answer", "Limits", "PackedAnswer", "Transport", "TransportError"]

_LOG = logging.getLogger(__name__)
_READ = 1 << 16


class TransportError(Exception):
    """No usable answer came: no connection, reset, cut short, too slow, too large."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one answer: seconds over all of it, bytes on the wire and unpacked.

    A body that brings fewer than `stall_bytes` in `stall_s` seconds counts as stalled.
    """

    answer_s: float = 120.0
    stall_s: float = 20.0
    stall_bytes: int = 2048
    packed_bytes: int = 48 << 20
    body_bytes: int = 128 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """One complete answer.

    Attributes:
        path: What was asked, below the API's base; never holds a key.
        status: HTTP status.
        body: Unpacked body.
        time: When it came, ISO 8601 in UTC.
        retry_after_s: What the server asked us to wait; None if nothing.
    """

    path: str
    status: int
    body: bytes
    time: str
    retry_after_s: float | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the body."""
        return hashlib.sha256(self.body).hexdigest()

    def packed(self) -> PackedAnswer:
        """Return the same with a compressed body, for keeping."""
        return PackedAnswer(
            self.path, self.status, zlib.compress(self.body, 6), self.time, self.digest
        )


@dataclass(frozen=True, slots=True)
class PackedAnswer:
    """An answer whose body is compressed."""

    path: str
    status: int
    packed_body: bytes
    time: str
    digest: str

    def body(self) -> bytes:
        """Return the body."""
        return zlib.decompress(self.packed_body)


class Transport:
    """Asks one server, one request after the other.

    Args:
        server: Base address, for instance `https://www.openml.org/api/v1/xml`.
        pace: When requests may start.
        user_agent: Names the project and how to reach whoever runs it.
        key: API key or ""; sent as the API wants it, kept out of everything that is stored.
        limits: Bounds on one answer.
    """

    def __init__(
        self,
        server: str,
        pace: Pace,
        user_agent: str,
        *,
        key: str = "",
        limits: Limits | None = None,
    ) -> None:
        parts = urlsplit(server)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(
                f"--server must be an http(s) address such as https://www.openml.org/api/v1/xml, "
                f"got {server!r}"
            )
        if parts.username or parts.password or parts.query:
            raise UsageError(
                "--server must not hold credentials or a query; use the openml configuration"
            )
        self.server = server.rstrip("/")
        self.pace, self.n_requests, self.n_bytes = pace, 0, 0
        self._limits = limits or Limits()
        self._aborting = threading.Lock()
        self._base = parts.path.rstrip("/")
        self._key = key
        self._headers = {"User-Agent": user_agent, "Accept-Encoding": "gzip", "Accept": "text/xml"}
        timeout = self._limits.answer_s
        self._connection: HTTPConnection = (
            HTTPSConnection(parts.hostname, parts.port, timeout=timeout, cert_reqs="CERT_REQUIRED")
            if parts.scheme == "https"
            else HTTPConnection(parts.hostname, parts.port, timeout=timeout)
        )

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def stop(self) -> None:
        """End a wait or a running transfer at once; callable from a signal handler."""
        self.pace.stop()
        self._abort()

    def get(self, path: str) -> Answer:
        """Return the answer to one request, whatever its status.

        Raises:
            TransportError: If no complete answer came within the limits.
            StoppedError: If the harvest was asked to stop.
        """
        self.pace.turn()
        self.n_requests += 1
        expired, ended = threading.Event(), threading.Event()

        def expire() -> None:
            with self._aborting:
                if not ended.is_set():  # never the socket of the next request
                    expired.set()
                    self._abort()

        watchdog = threading.Timer(self._limits.answer_s, expire)
        watchdog.daemon = True
        watchdog.start()
        try:
            return self._ask(path)
        except (HTTPError, HTTPException, OSError, zlib.error, TransportError) as error:
            self.close()
            if self.pace.is_stopped:
                raise StoppedError("stopped on request") from None
            if expired.is_set():
                reason = f"no complete answer within {self._limits.answer_s:g} s"
            else:
                reason = self._without_key(f"{type(error).__name__}: {error}")
            raise TransportError(reason) from None
        finally:
            watchdog.cancel()
            with self._aborting:
                ended.set()

    def _ask(self, path: str) -> Answer:
        target = f"{self._base}/{path}"
        if self._key:
            target += f"?api_key={self._key}"
        if self._connection.sock is not None and is_connection_dropped(self._connection):
            self.close()  # the server hung up between two requests: no fault of this one
        self._connection.request(
            "GET", target, headers=self._headers, preload_content=False, decode_content=False
        )
        response = self._connection.getresponse()
        body = self._body(response)
        if response.headers.get("Connection", "").lower() == "close":
            self.close()
        wait = retry_after_s(response.headers.get("Retry-After"))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        _LOG.debug("GET %s: %d, %d bytes", path, response.status, len(body))
        return Answer(path, response.status, body, now, wait)

    def _body(self, response: HTTPResponse) -> bytes:
        packed = response.headers.get("Content-Encoding", "").lower() in ("gzip", "x-gzip")
        unpack = zlib.decompressobj(31) if packed else None
        pieces: list[bytes] = []
        wire = size = before = 0
        since = time.monotonic()
        while True:
            chunk = response.read1(_READ, decode_content=False)
            if not chunk:
                break
            wire += len(chunk)
            if time.monotonic() - since > self._limits.stall_s:
                if wire - before < self._limits.stall_bytes:
                    raise TransportError(f"slower than {self._limits.stall_bytes:,} bytes in "
                                         f"{self._limits.stall_s:g} s")  # fmt: skip
                since, before = time.monotonic(), wire
            while chunk:
                room = self._limits.body_bytes - size + 1
                piece = unpack.decompress(chunk, min(room, 1 << 20)) if unpack else chunk
                chunk = unpack.unconsumed_tail if unpack else b""
                size += len(piece)
                if wire > self._limits.packed_bytes or size > self._limits.body_bytes:
                    raise TransportError("answer too large")
                pieces.append(piece)
        if unpack is not None and not unpack.eof:
            raise TransportError("gzip body cut short")
        self.n_bytes += wire
        return b"".join(pieces)

    def _abort(self) -> None:
        open_socket = self._connection.sock
        if open_socket is not None:
            try:
                open_socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                _LOG.debug("the connection was closed already")

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "***") if self._key else text
