"""Options of the readers of published sets, and the interface of a reader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from metalearn.core.records import Batch

__all__ = ["Options", "Reader"]


@dataclass(frozen=True, slots=True)
class Options:
    """Options of an import.

    Attributes:
        meta_features: File or folder of meta-features to join to the tasks; None = beside the set.
        n_configurations: How many configurations to draw, for sets that are surrogates.
        seed: Seed of that draw.
        hyperparameters: Columns of hyperparameters (long-csv: beside those called `hp_*`;
            arff-runs: where no header comment lists them).
        score: Column of scores, if its name is no known metric.
        direction: `maximize` or `minimize`: whether more of `score` is better.
        task_column: Column that names the task, where it has an unusual name.
        command: What was typed, for errors that show the line to type instead.
    """

    meta_features: Path | None = None
    n_configurations: int = 200
    seed: int = 0
    hyperparameters: tuple[str, ...] = ()
    score: str = ""
    direction: str = ""
    task_column: str = ""
    command: str = ""


class Reader(Protocol):
    """Reads one published format."""

    def __call__(self, path: Path, options: Options = ...) -> Iterator[Batch]:
        """Yield the batches of the set at `path`.

        The whole set is read before the first batch is yielded, so that an unreadable part raises
        an error before anything is loaded. Rows that cannot be used are counted in `rejected`.

        Raises:
            InputError: If the path does not hold such a set.
        """
        ...
