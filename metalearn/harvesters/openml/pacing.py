"""Pacing of requests: when the next one may start, with waits that a signal can end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import numpy as np

from metalearn.errors import HarvestError, UsageError

__all__ = ["Pace", "StoppedError", "retry_after_s"]


class StoppedError(HarvestError):
    """A stop was requested (Ctrl-C, SIGTERM); the answers so far are kept."""


class Pace:
    """Spaces the starts of requests evenly, without bursts.

    Args:
        rate: Requests per second; 0 means no limit.
        rng: Draws the jitter of back-off.
        clock: Monotonic seconds.
        wait: Waits for up to some seconds; by default until that time or `stop`.
    """

    def __init__(
        self,
        rate: float,
        rng: np.random.Generator,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        if not 0 <= rate < float("inf"):
            raise UsageError(f"--rate must be at least 0 requests per second, got {rate:g}")
        self.interval_s = 1.0 / rate if rate else 0.0
        self._rng, self._clock = rng, clock
        self._next = -float("inf")
        self._stop = threading.Event()
        self._wait = wait or self._stop.wait

    def stop(self) -> None:
        """Make the current and every later wait raise `StoppedError`; callable from a signal."""
        self._stop.set()

    @property
    def is_stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stop.is_set()

    def turn(self) -> None:
        """Wait until the next request may start.

        Raises:
            StoppedError: If a stop was requested.
        """
        while True:
            if self._stop.is_set():
                raise StoppedError("stopped on request")
            left = self._next - self._clock()
            if left <= 0:
                break
            self._wait(min(left, 3600.0))
        self._next = self._clock() + self.interval_s

    def hold(self, seconds: float) -> None:
        """Delay the next request by at least that many seconds."""
        self._next = max(self._next, self._clock() + seconds)

    def back_off(self, attempt: int, base_s: float, most_s: float = 60.0) -> float:
        """Hold for an exponentially growing, jittered time after failure `attempt` (0..)."""
        seconds = float(min(most_s, base_s * 2.0**attempt) * self._rng.uniform(0.5, 1.0))
        self.hold(seconds)
        return seconds


def retry_after_s(header: str | None, now: float | None = None) -> float | None:
    """Return the seconds of a `Retry-After` header (number or date); None if none.

    >>> retry_after_s("7")
    7.0
    """
    if not header:
        return None
    text = header.strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    # A date has whole seconds, so the server may mean any moment of that second.
    return max(0.0, moment + 1.0 - (time.time() if now is None else now))
