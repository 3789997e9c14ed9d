"""A recommender of a warm start is fitted once, and is then what a new fit would be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from metalearn import recommenders
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.seams import Ranker
from metalearn.core.task import TargetTask
from metalearn.testing.worlds import clusters
from metalearn.workflows.recommend.recent import RECENT
from metalearn.workflows.warm_start.fitted_ranker import fitted_ranker

META = clusters(np.random.default_rng(0)).meta
TARGET = TargetTask(META.meta_features[0])


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METALEARN_CACHE", str(tmp_path))
    RECENT.clear()


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the recommenders that were fitted."""
    names: list[str] = []
    get = recommenders.get

    def counting(name: str) -> object:
        names.append(name)
        return get(name)

    monkeypatch.setattr(recommenders, "get", counting)
    return names


def fitted(meta: MetaDataset = META, seed: int = 0, name: str = "default") -> tuple[Ranker, float]:
    """Return the recommender, and the next random number after its fit."""
    rng = np.random.default_rng(seed)
    return fitted_ranker(name, meta, rng), rng.random()


@pytest.mark.parametrize("name", ["default", "meta-model", "pmf"])
def test_kept_ranker_scores_as_a_new_one(name: str, fits: list[str]):
    rng = np.random.default_rng(0)
    new, number = recommenders.get(name)().fit(META, rng), rng.random()
    fits.clear()
    for _ in range(2):
        for _ in range(2):
            ranker, next_number = fitted(name=name)
            assert np.array_equal(ranker.score(TARGET), new.score(TARGET))
            assert next_number == number
        RECENT.clear()  # the second time it is read from disk
    assert fits == [name]


def test_other_data_seed_and_method_are_fitted_anew(fits: list[str]):
    fitted()
    fitted(seed=1)
    losses = META.losses.copy()
    losses[0, 0] += 1e-9
    fitted(replace(META, losses=losses))
    fitted(replace(META, groups=np.zeros(META.n_tasks, np.int64)))
    fitted(name="average-rank")
    assert fits == ["default"] * 4 + ["average-rank"]
    fitted()
    assert len(fits) == 5


def test_recommenders_of_others_are_not_kept(monkeypatch: pytest.MonkeyPatch):
    method, fits = recommenders.get("average-rank"), []
    monkeypatch.setattr(recommenders, "get", lambda name: fits.append(name) or method)
    monkeypatch.setattr(type(recommenders.CATALOGUE), "where", lambda *_: "theirs.method:Method")
    fitted(name="theirs")
    fitted(name="theirs")
    assert fits == ["theirs", "theirs"]
