"""A recommended front: what is on it, how it is thinned, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import metalearn
from metalearn.errors import UnknownNameError, UsageError
from metalearn.numerics.search.pareto import undominated
from metalearn.pages.recommend import fragment
from metalearn.store import Store, open_store
from metalearn.workflows.recommend.front import recommended_front
from metalearn.workflows.recommend.result import Recommendations

BUNDLED = Path(__file__).resolve().parents[3] / "data"
NAMES = ["log_loss", "fit_seconds", "predict_seconds"]


@pytest.fixture(scope="module")
def store():
    with open_store(BUNDLED) as opened:
        yield opened


@pytest.fixture(scope="module")
def table() -> tuple[pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(300, 6)), columns=list("abcdef"))
    return X, pd.Series(np.where(X["a"] + X["b"] > 0, "u", "v"), name="y")


@pytest.fixture(scope="module")
def found(store: Store, table: tuple[pd.DataFrame, pd.Series]) -> Recommendations:
    return metalearn.recommend(*table, kb=store, objectives=NAMES, k=100)


def test_no_member_beats_another_in_every_objective(found: Recommendations) -> None:
    values = np.array([[item.values[name] for name in NAMES] for item in found])
    assert len(found) >= 4
    assert undominated(values).all()
    assert np.all(np.diff(values[:, 0]) >= 0)
    assert np.all(values > 0)
    assert [item.values["log_loss"] for item in found] == [item.expected_score for item in found]
    assert found.notes[-1] == f"the front has {len(found)} configurations"


def test_the_front_begins_with_the_best_expected_score(
    found: Recommendations, store: Store, table: tuple[pd.DataFrame, pd.Series]
) -> None:
    every = metalearn.recommend(*table, kb=store, metric="log_loss", k=400)
    assert found.best.expected_score == min(item.expected_score for item in every)
    assert found.best.evidence


def test_a_long_front_is_thinned_but_keeps_its_best(
    found: Recommendations, store: Store, table: tuple[pd.DataFrame, pd.Series]
) -> None:
    short = metalearn.recommend(*table, kb=store, objectives=NAMES, k=3)
    assert len(short) == 3
    assert short[0].configuration == found[0].configuration
    assert {i.configuration for i in short} < {i.configuration for i in found}


def test_json_frame_and_page_have_the_objectives(found: Recommendations) -> None:
    document = json.loads(found.to_json())
    assert document["objectives"] == NAMES
    assert list(document["configurations"][0]["objectives"]) == NAMES
    assert {"fit_seconds", "predict_seconds"} < set(found.to_frame().columns)
    assert "predict_seconds" in fragment(found)


def test_the_planted_front() -> None:
    """Best, cheapest, a dominated one, one below the dummy and one of unknown seconds."""
    losses = np.array([[0.1, 5.0], [0.4, 1.0], [0.5, 2.0], [0.01, 0.1], [0.0, np.nan]])
    kept = np.array([True, True, True, False, True])
    assert recommended_front(losses, kept, 5) == [0, 1]
    assert recommended_front(losses, ~kept, 5) == [3]
    assert recommended_front(losses, np.zeros(5, dtype=np.bool_), 5) == []


@pytest.mark.parametrize(
    ("names", "error", "told"),
    [
        ("log_loss,size_bytes", UsageError, "metalearn optimize searches"),
        ("log_loss,roc_auc", UsageError, "got also roc_auc"),
        ("log_loss,fitseconds", UnknownNameError, "did you mean 'fit_seconds'"),
        ("log_loss,fit_seconds,fit_seconds", UsageError, "named twice"),
        ("r2,fit_seconds", UsageError, "metric for regression"),
    ],
)
def test_what_cannot_be_expected_is_refused(
    store: Store, table: tuple[pd.DataFrame, pd.Series], names: str, error: type[Exception],
    told: str,
) -> None:  # fmt: skip
    with pytest.raises(error, match=told):
        metalearn.recommend(*table, kb=store, objectives=names)
