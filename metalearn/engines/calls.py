"""How a worker makes a call: with one thread for numerical libraries."""

from __future__ import annotations

import threading
from typing import Any

from metalearn.engines.engine import Call

__all__ = ["call"]


class _OneThread:
    """A limit that holds from the first of overlapping calls to the last.

    Limits of a process that each thread set and restored by itself would end with the call that
    began first, and results differ in their last digits with the number of threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_inside = 0
        self._limits: Any = None  # threadpoolctl is untyped

    def __enter__(self) -> None:
        from threadpoolctl import threadpool_limits

        with self._lock:
            self._n_inside += 1
            if self._n_inside == 1:
                self._limits = threadpool_limits(1)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._n_inside -= 1
            if self._n_inside == 0:
                self._limits.restore_original_limits()


_ONE_THREAD = _OneThread()


def call(function: Call, value: Any, item: Any) -> Any:
    """Return `function(value, item)`, computed with one thread."""
    with _ONE_THREAD:
        return function(value, item)
