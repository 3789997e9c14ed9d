"""Processor seconds and peak memory of functional ANOVA on stores with many runs of a task.

python -m experiments.scale.importance [--only NAME ...] [--folder DIR] [--code DIR]

Each question runs in a process of its own. Stores with 5,000 random configurations of a learner on
each task are made in the folder if they are not there (half a minute). The forests have 16 trees.
Seconds are those of all threads; tasks are analysed in one thread for each core.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from experiments.scale.alone import Question, answer_alone, timed
from experiments.scale.worlds import runs_store
from metalearn.histories.runs import Runs, runs_of
from metalearn.importance import FanovaSettings, fanova, fanova_task
from metalearn.importance.checks import all_items
from metalearn.store import open_store

_N_RUNS = 5000
_TRIPLES = {
    "random_forest": ("max_features", "min_samples_leaf", "n_estimators"),
    "gradient_boosting": ("l2_regularization", "learning_rate", "max_features"),
}


def _runs(learner: str, n_tasks: int, folder: Path) -> tuple[float, Runs]:
    """Return the seconds of reading, and the runs."""
    place = folder / f"{learner}-{n_tasks}.duckdb"
    if not place.exists():
        folder.mkdir(parents=True, exist_ok=True)
        runs_store(place, learner, n_tasks, _N_RUNS)
    with open_store(place) as store:
        return timed(lambda: runs_of(store, learner))


def _all_tasks(learner: str, n_tasks: int, order: int, folder: Path) -> dict[str, float]:
    read, runs = _runs(learner, n_tasks, folder)
    return {"read": read, "answer": timed(lambda: fanova(runs, settings=FanovaSettings(order)))[0]}


def _triple(learner: str, folder: Path) -> dict[str, float]:
    """Return the seconds that one triple adds to the main effects and pairs within it."""
    runs = _runs(learner, 1, folder)[1]

    def seconds(order: int) -> float:
        items = all_items(list(_TRIPLES[learner]), order)
        rng = np.random.default_rng(0)
        return timed(lambda: fanova_task(runs.space, runs.histories[0], rng, items=items))[0]

    seconds(2)  # imports are not measured
    before = seconds(2)
    return {"answer": seconds(3) - before}


def _questions(learner: str) -> dict[str, Question]:
    return {
        f"{learner}, 20 tasks, pairs": lambda folder: _all_tasks(learner, 20, 2, folder),
        f"{learner}, 200 tasks, pairs": lambda folder: _all_tasks(learner, 200, 2, folder),
        f"{learner}, 1 task, triples": lambda folder: _all_tasks(learner, 1, 3, folder),
        f"{learner}, a triple": lambda folder: _triple(learner, folder),
    }


if __name__ == "__main__":
    answer_alone(
        "experiments.scale.importance", __doc__,
        _questions("random_forest") | _questions("gradient_boosting"),
        {"read": "reading, s", "answer": "answer, s", "peak": "peak, GB"},
    )  # fmt: skip
