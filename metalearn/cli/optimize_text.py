"""What `metalearn optimize` prints for people: the best, and how it was found."""

from __future__ import annotations

import sys

from rich.table import Table

from metalearn.cli.terminal import new_console
from metalearn.core.short_text import hyperparameters_text
from metalearn.workflows.optimize.result import Optimization

__all__ = ["print_optimization"]


def print_optimization(found: Optimization, cold: Optimization | None = None) -> None:
    """Print the improvements of a search, its best, and the result of a cold one."""
    console = new_console(width=None if sys.stdout.isatty() else 160, highlight=False)
    task, best, metric = found.task, found.best, found.metric.name
    classes = f", {task.n_classes} classes" if task.n_classes else ""
    console.print(
        f"{task.name}: {task.kind}, {task.n_rows:,} rows, {task.n_features:,} columns{classes}; "
        f"{found.optimizer} on {found.searched}, {found.start_in_words}\n"
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    algorithm = ["algorithm"] if found.is_joint else []
    for name in ("trial", "at second", metric, "found by", *algorithm, "hyperparameters"):
        justify = "right" if name in ("trial", "at second", metric) else "left"
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]  # Literal
    for trial in found.improvements:
        at = "" if trial.origin == "remembered" else f"{trial.elapsed_s:.1f}"
        number = "" if trial.origin == "remembered" else str(trial.number)
        which = [trial.configuration.algorithm] if algorithm else []
        table.add_row(
            number,
            at,
            f"{trial.score:.4f}",
            trial.origin,
            *which,
            hyperparameters_text(trial.configuration.hyperparameters),
        )
    console.print(table)
    values = hyperparameters_text(best.configuration.hyperparameters)
    failed = sum(trial.status != "ok" for trial in found.trials)
    console.print(
        f"\nbest: {best.configuration.algorithm} {values}\n"
        f"{metric} {best.score:.4f} after {len(found.trials)} trials ({failed} without a score) "
        f"in {found.seconds:.1f} s: {found.end_in_words}"
    )
    if cold is not None:
        console.print(
            f"cold: {metric} {cold.best.score:.4f} after {len(cold.trials)} trials "
            f"in {cold.seconds:.1f} s"
        )
    if found.store:
        console.print(f"remembered in {found.store}")
