"""The published runs of a random forest: `pimp-rf`, 94 tasks of 500 random configurations each.

van Rijn & Hutter, "Hyperparameter importance across datasets" (KDD 2018).
"""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import metalearn
from metalearn.histories.runs import Runs, as_runs
from metalearn.workflows.import_published import import_published

__all__ = ["published_runs"]

FILE = Path("pimp-rf") / "random_forest.arff.gz"


def published_runs(data: Path, *, n_tasks: int | None = None) -> Runs:
    """Return the runs, by way of a store.

    Args:
        data: Folder with the published sets.
        n_tasks: Only so many tasks, the first of the file; None = all.
    """
    file = data / FILE
    with tempfile.TemporaryDirectory() as scratch:
        if n_tasks is not None:
            file = _first_tasks(file, Path(scratch) / "some.arff", n_tasks)
        import_published("arff-runs", file, Path(scratch) / "runs.duckdb")
        with metalearn.open(Path(scratch) / "runs.duckdb") as store:
            (algorithm,) = store.sql("SELECT algorithm FROM algorithm")["algorithm"]
            return as_runs(store, algorithm)


def _first_tasks(file: Path, target: Path, n: int) -> Path:
    """Write the runs of the first tasks only."""
    head, _, rows = gzip.decompress(file.read_bytes()).decode().partition("@DATA\n")
    lines = rows.splitlines()
    tasks = list(dict.fromkeys(line.rsplit(",", 1)[1] for line in lines))[:n]
    kept = [line for line in lines if line.rsplit(",", 1)[1] in tasks]
    target.write_text(head + "@DATA\n" + "\n".join(kept) + "\n")
    return target
