"""The seam of engines: share a value, submit calls, close.

An engine runs `function(value, item)`, where many items go with one value (a table, a
meta-dataset). The value reaches each worker once. Everything else (the number of calls under
way, repetition of the calls of a lost worker, progress) is common to all engines: see `running`.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from metalearn.errors import MetalearnError, UsageError

__all__ = ["Call", "Engine", "EngineFactory", "EngineOptions", "WorkerLostError"]

Call = Callable[[Any, Any], Any]
"""What an engine runs: a function of the shared value and one item."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Where to run, and how much at once.

    Attributes:
        name: Name of an engine in the catalogue.
        address: Address of a running cluster; None starts workers on this machine.
        jobs: Number of calls that run side by side; None or -1 takes all cores, of the cluster if
            an address is given.
    """

    name: str = "local"
    address: str | None = None
    jobs: int | None = None

    def __post_init__(self) -> None:
        if self.jobs == -1:
            object.__setattr__(self, "jobs", None)
        if self.jobs is not None and self.jobs < 1:
            raise UsageError(f"--jobs must be at least 1, got {self.jobs}")


class WorkerLostError(MetalearnError):
    """A worker ended, or could not be reached any more, while it ran a call."""


class Engine(Protocol):
    """Runs calls somewhere."""

    @property
    def n_outstanding(self) -> int:
        """How many calls may be under way or queued; read again while calls run."""
        ...

    def share(self, value: Any) -> Any:
        """Return a handle of a value that many calls need; forgotten with the handle."""
        ...

    def submit(self, function: Call, handle: Any, item: Any) -> Future[Any]:
        """Start `function(value, item)` for the value of a handle.

        The future holds the result or the error of the function itself, or `WorkerLostError`.
        """
        ...

    def close(self) -> None:
        """Cancel what runs, and end what the engine has started."""
        ...


class EngineFactory(Protocol):
    """Call signature of an engine: `CATALOGUE.get("dask")(options)`."""

    def __call__(self, options: EngineOptions) -> Engine:
        """Return an engine that is ready.

        Raises:
            MissingPackageError: If its package is not installed.
            UsageError: If an option has no meaning for it.
        """
        ...
