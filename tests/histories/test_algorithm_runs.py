"""A learner's runs under all stored names: alone as published, together on our axes only."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from metalearn.core.inferred_space import inferred_space
from metalearn.core.metric import METRICS
from metalearn.errors import NotEnoughMetaDataError, UnknownNameError
from metalearn.histories.algorithm_runs import HasLibraries
from metalearn.histories.runs import runs_of
from metalearn.importance import fanova
from metalearn.learners import CATALOGUE

RF = "randomforestclassifier__"
FLOW = "openml-flow-6969"


class Source:
    """Runs by algorithm, offered as a store offers them."""

    def __init__(self, runs):
        self.runs = runs
        known = {"RF": "oboe", FLOW: "openml"}
        self.origins = {name: known.get(name, "sklearn") for name in runs}

    def libraries(self):
        return self.origins

    def evaluations(self, metric, *, algorithm=None):
        if algorithm not in self.runs:
            raise UnknownNameError("algorithm", str(algorithm), tuple(self.runs))
        columns = ["task", "hyperparameters", "value", "status"]
        rows = [(t, json.dumps(h), v, "ok") for t, h, v in self.runs[algorithm]]
        return pd.DataFrame(rows if metric == "accuracy" else [], columns=columns)

    def space(self, algorithm):
        if algorithm not in self.runs:
            raise UnknownNameError("algorithm", algorithm, tuple(self.runs))
        if algorithm in CATALOGUE:
            return None  # as in stores
        return inferred_space(algorithm, [h for _, h, _ in self.runs[algorithm]])

    def metrics(self):
        return {name: METRICS[name] for name in ("roc_auc", "accuracy")}


def forest_runs(n=60, task="1"):
    """Random runs of a flow, whose loss depends on `min_samples_leaf` alone."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(n):
        leaf = int(rng.integers(1, 20))
        values = {"bootstrap": bool(rng.random() < 0.5), "criterion": "gini",
                  "max_features": float(rng.uniform(0.1, 0.9)), "min_samples_leaf": leaf,
                  "min_samples_split": int(rng.integers(2, 20)), "n_estimators": 100}  # fmt: skip
        found.append((task, values, 1.0 - leaf / 40.0))
    return found


def published_runs(n=60, **more):
    return [(t, {RF + k: v for k, v in h.items()} | more, y) for t, h, y in forest_runs(n)]


OURS = [("ours", {**h, "class_weight": "balanced"}, y) for _, h, y in forest_runs(20)]


def test_a_flow_has_the_same_importances_under_our_name():
    source = Source({FLOW: published_runs()})
    assert isinstance(source, HasLibraries)
    theirs, ours = fanova(source, FLOW), fanova(source, "random_forest")
    assert ours.algorithm == "random_forest"
    assert [tuple(name.removeprefix(RF) for name in item) for item in theirs.items] == [
        *map(tuple, ours.items)
    ]
    assert np.array_equal(ours.share, theirs.share)
    assert ours.share[0].max() > 0.8
    assert any("'random_forest' stands for 'openml-flow-6969'" in note for note in ours.remarks)


def test_a_hyperparameter_without_an_axis_of_ours_is_kept():
    source = Source({FLOW: published_runs(imputer__strategy="mean")})
    space = runs_of(source, "random_forest").space
    assert "imputer__strategy" in space.names
    assert "max_features" in space.names
    assert "class_weight" not in space.names  # nothing is added to published runs alone


def test_beside_our_runs_published_ones_are_on_our_axes():
    mixed = published_runs(3) + published_runs(2, **{RF + "max_depth": 3})
    source = Source({"random_forest": OURS, FLOW: [*mixed], "svc": []})
    runs = runs_of(source, "random_forest")
    space = CATALOGUE.get("random_forest").space("classification")
    assert runs.space.names == space.names
    assert {h.task: len(h) for h in runs.histories} == {"1": 3, "ours": 20}
    weight = runs.space.names.index("class_weight")
    assert runs.space.axes[weight].decode(runs.histories[0].X[:, weight]) == ["none"] * 3
    assert any("3 runs of 'openml-flow-6969' (openml) are among them" in n for n in runs.notes)
    assert any(f"left out: {RF}max_depth is not None" in note for note in runs.notes)


def test_runs_without_a_value_on_each_axis_do_not_count_beside_others():
    theirs = [("2", {"criterion": "gini", "min_samples_split": k}, 0.5 + k / 10) for k in (2, 4)]
    alone = runs_of(Source({"RF": theirs}), "random_forest")
    assert alone.space.names == ("criterion", "min_samples_split")
    beside = runs_of(Source({"random_forest": OURS, "RF": theirs}), "random_forest")
    assert beside.tasks == ("ours",)
    assert any("n_estimators is 10 or 100" in note for note in beside.notes)
    with pytest.raises(NotEnoughMetaDataError, match="n_estimators is 10 or 100"):
        runs_of(Source({"RF": theirs}), "random_forest", exact=True)


def test_words_of_categories_are_ours():
    rows = [("1", {"C": c, "kernel": "polynomial", "degree": 3}, 0.5) for c in (1.0, 8.0)]
    rows += [("1", {"C": c, "kernel": "rbf", "gamma": 2.0 * c}, 0.7) for c in (1.0, 8.0)]
    source = Source({"tst-svm": rows})
    source.origins = {"tst-svm": "tst"}
    runs = runs_of(source, "svc")
    kernel = runs.space.axes[runs.space.names.index("kernel")]
    assert set(kernel.choices) == {"poly", "rbf"}
    gamma = runs.space.names.index("gamma")
    assert np.isnan(runs.histories[0].X[:, gamma]).tolist() == [True, True, False, False]
    assert not np.isnan(runs.space.snap(runs.histories[0].X)[2:, gamma]).any()


def test_a_stored_name_means_itself_and_an_unknown_one_is_refused():
    source = Source({"random_forest": OURS, FLOW: published_runs(3)})
    assert runs_of(source, FLOW).tasks == ("1",)
    with pytest.raises(UnknownNameError, match="extra_trees"):
        runs_of(source, "extra_trees")
