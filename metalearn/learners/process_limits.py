"""Memory of a process: how much it holds, and a limit beyond which allocations fail."""

from __future__ import annotations

import os

__all__ = ["limit_memory", "resident_mb"]

_LEAST_MB = 16.0


def resident_mb(pid: int | None = None) -> float:
    """Return the megabytes of memory that a process holds; 0 where this cannot be read."""
    return _pages(pid, 1) / 1e6


def limit_memory(memory_mb: float | None) -> None:
    """Let allocations beyond a limit fail with MemoryError, where the system can.

    Args:
        memory_mb: Megabytes that this process may hold in all; at least 16 more than it holds
            now; None for no limit.
    """
    if memory_mb is None:
        return
    try:
        import resource
    except ImportError:
        return
    virtual = _pages(None, 0)
    if not virtual:
        return
    room = max(memory_mb - resident_mb(), _LEAST_MB) * 1e6
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = int(virtual + room)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


def _pages(pid: int | None, column: int) -> float:
    """Return bytes of a column of a process's page counts: 0 is virtual, 1 resident memory."""
    try:
        with open(f"/proc/{pid or 'self'}/statm", encoding="ascii") as file:
            return int(file.read().split()[column]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0.0
