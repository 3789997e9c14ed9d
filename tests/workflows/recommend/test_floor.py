"""Nothing that a constant prediction beats is listed; known tasks compare by the dummy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import metalearn
from metalearn.store import open_store
from metalearn.workflows.recommend.floor import Floor

BUNDLED = Path(__file__).resolve().parents[3] / "data"
RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(300, 4)), columns=list("abcd"))
RARE = pd.Series(np.where(X["a"] + RNG.normal(size=300) > 2.6, "yes", "no"))


def test_below_on_most_tasks_is_degenerate() -> None:
    known = np.array([0.5, 0.5, 0.4, np.nan])
    losses = np.array(
        [
            [0.6, 0.6, 0.5, np.nan],
            [0.7, 0.4, 0.5, np.nan],
            [0.3, 0.3, 0.4, np.nan],
            [0.9, 0.9, 0.9, 0.9],
        ]
    )
    floor = Floor(0.5, known, is_unit=False)
    assert floor.is_degenerate(losses).tolist() == [True, False, False, False]
    assert floor.is_below(np.array([0.5, 0.51, np.nan])).tolist() == [False, True, False]
    assert not Floor(np.nan, known, is_unit=False).is_below(losses).any()


def test_units() -> None:
    units, own = Floor(2.0, np.array([4.0, np.nan, 8.0]), is_unit=True).units()
    assert (units.tolist(), own) == ([4.0, 6.0, 8.0], 2.0)
    units, own = Floor(2.0, np.array([4.0]), is_unit=False).units()
    assert (units.tolist(), own) == ([1.0], 1.0)


@pytest.mark.parametrize("unit", [1e-300, 1e-12, 1.0, 1e300])
def test_the_unit_of_the_target_does_not_matter(unit: float) -> None:
    floor = Floor(unit * 2.0, unit * np.array([4.0, 8.0]), is_unit=True)
    losses = unit * np.array([[3.0, 5.0, 4.0 + 1e-12], [7.0, 9.0, 8.0]])
    assert floor.is_degenerate(losses).tolist() == [False, True, False]
    assert floor.is_below(unit * np.array([1.0, 3.0, 2.0 + 1e-12])).tolist() == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss", "accuracy"])
def test_no_list_falls_below_the_dummy(metric: str) -> None:
    """A rare class: always saying "no" is right in most rows, and hard to beat in accuracy."""
    share = float((RARE == "no").mean())
    wanted = {
        "roc_auc": 0.5,
        "accuracy": share,
        "log_loss": -(share * np.log(share) + (1 - share) * np.log(1 - share)),
    }[metric]
    found = metalearn.recommend(X, RARE, kb=BUNDLED, metric=metric)
    assert found.dummy_score == pytest.approx(wanted)
    assert len(found) == 10
    sign = 1.0 if found.metric.greater_is_better else -1.0
    assert all(sign * (item.expected_score - wanted) >= 0 for item in found)
    assert found.to_dict()["dummy_score"] == pytest.approx(wanted)


def test_every_bundled_task_knows_its_dummy_and_no_matrix_holds_it() -> None:
    with open_store(BUNDLED) as store:
        for kind, metric in (("classification", "roc_auc"), ("regression", "r2")):
            meta = store.meta_dataset(metric, kind=kind)
            dummy = store.meta_dataset(metric, kind=kind, algorithms="dummy")
            assert "dummy" not in {c.algorithm for c in meta.configurations}
            assert [t.key for t in dummy.tasks] == [t.key for t in meta.tasks]
            expected = np.full((meta.n_tasks, 1), 0.5) if metric == "roc_auc" else 1.0
            # The mean of the training rows is nearly that of the test rows: R2 just below 0.
            np.testing.assert_allclose(dummy.losses, expected, atol=0.0 if kind[0] == "c" else 0.4)


def test_errors_in_the_unit_of_the_target_are_told_in_relative_terms() -> None:
    y = X["a"] + 0.3 * RNG.normal(size=300)
    found = metalearn.recommend(X, 1000.0 * y, k=2, kb=BUNDLED, metric="mae")
    for evidence in found.best.evidence:
        assert evidence.relative_score is not None
        assert 0.0 <= evidence.relative_score < 1.0
        assert "of dummy" in str(evidence)
    assert found.dummy_score == pytest.approx(1000.0 * np.abs(y - np.median(y)).mean())


def test_degenerate_configurations_equal_those_of_all_tasks_at_once() -> None:
    losses = np.where(RNG.random((40, 9)) < 0.2, np.nan, RNG.random((40, 9)))
    known = np.where(RNG.random(40) < 0.2, np.nan, 0.5)
    below = losses > known[:, None] + 1e-9
    compared = np.isfinite(losses) & np.isfinite(known)[:, None]
    expected = 2 * below.sum(axis=0) > compared.sum(axis=0)
    assert 0 < expected.sum() < 9
    assert Floor(0.5, known, is_unit=False).is_degenerate(losses).tolist() == expected.tolist()
