"""HTTP transport to one OpenML server: one request at a time, paced, bounded in time and size.

The client library of OpenML has no time limit on an answer and ignores `Retry-After`. Here one
limit covers name look-up, connecting, headers and body together, and no request starts before the
server allows it. A separate thread makes each exchange while the caller waits for its outcome, so
that the time limit and a request to stop hold in every phase of the exchange.
"""

from __future__ import annotations

import hashlib
import logging
import queue
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException
from urllib.parse import quote, urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, ReadTimeoutError
from urllib3.exceptions import TimeoutError as UrllibTimeoutError
from urllib3.response import HTTPResponse
from urllib3.util.connection import is_connection_dropped

from metalearn.errors import UsageError
from metalearn.harvesters.openml.pacing import Pace, StoppedError, retry_after_s

__all__ = ["Answer", "ExchangeLimits", "PackedAnswer", "Transport", "TransportError"]

_LOG = logging.getLogger(__name__)
_READ = 1 << 16


class TransportError(Exception):
    """The server sent no usable answer: no connection, reset, cut short, too slow, too large."""

    def __init__(self, reason: str, *, is_silence: bool = False) -> None:
        self.is_silence = is_silence  # no complete answer within `ExchangeLimits.answer_s`
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class ExchangeLimits:
    """Bounds on one answer: total seconds, bytes as transferred and bytes after decompression.

    A body that delivers fewer than `stall_bytes` in `stall_s` seconds counts as stalled.
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
        path: Path of the request, relative to the base address; never contains an API key.
        status: HTTP status.
        body: Decompressed body.
        time: Time of arrival, ISO 8601 in UTC.
        retry_after_s: Seconds to wait according to `Retry-After`; None without that header.
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
        """Return the answer with a compressed body, for storage."""
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


@dataclass(slots=True, eq=False)
class _Exchange:
    """One request in progress: its connection, its socket (None before connecting), its outcome.

    The thread of the exchange calls `end`, the waiting thread may call `abandon`. Whichever comes
    second closes the connection, so no socket stays open when both happen at the same time.
    """

    connection: HTTPConnection
    socket: socket.socket | None = None
    response: HTTPResponse | None = None
    is_abandoned: bool = False
    has_ended: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)
    outcome: queue.SimpleQueue[Answer | Exception | None] = field(
        default_factory=queue.SimpleQueue
    )

    def set_timeout(self, seconds: float) -> None:
        """Limit each read; no effect once the socket is closed (response read completely)."""
        if self.socket is not None and self.socket.fileno() >= 0:
            self.socket.settimeout(seconds)

    def close(self) -> None:
        """Close the response and the connection."""
        if self.response is not None:
            self.response.close()
        self.connection.close()

    def end(self) -> None:
        """Record that the thread is done; close the connection if no caller waits for it."""
        with self.lock:
            self.has_ended = True
            if self.is_abandoned:
                self.close()

    def abandon(self) -> None:
        """Close the connection, or shut the socket down so that a blocked thread wakes up."""
        with self.lock:
            self.is_abandoned = True
            if self.has_ended:
                self.close()
            elif self.socket is not None:
                try:
                    self.socket.shutdown(socket.SHUT_RDWR)
                except OSError:
                    _LOG.debug("the connection was closed already")


class Transport:
    """Sends requests to one server, one after the other.

    Args:
        server: Base address, for instance `https://www.openml.org/api/v1/xml`.
        pace: Decides when the next request may start.
        user_agent: Name of the project and contact address of the operator.
        key: API key or ""; sent as a query parameter, never stored or logged.
        limits: Bounds on one answer.
        clock: Monotonic seconds; measures the transfer rate of a body.
    """

    def __init__(
        self,
        server: str,
        pace: Pace,
        user_agent: str,
        *,
        key: str = "",
        limits: ExchangeLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
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
        self._limits, self._clock = limits or ExchangeLimits(), clock
        self._base, self._host, self._port = parts.path.rstrip("/"), parts.hostname, parts.port
        self._is_secure = parts.scheme == "https"
        self._key = key
        self._headers = {"User-Agent": user_agent, "Accept-Encoding": "gzip", "Accept": "text/xml"}
        self._connection = self._connect()
        self._running: _Exchange | None = None
        self._is_reading = False

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def stop(self) -> None:
        """End the current wait or transfer at once; safe to call from a signal handler."""
        self.pace.stop()
        running = self._running
        if running is not None:
            running.outcome.put(None)

    def interrupt(self) -> None:
        """Stop, and also interrupt the parsing of a page; meant for a signal handler.

        Raises:
            StoppedError: If a page is being parsed.
        """
        self.stop()
        if self._is_reading:
            raise StoppedError("stopped on request")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Mark the body of the `with` block as parsing, which `interrupt` may break off."""
        self._is_reading = True
        try:
            yield
        finally:
            self._is_reading = False

    def get(self, path: str) -> Answer:
        """Return the answer to one request, with any HTTP status.

        Raises:
            TransportError: If no complete answer came within the limits.
            StoppedError: If `stop` or `interrupt` was called.
        """
        self.pace.turn()
        self.n_requests += 1
        exchange = _Exchange(self._connection)
        self._running = exchange
        if self.pace.is_stopped:  # stopped between turn() and here
            raise StoppedError("stopped on request")
        threading.Thread(target=self._carry_out, args=(exchange, path), daemon=True).start()
        try:
            found = exchange.outcome.get(timeout=self._limits.answer_s)
        except queue.Empty:
            found = self._silence()
        self._running = None
        if isinstance(found, Answer):
            return found
        exchange.abandon()
        self._connection = self._connect()  # the thread may still use the former one for a while
        if found is None or self.pace.is_stopped:
            raise StoppedError("stopped on request")
        raise found

    def _connect(self) -> HTTPConnection:
        timeout = self._limits.answer_s
        if self._is_secure:
            return HTTPSConnection(
                self._host, self._port, timeout=timeout, cert_reqs="CERT_REQUIRED"
            )
        return HTTPConnection(self._host, self._port, timeout=timeout)

    def _carry_out(self, exchange: _Exchange, path: str) -> None:
        """Make one exchange and put its answer or error into the queue; runs in a thread."""
        try:
            exchange.outcome.put(self._ask(exchange, path))
        except TransportError as error:
            exchange.outcome.put(error)
        except (TimeoutError, UrllibTimeoutError):
            exchange.outcome.put(self._silence())
        except (HTTPError, HTTPException, OSError, zlib.error) as error:
            reason = self._without_key(f"{type(error).__name__}: {error}")
            exchange.outcome.put(TransportError(reason))
        except Exception as error:  # raised again by the waiting thread
            exchange.outcome.put(error)
        finally:
            exchange.end()

    def _ask(self, exchange: _Exchange, path: str) -> Answer:
        connection, target = exchange.connection, f"{self._base}/{path}"
        if self._key:
            target += f"?api_key={quote(self._key, safe='')}"
        if connection.sock is not None and is_connection_dropped(connection):
            connection.close()  # the server closed it between two requests, which is no error
        if connection.sock is None:
            connection.connect()
        # With "Connection: close", getresponse() moves the socket to the response: keep it here.
        exchange.socket = connection.sock
        if exchange.is_abandoned:
            raise TransportError("given up while connecting")
        connection.request(
            "GET", target, headers=self._headers, preload_content=False, decode_content=False
        )
        response = exchange.response = connection.getresponse()
        body = self._body(response, exchange)
        if response.headers.get("Connection", "").lower() == "close":
            connection.close()
        wait = retry_after_s(response.headers.get("Retry-After"))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        _LOG.debug("GET %s: %d, %d bytes", path, response.status, len(body))
        return Answer(path, response.status, body, now, wait)

    def _body(self, response: HTTPResponse, exchange: _Exchange) -> bytes:
        packed = response.headers.get("Content-Encoding", "").lower() in ("gzip", "x-gzip")
        unpack = zlib.decompressobj(31) if packed else None
        pieces: list[bytes] = []
        wire = size = before = 0
        since = self._clock()
        while True:
            chunk = self._chunk(response, exchange)
            if not chunk:
                break
            wire += len(chunk)
            if self._clock() - since > self._limits.stall_s:
                if wire - before < self._limits.stall_bytes:
                    raise self._stalled()
                since, before = self._clock(), wire
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

    def _chunk(self, response: HTTPResponse, exchange: _Exchange) -> bytes:
        """Return the next bytes of a body; each read waits at most `stall_s` seconds."""
        exchange.set_timeout(min(self._limits.stall_s, self._limits.answer_s))
        try:
            return response.read1(_READ, decode_content=False)
        except (TimeoutError, ReadTimeoutError):
            raise self._stalled() from None
        finally:
            exchange.set_timeout(self._limits.answer_s)

    def _silence(self) -> TransportError:
        reason = f"no complete answer within {self._limits.answer_s:g} s"
        return TransportError(reason, is_silence=True)

    def _stalled(self) -> TransportError:
        limits = self._limits
        return TransportError(f"slower than {limits.stall_bytes:,} bytes in {limits.stall_s:g} s")

    def _without_key(self, text: str) -> str:
        for key in (quote(self._key, safe=""), self._key):
            text = text.replace(key, "***") if key else text
        return text
