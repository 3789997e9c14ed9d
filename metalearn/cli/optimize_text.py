"""What `metalearn optimize` prints for people: the best, and how it was found."""

from __future__ import annotations

import sys

from rich.table import Table

from metalearn.cli.terminal import new_console
from metalearn.core.short_text import hyperparameters_text
from metalearn.workflows.optimize.front import hypervolumes
from metalearn.workflows.optimize.result import Optimization, SearchTrial

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
    console.print(_front(found) if found.objectives else _improvements_table(found))
    failed = sum(trial.status != "ok" for trial in found.trials)
    console.print(
        f"\nbest: {best.configuration.algorithm} {_values(best)}\n"
        f"{metric} {best.score:.4f} after {len(found.trials)} trials ({failed} without a score) "
        f"in {found.seconds:.1f} s: {found.end_in_words}"
    )
    if found.objectives:
        console.print(_coverage(found, cold))
    if cold is not None:
        console.print(
            f"cold: {metric} {cold.best.score:.4f} after {len(cold.trials)} trials "
            f"in {cold.seconds:.1f} s"
        )
    if found.store:
        console.print(f"remembered in {found.store}")


def _improvements_table(found: Optimization) -> Table:
    """Return the trials that became the incumbent, as a table."""
    metric = found.metric.name
    table = Table(box=None, pad_edge=False, header_style="bold")
    algorithm = ["algorithm"] if found.is_joint else []
    for name in ("trial", "at second", metric, "found by", *algorithm, "hyperparameters"):
        justify = "right" if name in ("trial", "at second", metric) else "left"
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]  # Literal
    for trial in found.improvements:
        at = "" if trial.origin == "remembered" else f"{trial.elapsed_s:.1f}"
        number = "" if trial.origin == "remembered" else str(trial.number)
        which = [trial.configuration.algorithm] if algorithm else []
        table.add_row(number, at, f"{trial.score:.4f}", trial.origin, *which, _values(trial))
    return table


def _front(found: Optimization) -> Table:
    """Return the front of several objectives as a table."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    algorithm = ["algorithm"] if found.is_joint else []
    names = [objective.name for objective in found.objectives]
    for name in ("trial", *names, "found by", *algorithm, "hyperparameters"):
        justify = "right" if name in ("trial", *names) else "left"
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]  # Literal
    for trial in found.front:
        number = "" if trial.origin == "remembered" else str(trial.number)
        values = [
            f"{trial.values[o.name]:.3g}" if o.is_cost else f"{trial.values[o.name]:.4f}"
            for o in found.objectives
        ]
        which = [trial.configuration.algorithm] if algorithm else []
        table.add_row(number, *values, trial.origin, *which, _values(trial))
    return table


def _coverage(found: Optimization, cold: Optimization | None) -> str:
    """Return the shares of hypervolume in words."""
    costs = "; ".join(f"{o.name}: {o.what}" for o in found.objectives if o.is_cost)
    shares = hypervolumes([found] if cold is None else [found, cold])
    against = "" if cold is None else f" (cold: {shares[1]:.3f})"
    return (
        f"front: {len(found.front)} of {len(found.remembered) + len(found.trials)} trials; "
        f"hypervolume {shares[0]:.3f} of the box from the best to the worst values{against}"
        f"{'; ' if costs else ''}{costs}"
    )


def _values(trial: SearchTrial) -> str:
    return hyperparameters_text(trial.configuration.hyperparameters)
