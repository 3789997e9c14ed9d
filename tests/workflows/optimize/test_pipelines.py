"""A search over pipelines on a small table: warm start, trials in the store, a second search."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import metalearn
from metalearn.learners.evaluation import Procedure
from metalearn.pipelines import ALGORITHM_NAME, Grammar, PipelineSpace
from metalearn.store import merge

BUNDLED = Path(__file__).resolve().parents[3] / "data"


def planted() -> tuple[pd.DataFrame, PipelineSpace]:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(80, 4)), columns=list("abcd"))
    frame["y"] = np.where(frame["a"] * frame["b"] > 0, "yes", "no")
    frame.loc[::9, "c"] = np.nan
    learners = ("naive_bayes", "decision_tree", "logistic_regression")
    grammar = Grammar("classification", ("standard_scaler", "polynomial"), learners)
    return frame, PipelineSpace("classification", grammar)


def test_a_search_finds_a_pipeline_that_is_ready_to_fit() -> None:
    frame, space = planted()
    found = metalearn.optimize(
        frame, "y", space=space, optimizer="evolution", trials=8, warm_start=6,
        kb=BUNDLED, remember=False, procedure=Procedure(n_folds=2),
    )  # fmt: skip
    assert len(found.trials) == 8
    assert all(t.configuration.algorithm == ALGORITHM_NAME for t in found.trials)
    assert [space.size(t.configuration) for t in found.trials[:4]] == [1] * 4
    model = found.best.build().fit(frame.drop(columns="y"), frame["y"])
    assert set(model.predict(frame.drop(columns="y"))) <= {"yes", "no"}


@pytest.mark.slow
def test_a_search_is_remembered_and_the_next_one_continues_it(tmp_path: Path) -> None:
    frame, space = planted()
    kb = tmp_path / "kb.duckdb"
    merge(BUNDLED, kb)
    search = partial(metalearn.optimize, space=space, optimizer="evolution", kb=kb,
                     procedure=Procedure(n_folds=2))  # fmt: skip
    found = search(frame, "y", trials=8, warm_start=6)
    again = search(frame, "y", trials=1, warm_start=3)
    assert {t.configuration for t in again.remembered} == {t.configuration for t in found.trials}
    assert again.trials[0].configuration not in {t.configuration for t in found.trials}
    other = frame.assign(a=frame["a"] + 1.0)
    listed = metalearn.recommend(other, "y", kb=kb, algorithms="pipeline", k=1)
    assert listed[0].configuration.algorithm == ALGORITHM_NAME


@pytest.mark.in_turn("name")
@pytest.mark.parametrize("name", ["pipelines", "pipeline"])
def test_a_warm_start_over_pipelines_has_a_name(name: str) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(80, 4)), columns=list("abcd"))
    y = np.where(frame["a"] > 0, "yes", "no")
    warm = metalearn.warm_start(frame, y, space=name, k=6, kb=BUNDLED)
    assert isinstance(warm.space, PipelineSpace)
    assert warm.space.grammar.imputers == ("median",)
    assert len(warm.configurations) == 6
    assert [warm.space.size(c) for c in warm.configurations[:4]] == [1] * 4
