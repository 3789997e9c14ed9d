"""Requests with retries: which answers are final, and which are transient faults.

HTTP 412 is OpenML's usual error status, for "no results" and for "database overloaded" alike; the
error code in the body decides. Every other failure (HTML, broken XML, rows that do not match the
request, resets, 5xx) is transient: wait with exponential, jittered back-off and repeat the
request.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable
from typing import Protocol, TypeVar

from metalearn.errors import HarvestError
from metalearn.harvesters.openml.pages import ApiError, read_error
from metalearn.harvesters.openml.transport import Answer, Transport, TransportError
from metalearn.harvesters.openml.xml import PageError

__all__ = [
    "Archive",
    "Client",
    "ExhaustedError",
    "LostError",
    "RefusedError",
    "TooManyError",
    "UnansweredError",
    "UnknownError",
]

_LOG = logging.getLogger(__name__)
_NO_RESULT = {111, 151, 181, 236, 272, 281, 361, 362, 363, 364, 372, 482, 500, 512, 542, 599, 601,
              674}  # fmt: skip
_TOO_MANY = {513, 543, 548, 673}
_SIZE = re.compile(r"result set:?\s*([0-9]{1,15})\b.*?max\D*([0-9]{1,15})\b", re.DOTALL)
_MOMENTARY = {107}
_REFUSALS = {400, 401, 403, 404, 405, 410}  # once it has worked: a proxy in trouble
_MAX_MESSAGE = 500  # characters of a message that are looked at
_MAX_WAIT_S = 900.0
_MAX_UNANSWERED = 3
_MAX_TRIES = 8  # requests of one address in a whole harvest, for any reason
_NO_SERVER_TRIES = 5  # where nothing answers at all
_MAX_SILENCES = 2  # of one address: each takes the whole time of an answer
_TROUBLED = 0.2  # share of faults
T = TypeVar("T")


class UnansweredError(HarvestError):
    """A request got no usable answer in all its attempts; the harvest can go on without it."""


class ExhaustedError(UnansweredError):
    """An address reached its maximum number of requests and is not requested again."""


class LostError(HarvestError):
    """The server is down, or requires a long wait; continue the harvest later."""


class UnknownError(HarvestError):
    """The server reports that the entity does not exist, or that there is no result."""

    def __init__(self, path: str, code: int) -> None:
        self.path, self.code = path, code
        super().__init__(f"no result for {path} (OpenML code {code})")


class RefusedError(HarvestError):
    """The server refuses a request; repeating it would not help."""

    def __init__(self, path: str, error: ApiError) -> None:
        self.path, self.code = path, error.code
        super().__init__(f"{path}: {error}")


class TooManyError(HarvestError):
    """A listing without `limit` is too long for one answer; the server returned its count."""

    def __init__(self, path: str, count: int | None, cap: int | None) -> None:
        self.path, self.count, self.cap = path, count, cap
        super().__init__(f"{path}: {count} rows, at most {cap} in one answer")


class Archive(Protocol):
    """Storage of answers until their rows are committed."""

    def take(self, path: str) -> Answer | None:
        """Return the next stored answer to that request, if an interrupted harvest left one."""
        ...

    def keep(self, answer: Answer) -> None:
        """Store a valid answer durably; on return it survives the end of the process."""
        ...


class Client:
    """Sends requests to a server, with retries, and parses the answers.

    Args:
        transport: The connection.
        archive: Storage of valid answers.
        attempts: Maximum number of requests of one address in a harvest; at most 8.
        backoff_s: Wait after a first failure; doubles, with jitter, up to a minute.
        progress: Callback after every answer, with the number of requests made.
    """

    def __init__(
        self,
        transport: Transport,
        archive: Archive,
        *,
        attempts: int = _MAX_TRIES,
        backoff_s: float = 0.5,
        progress: Callable[[int], object] = lambda _: None,
    ) -> None:
        self.transport, self.archive = transport, archive
        self.faults: Counter[str] = Counter()
        self.n_reused = 0
        self._attempts = min(attempts, _MAX_TRIES)
        self._backoff_s, self._progress = backoff_s, progress
        self._tries: Counter[str] = Counter()
        self.has_succeeded, self._has_answered, self._n_unanswered = False, False, 0

    @property
    def is_troubled(self) -> bool:
        """Whether the share of faults in this harvest suggests an overloaded server."""
        return self.faults.total() > max(3.0, _TROUBLED * self.transport.n_requests)

    def ask(self, path: str, read: Callable[[bytes], T]) -> tuple[T, Answer]:
        """Return the answer to `path`, parsed by `read`, and the raw answer.

        Args:
            path: Path relative to the base address.
            read: Pure function of the body; raises `PageError` if it does not match the request.

        Raises:
            UnknownError: If the entity does not exist or there is no result.
            TooManyError: If the listing must be split or paged.
            ApiError: If the server refuses the request for another reason.
            UnansweredError: If no usable answer came.
            StoppedError: If a stop was requested.
        """
        kept = self.archive.take(path)
        if kept is not None:
            try:
                found = self._interpret(kept, read)
            except PageError:
                _LOG.warning("a kept answer to %s cannot be read; asking again", path)
            else:
                self.n_reused += 1
                return self._settled(found), kept
        return self._fetch(path, read)

    def left(self, path: str) -> int:
        """Return how many requests of an address are left."""
        return self._attempts - self._tries[path]

    def _fetch(self, path: str, read: Callable[[bytes], T]) -> tuple[T, Answer]:
        if self.left(path) <= 0:
            raise ExhaustedError(f"{path}: requested {self._attempts} times in this harvest")
        reason, n_failures, n_silences = "", 0, 0
        while self._may_try(path, n_failures, n_silences):
            if n_failures:
                self.transport.pace.back_off(n_failures - 1, self._backoff_s)
            try:
                self._tries[path] += 1
                answer = self.transport.get(path)
                self._has_answered = True
                self._progress(self.transport.n_requests)
                found = self._interpret(answer, read)
            except TransportError as error:
                reason = f"transport: {error}"
                n_silences += error.is_silence
            except PageError as error:
                reason = f"page: {error}"
                self._obey(answer)
            else:
                self.has_succeeded, self._n_unanswered = True, 0
                self.archive.keep(answer)
                self._obey(answer)
                return self._settled(found), answer
            n_failures += 1
            self.faults[_kind(reason)] += 1
            _LOG.info("attempt %d at %s failed: %s", n_failures, path, reason)
        self._n_unanswered += 1
        if self._n_unanswered >= _MAX_UNANSWERED:
            raise LostError(f"the server does not answer any more; last: {reason}")
        raise UnansweredError(f"{path}: no usable answer in {n_failures} attempts; last: {reason}")

    def _may_try(self, path: str, n_failures: int, n_silences: int) -> bool:
        is_there = self._has_answered or n_failures < _NO_SERVER_TRIES
        return self.left(path) > 0 and is_there and n_silences < _MAX_SILENCES

    def _obey(self, answer: Answer) -> None:
        wait = answer.retry_after_s
        if wait is None:
            return
        if wait > _MAX_WAIT_S:
            raise LostError(
                f"the server asks to come back in {wait:.0f} s; run the same command again then"
            )
        self.transport.pace.hold(wait)

    def _interpret(self, answer: Answer, read: Callable[[bytes], T]) -> T | HarvestError:
        """Return the parsed value, or the error that is a valid answer of the server."""
        with self.transport.reading():
            return self._meaning(answer, read)

    def _meaning(self, answer: Answer, read: Callable[[bytes], T]) -> T | HarvestError:
        status, body = answer.status, answer.body
        if status in (429, 503):
            raise PageError(f"HTTP {status}, the server requests a pause")
        try:
            error = read_error(body)
        except PageError:
            error = None
            if status == 200:
                raise
        if error is not None:
            return self._server_error(answer.path, error)
        if status == 200:
            return read(body)
        refuses = status in _REFUSALS or 300 <= status < 400
        if status == 414 or (refuses and not self.has_succeeded):
            return self._wrong_base(answer.path, f"HTTP {status}")
        raise PageError(f"HTTP {status}")

    def _wrong_base(self, path: str, what: str) -> HarvestError:
        return HarvestError(
            f"{path}: {what}; is {self.transport.server} the base of an OpenML API, such as "
            "https://www.openml.org/api/v1/xml?"
        )

    def _server_error(self, path: str, error: ApiError) -> HarvestError:
        if error.code in _MOMENTARY:
            raise PageError(f"OpenML code {error.code}")
        if error.code == 103:
            return HarvestError(
                "OpenML refuses the API key (code 103): correct or remove `apikey` in the openml "
                "configuration (no key is needed to read public data)"
            )
        if error.code == 100 and not self.has_succeeded:
            return self._wrong_base(path, str(error))
        size = _SIZE.search(error.message[:_MAX_MESSAGE])
        if error.code in _TOO_MANY or size is not None:
            count, cap = (int(size[1]), int(size[2])) if size else (None, None)
            return TooManyError(path, count, cap)
        if error.code in _NO_RESULT:
            return UnknownError(path, error.code)
        return RefusedError(path, error)

    def _settled(self, found: T | HarvestError) -> T:
        if isinstance(found, HarvestError):
            raise found
        return found


def _kind(reason: str) -> str:
    return re.sub(r"\d{4,}|\([^()]*\)", "", reason[:_MAX_MESSAGE]).strip()[:60]
