"""The curves of searches as data, and the files that are written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.metric import METRICS
from metalearn.core.task import Task
from metalearn.plots.optimization import incumbents_data, write_optimization
from metalearn.workflows.optimize.result import Optimization, SearchTrial


def _search(scores: list[float]) -> Optimization:
    task = Task("t", "t")
    trials = tuple(
        SearchTrial(
            i, Configuration("a", {"x": i}), s, "ok", "", 1.0, 0.1, i * 2.0, "search", task
        )
        for i, s in enumerate(scores, start=1)
    )
    metric = METRICS["log_loss"]
    return Optimization(task, metric, "a", "tpe", 5, 0, "", (), trials, "trials", 9.0, 0.1)


def test_the_incumbent_follows_the_direction_of_the_metric() -> None:
    data = incumbents_data({"warm": _search([0.5, 0.6, 0.4]), "cold": _search([0.9, 0.8])})
    assert data.names == ("warm", "cold")
    assert data.incumbents[0].tolist() == [0.5, 0.5, 0.4]
    assert data.elapsed_s[1].tolist() == [2.0, 4.0]
    frame = data.to_frame()
    assert len(frame) == 5
    assert np.all(frame.loc[frame["search"] == "cold", "incumbent"] >= 0.8)


def test_everything_is_written(tmp_path: Path) -> None:
    one = write_optimization({"warm": _search([0.5, 0.4])}, tmp_path / "one")
    assert {path.name for path in one} == {
        "incumbent.svg", "incumbent.png", "incumbent.csv", "trials.csv", "optimization.json",
    }  # fmt: skip
    both = {"warm": _search([0.5, 0.4]), "cold": _search([0.6, 0.5])}
    paths = write_optimization(both, tmp_path / "two")
    assert {"trials_warm.csv", "optimization_cold.json"} <= {path.name for path in paths}
    assert all(path.stat().st_size > 0 for path in paths)
    document = json.loads((tmp_path / "two" / "optimization_cold.json").read_text())
    assert document["best"]["score"] == 0.5
