"""One polite connection to an OpenML server: paced, bounded in time and size, never two at once.

The provider's own client waits for ever and ignores `Retry-After`; here every answer has a limit
over name look-up, connecting, headers and body together, and nothing leaves before the server
allows it. A thread does the exchange and another waits for it, so that the limit and a request to
stop hold whatever the exchange hangs in.
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
    """No usable answer came: no connection, reset, cut short, too slow, too large."""

    def __init__(self, reason: str, *, is_silence: bool = False) -> None:
        self.is_silence = is_silence  # the whole time of an answer passed
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class ExchangeLimits:
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


@dataclass(slots=True, eq=False)
class _Exchange:
    """One request under way: its connection, its socket once there is one, its outcome."""

    connection: HTTPConnection
    socket: socket.socket | None = None
    response: HTTPResponse | None = None
    is_abandoned: bool = False
    outcome: queue.SimpleQueue[Answer | Exception | None] = field(
        default_factory=queue.SimpleQueue
    )

    def set_timeout(self, seconds: float) -> None:
        """Bound every single read; a response that was read to its end has closed the socket."""
        if self.socket is not None and self.socket.fileno() >= 0:
            self.socket.settimeout(seconds)

    def close(self) -> None:
        """Close everything that it has open."""
        if self.response is not None:
            self.response.close()
        self.connection.close()

    def abandon(self) -> None:
        """Let nobody wait for it any more, and wake its thread."""
        self.is_abandoned = True
        open_socket = self.socket
        if open_socket is not None:
            try:
                open_socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                _LOG.debug("the connection was closed already")


class Transport:
    """Asks one server, one request after the other.

    Args:
        server: Base address, for instance `https://www.openml.org/api/v1/xml`.
        pace: When requests may start.
        user_agent: Names the project and how to reach whoever runs it.
        key: API key or ""; sent as the API wants it, kept out of everything that is stored.
        limits: Bounds on one answer.
        clock: Monotonic seconds, for bodies that trickle.
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
        """End a wait or a running transfer at once; callable from a signal handler."""
        self.pace.stop()
        running = self._running
        if running is not None:
            running.outcome.put(None)

    def interrupt(self) -> None:
        """Do what `stop` does, in the middle of the reading of a page too; for a signal handler.

        Raises:
            StoppedError: If a page is being read.
        """
        self.stop()
        if self._is_reading:
            raise StoppedError("stopped on request")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Let `interrupt` end what is done meanwhile: the reading of a page, which may be long."""
        self._is_reading = True
        try:
            yield
        finally:
            self._is_reading = False

    def get(self, path: str) -> Answer:
        """Return the answer to one request, whatever its status.

        Raises:
            TransportError: If no complete answer came within the limits.
            StoppedError: If the harvest was asked to stop.
        """
        self.pace.turn()
        self.n_requests += 1
        exchange = _Exchange(self._connection)
        self._running = exchange
        if self.pace.is_stopped:  # since the turn
            raise StoppedError("stopped on request")
        threading.Thread(target=self._carry_out, args=(exchange, path), daemon=True).start()
        try:
            found = exchange.outcome.get(timeout=self._limits.answer_s)
            has_ended = found is not None
        except queue.Empty:
            found, has_ended = self._silence(), False
        self._running = None
        if isinstance(found, Answer):
            return found
        exchange.abandon()  # its thread may go on for a while: never with our next request
        if has_ended:  # else its thread closes what it has open
            exchange.close()
        self._connection = self._connect()
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
        """Make one exchange, and leave its answer or its error; runs in a thread of its own."""
        try:
            exchange.outcome.put(self._ask(exchange, path))
        except TransportError as error:
            exchange.outcome.put(error)
        except (TimeoutError, UrllibTimeoutError):
            exchange.outcome.put(self._silence())
        except (HTTPError, HTTPException, OSError, zlib.error) as error:
            reason = self._without_key(f"{type(error).__name__}: {error}")
            exchange.outcome.put(TransportError(reason))
        except Exception as error:  # nobody else would see it: the waiting thread raises it
            exchange.outcome.put(error)
        finally:
            if exchange.is_abandoned:
                exchange.close()

    def _ask(self, exchange: _Exchange, path: str) -> Answer:
        connection, target = exchange.connection, f"{self._base}/{path}"
        if self._key:
            target += f"?api_key={quote(self._key, safe='')}"
        if connection.sock is not None and is_connection_dropped(connection):
            connection.close()  # the server hung up between two requests: no fault of this one
        if connection.sock is None:
            connection.connect()
        # A response that ends with the connection takes the socket away from the latter.
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
        """Return the next bytes of a body; a body may be silent for less time than a server."""
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
