"""Jobs: work that a browser can watch, leave, come back to and cancel."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from metalearn.errors import MetalearnError
from metalearn.pages.rendering import Link
from metalearn.web.workers import CommandAnswer, WorkerPool

__all__ = ["DONE", "START", "Job", "JobPlan", "Jobs"]

START = Link("Upload a table", "/")
DONE = ("done", "failed", "cancelled")
_MOST_JOBS = 200


@dataclass(frozen=True, slots=True)
class JobPlan:
    """What a job does.

    Attributes:
        title: What it is called.
        argv: The command.
        time_limit_s: Seconds that it may take.
        is_long: Whether it takes a place among the fits and reports.
        page: File that the command writes its page to; None for none.
        model: File that it writes a fitted model to; kept as long as the job. None for none.
        given: File that it reads, removed at its end; None for none.
        then: Address to go to when it is done; "" for the page.
        links: Links on top of the page.
        back: Where to go on if it does not work.
    """

    title: str
    argv: tuple[str, ...]
    time_limit_s: float
    is_long: bool = False
    page: Path | None = None
    model: Path | None = None
    given: Path | None = None
    then: str = ""
    links: tuple[tuple[str, str], ...] = ()
    back: Link = START


@dataclass(slots=True, eq=False)
class Job:
    """A piece of work and how far it is.

    Attributes:
        key: Its name in addresses, not to be guessed.
        work: What it does.
        state: `waiting`, `running`, `done`, `failed` or `cancelled`.
        text: What it says about its progress, or why it failed.
        done: Share that is done, in [0, 1]; None if unknown.
        answer: What the command printed; None before.
        html: Its page; "" for none.
        used: When it was last looked at, on the monotonic clock.
    """

    key: str
    work: JobPlan
    state: str = "waiting"
    text: str = "Waiting for a free process."
    done: float | None = None
    answer: CommandAnswer | None = None
    html: str = ""
    used: float = field(default_factory=time.monotonic)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None

    def status(self) -> dict[str, Any]:
        """Return how far it is, for programs and for the page."""
        return {"id": self.key, "title": self.work.title, "state": self.state, "text": self.text,
                "done": self.done}  # fmt: skip

    def tell(self, **changes: Any) -> None:  # Any: fields of this class
        """Change fields and wake who watches."""
        for name, value in changes.items():
            setattr(self, name, value)
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def changes(self, heartbeat_s: float = 15.0) -> AsyncIterator[dict[str, Any]]:
        """Yield its status now and after every change, until it has ended."""
        while True:
            changed, status = self._changed, self.status()
            yield status
            if status["state"] in DONE:  # not the state of now: who watches has to see it
                return
            try:
                async with asyncio.timeout(heartbeat_s):
                    await changed.wait()
            except TimeoutError:
                continue


@dataclass(slots=True)
class Jobs:
    """The jobs of a server.

    Attributes:
        quick: Workers of short requests.
        long: Workers of fits and reports.
        folder: Where pages are written.
        keep_s: Seconds that a finished job is kept after its last use.
    """

    quick: WorkerPool
    long: WorkerPool
    folder: TemporaryDirectory[str]
    keep_s: float
    _jobs: dict[str, Job] = field(default_factory=dict)

    def start(self, build: Callable[[Path], JobPlan]) -> Job:
        """Start a job; `build` is given the file for its page."""
        self.forget()
        key = secrets.token_urlsafe(16)
        job = Job(key, build(Path(self.folder.name) / f"{key}.html"))
        self._jobs[key] = job
        job._task = asyncio.create_task(self._run(job))
        return job

    def get(self, key: str) -> Job | None:
        """Return a job by its key."""
        job = self._jobs.get(key)
        if job is not None:
            job.used = time.monotonic()
        return job

    def fits(self) -> tuple[Job, ...]:
        """Return the jobs that fit a model, the latest first."""
        return tuple(job for job in reversed(self._jobs.values()) if job.work.model is not None)

    async def cancel(self, job: Job) -> None:
        """End a job and its process."""
        if job._task is not None and job.state not in DONE:
            job._task.cancel()
            await asyncio.gather(job._task, return_exceptions=True)

    async def close(self) -> None:
        """End all jobs."""
        for job in list(self._jobs.values()):
            await self.cancel(job)

    def forget(self) -> None:
        """Drop finished jobs that nobody has looked at for long, and the oldest of many."""
        now = time.monotonic()
        ended = [job for job in self._jobs.values() if job.state in DONE]
        old = [job for job in ended if now - job.used > self.keep_s]
        many = sorted(ended, key=lambda job: job.used)[: max(len(ended) - _MOST_JOBS, 0)]
        for job in {*old, *many}:
            del self._jobs[job.key]
            _remove(job.work.model)

    async def _run(self, job: Job) -> None:
        work = job.work
        pool = self.long if work.is_long else self.quick

        def progress(text: str, done: float, total: float | None) -> None:
            share = min(max(done / total, 0.0), 1.0) if total else None
            job.tell(text=text, done=share)

        def started() -> None:
            job.tell(state="running", text="At work. Progress appears here.")

        try:
            request = {"argv": work.argv, "links": work.links}
            answer = await pool.ask(request, work.time_limit_s, progress, started)
        except asyncio.CancelledError:
            job.tell(state="cancelled", text="Nothing of it was kept.")
            raise
        except MetalearnError as error:
            job.tell(state="failed", text=str(error))
        else:
            html = _taken(work.page)
            if answer.code in (0, 3):
                job.tell(state="done", text="done", done=1.0, answer=answer, html=html)
            else:
                job.tell(state="failed", text=_complaint(answer.err), answer=answer)
        finally:
            _remove(work.page)
            _remove(work.given)
            if job.state != "done":
                _remove(work.model)


def _complaint(said: str) -> str:
    """Return what a command said, without its name in front.

    >>> _complaint("metalearn fit: no rows")
    'no rows'
    """
    return re.sub(r"^metalearn [\w -]*: ", "", said.strip(), flags=re.MULTILINE) or "It failed."


def _remove(path: Path | None) -> None:
    if path is not None:
        path.unlink(missing_ok=True)


def _taken(page: Path | None) -> str:
    if page is None or not page.exists():
        return ""
    return page.read_text(encoding="utf-8")
