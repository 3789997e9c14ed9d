"""Ray: a cluster by its address, the one that the program has joined, or workers started here.

Values lie in Ray's object store, once on each machine; a worker reads each once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from metalearn.engines.calls import call
from metalearn.engines.engine import Call, EngineOptions, WorkerLostError
from metalearn.engines.remote import RemoteFuture, package_of
from metalearn.errors import MetalearnError, UsageError

__all__ = ["RayEngine"]

_COUNT_EVERY_S = 2.0


_held: dict[Any, Any] = {}  # the value that this worker read last; a worker makes one call a time


def _call(function: Call, handles: list[Any], item: Any) -> Any:
    """Return the result of a call, in a worker."""
    ray = import_module("ray")
    (handle,) = handles
    if handle not in _held:
        _held.clear()
        _held[handle] = ray.get(handle)
    return call(function, _held[handle], item)


class RayEngine:
    """Ray: a cluster by its address, the one that the program has joined, or workers started here.

    Args:
        options: With an address, a running cluster (`auto` finds that of this machine). Without
            one, the cluster that this program has joined (`ray.init(...)`), else new workers.

    Raises:
        MissingPackageError: If `ray` is not installed.
        UsageError: If the address is none, or the program has joined another cluster.
        MetalearnError: If no cluster answers there.
    """

    def __init__(self, options: EngineOptions) -> None:
        self._ray = package_of("ray", "ray")
        self._jobs = options.jobs
        self._counted_at, self._n_cores = float("-inf"), 1.0
        self._is_mine = not self._ray.is_initialized()
        if self._is_mine:
            self._join(options)
        elif options.address not in (None, "auto"):
            raise UsageError(
                f"--address {options.address}: this program has joined a Ray cluster already; "
                "leave it (ray.shutdown()), or give no address"
            )
        self._remote = self._ray.remote(num_cpus=1, max_retries=0)(_call)

    @property
    def n_outstanding(self) -> int:
        """Twice the number of cores of the cluster now, or of the jobs if these are fewer."""
        if time.monotonic() - self._counted_at > _COUNT_EVERY_S:
            self._n_cores = self._ray.cluster_resources().get("CPU", 1.0)
            self._counted_at = time.monotonic()
        cores = max(int(self._n_cores), 1)
        return 2 * cores if self._jobs is None else min(2 * cores, self._jobs)

    def share(self, value: Any) -> Any:
        """Return the reference of the value in the object store."""
        return self._ray.put(value)

    def submit(self, function: Call, handle: Any, item: Any) -> RemoteFuture:
        """Start a call."""
        # In a list, it is a reference for Ray too: the worker reads the value if it has to.
        there = self._remote.remote(function, [handle], item)
        here = RemoteFuture(partial(self._cancel, there))
        there.future().add_done_callback(lambda done: here.settle(partial(self._result, done)))
        return here

    def close(self) -> None:
        """Leave the cluster; end it if it was started here."""
        if self._is_mine:
            self._ray.shutdown()

    def _result(self, done: Any) -> Any:
        errors = self._ray.exceptions
        lost = (errors.WorkerCrashedError, errors.NodeDiedError, errors.OutOfMemoryError,
                errors.ObjectLostError, errors.TaskCancelledError)  # fmt: skip
        try:
            return done.result()
        except lost as error:
            raise WorkerLostError(f"the worker was lost: {error}"[:300]) from error
        except errors.RayTaskError as error:
            if error.cause is None:
                raise
            raise error.cause from None

    def _cancel(self, there: Any) -> None:
        self._ray.cancel(there, force=True)

    def _join(self, options: EngineOptions) -> None:
        start = partial(self._ray.init, logging_level=logging.ERROR, log_to_driver=False)
        if options.address is None:
            self._start_here(partial(start, "local", include_dashboard=False))
            return
        try:
            start(options.address)
        except ValueError as error:
            raise UsageError(f"--address {options.address}: {error}") from error
        except (ConnectionError, RuntimeError) as error:
            raise MetalearnError(
                f"no Ray cluster answers at {options.address!r}: {error}; check the address and "
                "that the cluster runs (ray status)"
            ) from error

    def _start_here(self, start: Callable[..., object]) -> None:
        try:
            start(num_cpus=self._jobs)
        except Exception as error:  # Ray has no class of its own for processes that do not start
            raise MetalearnError(
                f"Ray did not start on this machine: {error}; its logs lie in Ray's folder for "
                "temporary files (session_latest/logs); try again when the machine is less busy, "
                "or use --engine local"
            ) from error
