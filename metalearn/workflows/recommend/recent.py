"""What was read or fitted last, by key: a few values in memory, and those and others on disk."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from metalearn.core.array_cache import default_cache

__all__ = ["RECENT", "Keepable", "RecentValues", "kept"]

_MOST_CELLS = 4_000_000  # larger values are read from disk again


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
"""What `recommend`, `similar` and `warm_start` read or fitted last in this process."""


class Keepable(Protocol):
    """A value that may be kept."""

    @property
    def size(self) -> int:
        """Number of cells of its largest array."""
        ...

    @property
    def is_current(self) -> bool:
        """Whether what its key does not say is as it was when the value was made."""
        ...


_T = TypeVar("_T", bound=Keepable)


def kept(key: str, form: type[_T], compute: Callable[[], _T]) -> _T:
    """Return the value of a key: from memory, else from disk, else computed and kept.

    Args:
        key: Everything that the value depends on; "": nothing is kept.
        form: Class of the value.
        compute: Makes the value.
    """
    if not key:
        return compute()
    found = RECENT.get(key)
    if isinstance(found, form) and found.is_current:
        return found
    cache = default_cache()
    found = cache.read(key)
    if not isinstance(found, form) or not found.is_current:
        found = compute()
        cache.keep(key, found)
    if found.size <= _MOST_CELLS:
        RECENT.put(key, found)
    return found
