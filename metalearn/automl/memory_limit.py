"""How a memory limit of a fit is shared between this process and its workers."""

from __future__ import annotations

import os

from metalearn.automl.settings import Settings
from metalearn.errors import UsageError
from metalearn.learners.process_limits import resident_mb

__all__ = ["memory_of_workers"]

_SMALLEST_MB = 250


def memory_of_workers(settings: Settings) -> list[float | None]:
    """Return the megabytes that each worker may use beyond what it shares; None for no limit.

    Raises:
        UsageError: If the limit leaves no room for a worker.
    """
    n = settings.n_jobs if settings.n_jobs > 0 else (os.cpu_count() or 1)
    if settings.memory_limit_mb is None:
        return [None] * n
    used = resident_mb()
    each = (settings.memory_limit_mb - used) / n
    if each < _SMALLEST_MB:
        raise UsageError(
            f"memory_limit: this process uses {used:.0f} MB already; {n} worker(s) need at least "
            f"{_SMALLEST_MB} MB each, so at least {used + n * _SMALLEST_MB:.0f} MB in all"
        )
    return [each] * n
