"""The last answers of this process: a few values by key, the least recently used goes first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

__all__ = ["RECENT", "RecentValues"]


class RecentValues:
    """A bounded table of values; may be used from several threads.

    Args:
        most: Number of values that it holds at most.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[str, Any] = OrderedDict()  # Any: whatever callers put
        self._lock = threading.Lock()

    def get(self, key: str) -> Any:  # Any: whatever was put
        """Return the value of a key; None if there is none."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: str, value: object) -> None:
        """Hold a value under a key."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()


RECENT = RecentValues(8)
"""What `metalearn.workflows.recommend.known` read or fitted last in this process."""
