"""The application: its state, its routes, and how it starts and ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from metalearn.web.jobs import Jobs
from metalearn.web.options import ServeOptions
from metalearn.web.uploads import Uploads
from metalearn.web.workers import WorkerPool

__all__ = ["Server"]


@dataclass(slots=True, eq=False)
class Server:
    """Everything that lives as long as the server.

    Attributes:
        options: What it was asked to be.
        folder: Uploads, pages and the site of the memory; removed at the end.
        quick: Workers of short requests.
        long: Workers of fits and reports.
        jobs: Work that is watched.
        uploads: Uploaded tables.
        documents: JSON documents about the store that were requested before, by their command.
        memory_job: Key of the job that writes the site of the memory; "" before.
        is_ending: Whether it takes no more work.
    """

    options: ServeOptions
    folder: TemporaryDirectory[str] = field(
        default_factory=lambda: TemporaryDirectory(prefix="metalearn-web-")
    )
    quick: WorkerPool = field(init=False)
    long: WorkerPool = field(init=False)
    jobs: Jobs = field(init=False)
    uploads: Uploads = field(init=False)
    documents: dict[tuple[str, ...], bytes] = field(default_factory=dict)
    memory_job: str = ""
    is_ending: bool = False

    def __post_init__(self) -> None:
        options = self.options
        self.quick = WorkerPool(options.worker, options.n_workers, options.max_waiting)
        self.long = WorkerPool(options.worker, options.n_long, options.max_waiting)
        self.jobs = Jobs(self.quick, self.long, self.folder, options.keep_s)
        self.uploads = Uploads(self.folder, options.max_tables, options.keep_s)

    @property
    def site(self) -> Path:
        """Folder of the site of the memory."""
        return Path(self.folder.name) / "memory"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start the workers; at the end, end them and remove every file."""
        try:
            await self.quick.warm_up()
            yield
        finally:
            await self.end()
            self.folder.cleanup()

    async def end(self) -> None:
        """End all work, and so every answer that waits for some."""
        self.is_ending = True
        await self.jobs.close()
        await self.quick.close()
        await self.long.close()
