"""Stores of planted evaluations, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from metalearn.core.configuration import Configuration
from metalearn.core.records import Batch, Source
from metalearn.store import writing
from tests.store.worlds import frame

Record = tuple[object, ...]


def planted_store(
    path: Path,
    algorithms: Sequence[str],
    configurations: Sequence[Configuration],
    tasks: list[Record],
    evaluations: list[Record],
) -> Path:
    """Write a store of balanced accuracies of scikit-learn's learners, and return its path."""
    batch = Batch(
        Source("test"),
        tasks=frame("tasks", tasks),
        algorithms=frame("algorithms", [(name, "sklearn", "1", None) for name in algorithms]),
        configurations=frame(
            "configurations", [(c.key, c.algorithm, c.canonical) for c in configurations]
        ),
        metrics=frame("metrics", [("balanced_accuracy", True, 1.0, 0.0)]),
        evaluations=frame("evaluations", evaluations),
    )
    with writing(path) as writer:
        writer.load(batch)
    return path
