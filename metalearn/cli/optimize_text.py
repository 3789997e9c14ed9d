"""What `metalearn optimize` prints for people: the best, and how it was found."""

from __future__ import annotations

import sys

from rich.table import Table

from metalearn.cli.recommend import short_value
from metalearn.cli.terminal import new_console
from metalearn.workflows.optimize.result import Optimization, SearchTrial

__all__ = ["print_optimization"]

_ENDED = {
    "trials": "all trials done",
    "time": "the time is up",
    "interrupted": "interrupted",
    "exhausted": "the space holds nothing new",
}


def print_optimization(found: Optimization, cold: Optimization | None = None) -> None:
    """Print the improvements of a search, its best, and the result of a cold one."""
    console = new_console(width=None if sys.stdout.isatty() else 160, highlight=False)
    task, best, metric = found.task, found.best, found.metric.name
    classes = f", {task.n_classes} classes" if task.n_classes else ""
    console.print(
        f"{task.name}: {task.kind}, {task.n_rows:,} rows, {task.n_features:,} columns{classes}; "
        f"{found.optimizer} on {found.searched}, {_start(found)}\n"
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    algorithm = ["algorithm"] if _is_joint(found) else []
    for name in ("trial", "at second", metric, "found by", *algorithm, "hyperparameters"):
        justify = "right" if name in ("trial", "at second", metric) else "left"
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]  # Literal
    for trial in _improvements(found):
        at = "" if trial.origin == "remembered" else f"{trial.elapsed_s:.1f}"
        number = "" if trial.origin == "remembered" else str(trial.number)
        which = [trial.configuration.algorithm] if algorithm else []
        table.add_row(number, at, f"{trial.score:.4f}", trial.origin, *which, _values(trial))
    console.print(table)
    failed = sum(trial.status != "ok" for trial in found.trials)
    console.print(
        f"\nbest: {best.configuration.algorithm} {_values(best)}\n"
        f"{metric} {best.score:.4f} after {len(found.trials)} trials ({failed} without a score) "
        f"in {found.seconds:.1f} s: {_ENDED[found.stopped]}"
    )
    if cold is not None:
        console.print(
            f"cold: {metric} {cold.best.score:.4f} after {len(cold.trials)} trials "
            f"in {cold.seconds:.1f} s"
        )
    if found.store:
        console.print(f"remembered in {found.store}")


def _start(found: Optimization) -> str:
    if not found.warm_start:
        return "started cold"
    known = f", {len(found.remembered)} trials known" if found.remembered else ""
    return f"{found.warm_start} configurations from snapshot {found.snapshot[:12]}{known}"


def _improvements(found: Optimization) -> list[SearchTrial]:
    """Return the trials that became the incumbent."""
    kept: list[SearchTrial] = []
    remembered = [t for t in found.remembered if t.is_complete]
    if remembered:
        kept.append(min(remembered, key=lambda t: found.metric.loss(t.score)))
    for trial in found.trials:
        loss = found.metric.loss(trial.score)
        if trial.is_complete and (not kept or loss < found.metric.loss(kept[-1].score)):
            kept.append(trial)
    return kept


def _values(trial: SearchTrial) -> str:
    values = trial.configuration.hyperparameters.items()
    return " ".join(f"{name}={short_value(value)}" for name, value in values)


def _is_joint(found: Optimization) -> bool:
    """Return whether several algorithms were searched together."""
    return any(t.configuration.algorithm != found.algorithm for t in found.trials)
