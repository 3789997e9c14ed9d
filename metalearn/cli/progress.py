"""A progress bar on stderr, and only on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from metalearn.cli.terminal import new_console

if TYPE_CHECKING:
    from metalearn.automl.library import Library
    from metalearn.workflows.optimize.ask import OptimizeOptions
    from metalearn.workflows.optimize.result import SearchTrial

__all__ = ["progress_bar", "progress_fit", "progress_phases", "progress_search", "reporting"]

Report = Callable[[str, float, float | None], object]
_REPORT: ContextVar[Report | None] = ContextVar("receives progress instead of a bar", default=None)


@contextmanager
def reporting(report: Report) -> Iterator[None]:
    """Call a function of (what, done, total) with progress in the block, instead of drawing bars.

    Its own threads aside, only what runs in this context is reported.
    """
    token = _REPORT.set(report)
    try:
        yield
    finally:
        _REPORT.reset(token)


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], object]]:
    """Yield a function of (done, total) that moves the bar; it does nothing without a terminal."""
    report = _REPORT.get()
    if report is not None:
        yield lambda done, total: report(f"{what}: {done} of {total}", done, total)
        return
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=new_console(stderr=True, markup=True)) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def progress_phases() -> Iterator[Callable[[str, int, int | None], object]]:
    """Yield a function of (what, done, total) for work in several phases.

    Each phase shows its rate and the time that is left; of phases without a total, the rate.
    """
    report = _REPORT.get()
    if report is not None:
        yield report
        return
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TaskID, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft
    from rich.text import Text

    class Rate(TextColumn):
        """Steps a second, as measured lately."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:.1f}/s" if speed else "")

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(""),
               TimeLeft())  # fmt: skip
    bars: dict[str, TaskID] = {}
    with Progress(
        *columns, console=new_console(stderr=True, markup=True), transient=True
    ) as progress:

        def show(what: str, done: int, total: int | None) -> None:
            if what not in bars:
                bars[what] = progress.add_task(what, total=total)
            progress.update(bars[what], completed=done, total=total)

        yield show


@contextmanager
def progress_search(
    what: str, options: OptimizeOptions, started: float
) -> Iterator[Callable[[SearchTrial, SearchTrial | None], object]]:
    """Yield a function of (trial, best so far) that shows the incumbent, and what is left."""
    report = _REPORT.get()
    if report is None and not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    by_clock = options.trials is None and options.time_budget_s is not None
    total = options.time_budget_s if by_clock else options.n_trials
    of = "" if by_clock else f" of {options.n_trials:g}"

    def text_of(trial: SearchTrial, best: SearchTrial | None) -> tuple[str, float]:
        incumbent = f", best {best.score:.4f} (trial {best.number})" if best else ""
        done = time.monotonic() - started if by_clock else trial.number
        return f"{what}: {trial.number}{of}{incumbent}", done

    if report is not None:
        yield lambda trial, best: report(*text_of(trial, best), total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = new_console(stderr=True, markup=True)
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(f"{what}: looking at the table", total=total)

        def show(trial: SearchTrial, best: SearchTrial | None) -> None:
            text, done = text_of(trial, best)
            bar.update(task, completed=done, description=text)

        yield show


@contextmanager
def progress_fit(
    budget_s: float, started: float
) -> Iterator[Callable[[float, float, Library], None]]:
    """Yield a function of (seconds, budget, trials so far) that shows the best score."""
    report = _REPORT.get()
    if report is None and not sys.stderr.isatty():
        yield lambda seconds, budget, library: None  # noqa: ARG005  # nothing is shown
        return

    def text_of(library: Library) -> tuple[str, float]:
        best = library.best
        found = "" if best is None else (
            f", best {library.objective.name} {library.objective.score(best.loss):.4f} "
            f"({best.configuration.algorithm})"
        )  # fmt: skip
        return f"fit: {len(library.trials)}{found}", min(time.monotonic() - started, budget_s)

    if report is not None:
        report("fit: looking at the table", 0.0, budget_s)

        def tell(seconds: float, budget: float, library: Library) -> None:
            del seconds, budget
            report(*text_of(library), budget_s)

        yield tell
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = new_console(stderr=True, markup=True)
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("fit: looking at the table", total=budget_s)

        def show(seconds: float, budget: float, library: Library) -> None:
            del seconds, budget  # of the search; the bar also counts reading the table
            text, done = text_of(library)
            bar.update(task, completed=done, description=text)

        yield show
