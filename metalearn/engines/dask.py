"""Dask: a cluster by its address, the client of the running program, or workers started here.

Values are scattered, so that each worker holds them once. Workers that a nanny runs are daemonic;
`learners.isolation` starts the processes of evaluations in them all the same.
"""

from __future__ import annotations

import logging
import time
import uuid
from concurrent.futures import CancelledError
from functools import partial
from typing import Any

from metalearn.engines.calls import call
from metalearn.engines.engine import Call, EngineOptions, WorkerLostError
from metalearn.engines.remote import RemoteFuture, package_of
from metalearn.errors import MetalearnError, UsageError

__all__ = ["DaskEngine"]

_CONNECT_S = 20.0
_RETURN_S = 300.0
_COUNT_EVERY_S = 2.0
_NO_INTERRUPTS = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
"""Run by workers started here: Ctrl-C reaches them too, but the driver alone ends the run."""


class _Scattered:
    """A shared value and where the cluster holds it; scattered again once it was lost."""

    def __init__(self, client: Any, value: Any) -> None:
        self._client, self._value = client, value
        self._future: Any = None  # distributed is untyped here

    def future(self) -> Any:
        """Return the cluster's handle of the value."""
        if self._future is None or self._future.status in ("cancelled", "lost", "error"):
            self._client.wait_for_workers(1, timeout=_RETURN_S)  # the last one may be restarting
            self._future = self._client.scatter(self._value, hash=False)
        return self._future

    def lost(self) -> None:
        """Forget where it was; a lost worker may have held it alone."""
        self._future = None


class DaskEngine:
    """Dask: a cluster by its address, the client of the program, or workers started here.

    Args:
        options: With an address, a running scheduler. Without one, the client of this program if
            there is one (`distributed.Client(...)`), else new workers of one thread each.

    Raises:
        MissingPackageError: If `distributed` is not installed.
        UsageError: If the address is none.
        MetalearnError: If no scheduler answers there, or it has no workers.
    """

    def __init__(self, options: EngineOptions) -> None:
        self._distributed = package_of("distributed", "dask")
        self._cluster: Any = None
        self._jobs = options.jobs
        self._counted_at, self._n_threads = float("-inf"), 1
        self._is_mine = True
        if options.address is not None:
            self._client = self._connected(options.address)
        else:
            self._client = self._running_client()
            if self._client is None:
                self._client = self._started(options.jobs)
        try:
            self._client.wait_for_workers(1, timeout=_CONNECT_S)
        except TimeoutError as error:
            self.close()
            raise MetalearnError(
                "the Dask cluster has no workers; start some (dask worker ADDRESS), then repeat"
            ) from error

    @property
    def n_outstanding(self) -> int:
        """Twice the number of threads of the cluster now, or of the jobs if these are fewer."""
        if time.monotonic() - self._counted_at > _COUNT_EVERY_S:
            self._n_threads = sum(self._client.nthreads().values())
            self._counted_at = time.monotonic()
        threads = max(self._n_threads, 1)
        return 2 * threads if self._jobs is None else min(2 * threads, self._jobs)

    def share(self, value: Any) -> _Scattered:
        """Return a handle; the value is scattered with the first call that needs it."""
        return _Scattered(self._client, value)

    def submit(self, function: Call, handle: _Scattered, item: Any) -> RemoteFuture:
        """Start a call; never taken from the cluster's memory of earlier ones."""
        try:
            value = handle.future()
        except TimeoutError as error:
            raise MetalearnError(
                f"the Dask cluster has had no workers for {_RETURN_S:.0f} s; start some "
                "(dask worker ADDRESS) and run the same command again"
            ) from error
        there = self._client.submit(
            call, function, value, item, pure=False, retries=0,
            key=f"metalearn-{uuid.uuid4().hex}",
        )  # fmt: skip
        here = RemoteFuture(partial(_cancel, there))
        there.add_done_callback(lambda done: here.settle(partial(self._result, done, handle)))
        return here

    def close(self) -> None:
        """Leave the cluster; end it if it was started here."""
        if self._is_mine:
            self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def _result(self, done: Any, handle: _Scattered) -> Any:
        try:
            return done.result()
        except self._distributed.KilledWorker as error:
            handle.lost()
            raise WorkerLostError(f"the worker was lost: {error}"[:300]) from error
        except CancelledError as error:  # of what it depends on, or the cluster was restarted
            handle.lost()
            raise WorkerLostError(f"the worker was lost: {error}"[:300]) from error

    def _connected(self, address: str) -> Any:
        try:
            return self._distributed.Client(
                address, timeout=_CONNECT_S, set_as_default=False, name="metalearn"
            )
        except ValueError as error:
            raise UsageError(f"--address {address}: {error}") from error
        except OSError as error:
            raise MetalearnError(
                f"no Dask scheduler answers at {address!r}: {error}; check the address and that "
                "the scheduler runs (dask scheduler)"
            ) from error

    def _running_client(self) -> Any:
        """Return the client of this program; None if there is none."""
        try:
            client = self._distributed.client.default_client()
        except ValueError:  # its way to say that there is none
            return None
        self._is_mine = False
        return client

    def _started(self, jobs: int | None) -> Any:
        """Return a client of new workers, each a process of one thread."""
        from joblib import cpu_count

        self._cluster = self._distributed.LocalCluster(
            n_workers=jobs or int(cpu_count()), threads_per_worker=1, processes=True,
            dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL,
            preload=[_NO_INTERRUPTS],
            scheduler_kwargs={"allowed_failures": 0},  # `running` repeats what was lost
        )  # fmt: skip
        return self._distributed.Client(self._cluster, set_as_default=False)


def _cancel(there: Any) -> None:
    there.cancel(force=True)
