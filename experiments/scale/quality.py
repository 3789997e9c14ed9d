"""What lists, intervals and seconds of a large meta-dataset are worth on tasks held out.

python -m experiments.scale.quality [--only NAME ...] [--code DIR]

Of planted tasks, fifty are held out. In large meta-datasets some steps use a part of the
tasks or configurations; another commit given by `--code` may use other parts, or all.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from experiments.scale.alone import Question, answer_alone
from experiments.scale.worlds import large_meta_dataset
from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask

_N_HELD_OUT = 50
_LENGTHS = (1, 3, 5)


def _world(n_tasks: int, n_configurations: int) -> tuple[MetaDataset, MetaDataset]:
    """Return the known tasks, and those held out."""
    whole = large_meta_dataset(n_tasks + _N_HELD_OUT, n_configurations)
    is_known = np.arange(whole.n_tasks) < n_tasks
    return whole.take(is_known), whole.take(~is_known)


def _lists(n_tasks: int, n_configurations: int, folder: Path) -> dict[str, float]:
    """Return the mean regret after the first configurations of a list of the default, in %."""
    del folder
    from metalearn import recommenders

    known, held_out = _world(n_tasks, n_configurations)
    ranker = recommenders.get("default")().fit(known, np.random.default_rng(0))
    regrets = []
    for features, losses in zip(held_out.meta_features, held_out.losses, strict=True):
        order = np.argsort(ranker.score(TargetTask(features)), kind="stable")
        best = np.minimum.accumulate(losses[order[: max(_LENGTHS)]])
        regrets.append((best - losses.min()) / np.ptp(losses))
    mean = 100 * np.mean(regrets, axis=0)
    return {f"regret{k}": float(mean[k - 1]) for k in _LENGTHS}


def _intervals(n_tasks: int, n_configurations: int, folder: Path) -> dict[str, float]:
    """Return the share of losses in intervals of 80 %, and their mean width, both in %."""
    del folder
    from metalearn.recommenders.expected_score import expected_score

    known, held_out = _world(n_tasks, n_configurations)
    model = expected_score(known, np.random.default_rng(0))
    inside, width = [], []
    for features, losses in zip(held_out.meta_features, held_out.losses, strict=True):
        found = model.predict(TargetTask(features))
        inside.append(np.mean((found.low <= losses) & (losses <= found.high)))
        width.append(np.mean(found.high - found.low))
    return {"inside": 100 * float(np.mean(inside)), "width": 100 * float(np.mean(width))}


def _seconds(n_tasks: int, n_configurations: int, folder: Path) -> dict[str, float]:
    """Return the median error of the predicted seconds of tasks held out, in %."""
    del folder
    from metalearn.numerics.runtime_model import fit_runtime_model

    rng = np.random.default_rng(0)
    n = n_tasks + _N_HELD_OUT
    sizes = np.stack([10 ** rng.uniform(2, 5, n), 10 ** rng.uniform(0.5, 2.5, n)], axis=1)
    slopes = rng.normal([0.9, 0.6], 0.2, size=(n_configurations, 2))
    logs: Floats = np.log(sizes) @ slopes.T + rng.normal(-9, 2, n_configurations)
    logs += 0.3 * rng.normal(size=(n, 1)) + 0.3 * rng.normal(size=logs.shape)
    model = fit_runtime_model(*sizes[:n_tasks].T, np.exp(logs[:n_tasks]))
    errors = [
        np.abs(np.log(model.predict(*size)[0]) - truth)
        for size, truth in zip(sizes[n_tasks:], logs[n_tasks:], strict=True)
    ]
    return {"factor": 100 * float(np.expm1(np.median(errors)))}


def questions(n_tasks: int, n_configurations: int) -> dict[str, Question]:
    """Return the questions for a meta-dataset of this size."""
    size = f"{n_tasks:,} x {n_configurations:,}"
    asked = {"lists of the default": _lists, "intervals": _intervals, "seconds": _seconds}
    return {f"{name}, {size}": partial(ask, n_tasks, n_configurations)
            for name, ask in asked.items()}  # fmt: skip


if __name__ == "__main__":
    answer_alone(
        "experiments.scale.quality", __doc__, questions(2000, 4000),
        {f"regret{k}": f"regret after {k}, %" for k in _LENGTHS}
        | {"inside": "losses inside, %", "width": "width, % of the range of the metric",
           "factor": "median error of seconds, %"},
    )  # fmt: skip
