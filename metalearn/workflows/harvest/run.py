"""Harvest of OpenML into a store: exact, incremental and resumable.

See `docs/guides/harvesting.md` for how to run it, and `docs/decisions/010-harvest-journal.md` for
why answers go through a journal.
"""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import numpy as np

from metalearn.errors import HarvestError, StoreError, UsageError
from metalearn.harvesters.openml import (
    Client,
    ExchangeLimits,
    LostError,
    Pace,
    StoppedError,
    Transport,
    UnansweredError,
)
from metalearn.harvesters.openml.credentials import (
    DEFAULT_SERVER,
    api_key,
    configured,
    user_agent,
    withheld_key,
)
from metalearn.store import Cursor, open_store, writing
from metalearn.workflows.harvest.archive import JournalArchive
from metalearn.workflows.harvest.known_rows import HARVESTER, KnownRows
from metalearn.workflows.harvest.loading import Loader
from metalearn.workflows.harvest.scope import Progress, Scope, Tally
from metalearn.workflows.harvest.session import HarvestSession

__all__ = ["DEFAULT_MEASURES", "HarvestReport", "Scope", "harvest_openml"]

DEFAULT_MEASURES = ("predictive_accuracy",)

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class HarvestReport:
    """Report of a harvest.

    Attributes:
        new: Evaluations that were not stored before.
        changed: Evaluations whose value was corrected or that came back; the old value is kept.
        unchanged: Evaluations without a change.
        vanished: Evaluations that the server no longer lists; marked, not deleted.
        rejected: Number of rows that cannot be stored, by reason.
        outside: Number of setups that fit none of our spaces and keep their own names, by reason.
        folds: Values of single folds that were fetched.
        fold_runs_left: Runs whose folds are left to the next harvest, because of the limit on
            their number.
        notes: Possible mistakes in the options.
        missing: Items that could not be fetched; empty if the harvest is complete.
        requests: Requests made.
        reused: Answers taken from an interrupted harvest instead of a request.
        faults: Number of unusable answers, by kind.
        seconds: Wall-clock seconds.
        received_bytes: Bytes of the bodies as transferred.
        was_stopped: Whether the harvest was stopped or lost its server.
    """

    new: int
    changed: int
    unchanged: int
    vanished: int
    rejected: Mapping[str, int] = field(default_factory=dict)
    outside: Mapping[str, int] = field(default_factory=dict)
    folds: int = 0
    fold_runs_left: int = 0
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    requests: int = 0
    reused: int = 0
    faults: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    received_bytes: int = 0
    was_stopped: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether the whole scope is stored."""
        return not self.missing

    def __str__(self) -> str:
        lines = [
            f"{self.new:,} new, {self.changed:,} changed, {self.unchanged:,} unchanged, "
            f"{self.vanished:,} vanished evaluations",
            f"{self.requests:,} requests, {self.received_bytes / 1e6:,.1f} MB, "
            f"{self.seconds:,.0f} s"
            + (f"; {self.reused:,} answers of an interrupted harvest" if self.reused else ""),
        ]
        if self.folds or self.fold_runs_left:
            lines.insert(1, f"{self.folds:,} values of single folds; those of "
                         f"{self.fold_runs_left:,} runs are left to the next harvest")  # fmt: skip
        for title, counts in (
            ("rejected", self.rejected), ("faults", self.faults),
            ("setups outside our spaces", self.outside),
        ):  # fmt: skip
            top = sorted(counts.items(), key=lambda item: -item[1])[:8]
            lines += [f"{title}: {n:,} x {reason}" for reason, n in top]
        lines += [f"note: {note}" for note in self.notes]
        lines += [f"missing: {what}" for what in self.missing[:20]]
        if len(self.missing) > 20:
            lines.append(f"missing: {len(self.missing) - 20} more")
        return "\n".join(lines)


def harvest_openml(
    kb: Path,
    scope: Scope,
    *,
    server: str | None = None,
    rate: float = 1.0,
    reconcile: bool = False,
    progress: Progress = lambda *_: None,
    attempts: int = 8,
    backoff_s: float = 0.5,
    limits: ExchangeLimits | None = None,
    day: int | None = None,
) -> HarvestReport:
    """Update a store with the evaluations that an OpenML server lists in a scope.

    Args:
        kb: The store; created if missing.
        scope: Tasks, flows and measures to harvest.
        server: Base of the API; by default that of the openml configuration.
        rate: Requests per second; 0 for no limit.
        reconcile: List everything again instead of only what changed according to counts.
        progress: Callback with activity, amount done, and total.
        attempts: Maximum number of requests of one address; at most 8.
        backoff_s: Wait after a first failure, seconds; doubles with jitter.
        limits: Bounds on one answer.
        day: Days since 1970, for the rotation of repeated listings; by default today.

    Raises:
        UsageError: If the scope is empty or a store of another server is named.
        HarvestError: If the server returned no usable answer.
        BusyError: If another harvest, or another writer for too long, works on the store.
    """
    if scope.suite is None and not scope.flows and not scope.tasks:
        raise UsageError("say what to harvest: --suite N, --flow ID or --task ID (or several)")
    started = time.monotonic()
    day = int(time.time() // _DAY_S) if day is None else day
    server = server or configured().get("server") or DEFAULT_SERVER
    transport = _transport(server, rate, limits)
    archive = JournalArchive(kb, _scope_text(scope, server, reconcile=reconcile))
    try:
        with _stoppable(transport):
            _bring_up_to_date(kb)
            memory, loader = KnownRows(kb), Loader(kb)
            client = Client(transport, archive, attempts=attempts, backoff_s=backoff_s,
                            progress=lambda n: progress("requests", n, None))  # fmt: skip
            _note_host(server, memory, loader)
            session = HarvestSession(client, memory, archive, loader, reconcile=reconcile,
                              day=day, progress=progress)  # fmt: skip
            stopped = _run(session, scope, client)
            if not stopped or not transport.pace.is_stopped:
                loader.finish()
            if not stopped:
                archive.finish()
    finally:
        archive.close()
        transport.close()
    session.tally.rejected.update(loader.report.rejected)
    return _report(session.tally, client, time.monotonic() - started, was_stopped=stopped)


def _transport(server: str, rate: float, limits: ExchangeLimits | None) -> Transport:
    pace = Pace(rate, np.random.default_rng())
    return Transport(server, pace, user_agent(), key=api_key(server), limits=limits)


def _bring_up_to_date(kb: Path) -> None:
    """Migrate a store of an older schema."""
    if not kb.exists():
        return
    try:
        open_store(kb).close()
    except StoreError:
        with writing(kb, create=False):  # raises the error of a damaged store
            pass


def _run(session: HarvestSession, scope: Scope, client: Client) -> bool:
    """Run to the end, a stop or the loss of the server; return whether it ended early."""
    try:
        session.run(scope)
    except StoppedError:
        session.tally.missing.append(
            "stopped on request: what was read is kept beside the store; run the same command "
            "again to go on from there"
        )
        return True
    except UnansweredError as error:
        raise HarvestError(
            f"{error}. Check --server ({client.transport.server}) and the network, and run the "
            "same command again: what was read is kept"
        ) from None
    except LostError as error:
        if client.transport.n_requests == 0 or not client.has_succeeded:
            raise
        session.tally.missing.append(f"{error}; run the same command again to go on from there")
        return True
    return False


def _report(tally: Tally, client: Client, seconds: float, *, was_stopped: bool) -> HarvestReport:
    withheld = withheld_key(client.transport.server)
    return HarvestReport(
        new=tally.new, changed=tally.changed, unchanged=tally.unchanged, vanished=tally.vanished,
        rejected=dict(tally.rejected), outside=dict(tally.outside), missing=tuple(tally.missing),
        folds=tally.folds, fold_runs_left=tally.fold_runs_left,
        notes=(*tally.notes, *([withheld] if withheld else [])),
        requests=client.transport.n_requests, reused=client.n_reused, faults=dict(client.faults),
        seconds=seconds, received_bytes=client.transport.n_bytes, was_stopped=was_stopped,
    )  # fmt: skip


def _scope_text(scope: Scope, server: str, *, reconcile: bool) -> str:
    about: dict[str, object] = {
        "server": server, "suite": scope.suite, "flows": sorted(scope.flows),
        "tasks": sorted(scope.tasks), "measures": list(scope.measures), "reconcile": reconcile,
        "folds": scope.fold_runs,
    }  # fmt: skip
    return json.dumps(about, sort_keys=True)


def _note_host(server: str, memory: KnownRows, loader: Loader) -> None:
    """Write the host of the server into a new store.

    Raises:
        UsageError: If the store was filled from another one; ids would clash.
    """
    host = urlsplit(server).hostname or ""
    host = "localhost" if host in ("127.0.0.1", "::1") else host
    if memory.host and memory.host != host:
        raise UsageError(
            f"this store was filled from {memory.host}; ids of {host} would be confused with its "
            "own. Harvest into another file with --kb"
        )
    if not memory.host:
        loader.put_cursor(Cursor(HARVESTER, "server", json.dumps({"host": host})))


@contextmanager
def _stoppable(transport: Transport) -> Iterator[None]:
    """End the harvest on Ctrl-C and SIGTERM, between requests or during one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        transport.interrupt()

    names: Sequence[signal.Signals] = (signal.SIGINT, signal.SIGTERM)
    before = {name: signal.signal(name, stop) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
