"""The options of the server."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ServeOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """Options of the server.

    Attributes:
        worker: Command that starts a worker, see `metalearn.cli.web_worker`.
        kb: Store; None for the default one.
        hosts: Values of the header `Host` that are answered; empty for any, with a token.
        token: What a browser must show once; "" for none.
        max_upload_bytes: Size of an upload.
        max_rows: Rows of an uploaded table.
        max_tables: Uploaded tables kept at a time; the oldest goes.
        time_limit_s: Seconds of a request, but for a fit and the report.
        max_budget_s: Seconds that a fit may be given.
        keep_s: Seconds that an upload or a result is kept after its last use.
        n_workers: Requests computed side by side.
        n_long: Fits and reports side by side.
        max_waiting: Requests that wait for a worker; more are refused.
    """

    worker: tuple[str, ...]
    kb: str | None = None
    hosts: tuple[str, ...] = ()
    token: str = ""
    max_upload_bytes: int = 20_000_000
    max_rows: int = 200_000
    max_tables: int = 20
    time_limit_s: float = 120.0
    max_budget_s: float = 600.0
    keep_s: float = 3600.0
    n_workers: int = 2
    n_long: int = 2
    max_waiting: int = 50
