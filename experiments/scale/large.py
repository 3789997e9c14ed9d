"""Processor seconds and peak memory of methods and commands on large meta-datasets and stores.

python -m experiments.scale.large [--only NAME ...] [--folder DIR] [--code DIR]

Each question runs in a process of its own, one thread for numerical libraries. Stores of one and
ten million evaluations are made in the folder if they are not there (two minutes).
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np

from experiments.scale.alone import Question, answer_alone, timed
from experiments.scale.worlds import large_meta_dataset, store_of
from metalearn.core.task import TargetTask

_OBSERVED = np.array([1, 5, 77]), np.array([0.4, 0.5, 0.6])


def _expected(_: Path) -> dict[str, float]:
    from metalearn.recommenders.expected_score import expected_score

    meta = large_meta_dataset(500, 20_000, missing=0.2)
    fit_s, model = timed(lambda: expected_score(meta, np.random.default_rng(0)))
    target = TargetTask(meta.meta_features[0], *_OBSERVED)
    return {"fit": fit_s, "answer": timed(lambda: model.predict(target))[0]}


def _method(name: str, n_tasks: int, folder: Path) -> dict[str, float]:
    del folder
    from metalearn import recommenders

    meta = large_meta_dataset(n_tasks, 5000)
    fit_s, ranker = timed(lambda: recommenders.get(name)().fit(meta, np.random.default_rng(0)))
    target = TargetTask(meta.meta_features[0], *_OBSERVED)
    return {"fit": fit_s, "answer": timed(lambda: ranker.score(target))[0]}


def _meta_dataset(name: str, folder: Path) -> dict[str, float]:
    from metalearn.store import open_store

    with open_store(store_of(name, folder)) as store:
        return {"answer": timed(lambda: store.meta_dataset("balanced_accuracy"))[0]}


def _query(statement: str, folder: Path) -> dict[str, float]:
    """Return the seconds of a statement alone, on ten million evaluations."""
    from metalearn.store import open_store

    with open_store(store_of("10m", folder)) as store:
        return {"answer": timed(lambda: store.sql(statement))[0]}


def _recommend(name: str, folder: Path) -> dict[str, float]:
    from sklearn.datasets import load_iris

    import metalearn

    place = store_of(name, folder)
    X, y = load_iris(return_X_y=True)
    with tempfile.TemporaryDirectory() as kept:
        os.environ["METALEARN_CACHE"] = kept
        first, _ = timed(lambda: metalearn.recommend(X, y, kb=place))
        _forget()
        return {"fit": first, "answer": timed(lambda: metalearn.recommend(X, y, kb=place))[0]}


def _forget() -> None:
    """Drop what the process remembers, so that the next answer reads the cache on disk."""
    from metalearn.workflows.recommend.recent import RECENT

    RECENT.clear()


_READ = "SELECT task_id, configuration_id, value, fit_s FROM evaluation_row"
_GROUP = (
    "SELECT task_id, configuration_id, avg(value), avg(fit_s) FROM evaluation_row "
    "GROUP BY task_id, configuration_id"
)
_QUESTIONS: dict[str, Question] = {
    "expected_score, 500 x 20,000, 20 % missing": _expected,
    "average-rank, 2,000 x 5,000": lambda folder: _method("average-rank", 2000, folder),
    "default, 500 x 5,000": lambda folder: _method("default", 500, folder),
    "default, 2,000 x 5,000": lambda folder: _method("default", 2000, folder),
    "meta_dataset, 1 M evaluations": lambda folder: _meta_dataset("1m", folder),
    "meta_dataset, 10 M evaluations": lambda folder: _meta_dataset("10m", folder),
    "the rows read alone, 10 M evaluations": lambda folder: _query(_READ, folder),
    "the rows grouped in SQL alone, 10 M evaluations": lambda folder: _query(_GROUP, folder),
    "recommend, 1 M evaluations": lambda folder: _recommend("1m", folder),
    "recommend, 10 M evaluations": lambda folder: _recommend("10m", folder),
}


if __name__ == "__main__":
    answer_alone(
        "experiments.scale.large", __doc__, _QUESTIONS,
        {"fit": "fit or first answer, s", "answer": "answer, s", "peak": "peak, GB"},
    )  # fmt: skip
