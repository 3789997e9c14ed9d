"""The contract of a recommender; run it over yours by overriding one fixture.

    class TestMine(RecommenderContract):
        @pytest.fixture
        def recommender(self):
            return Mine()

A method declares unsupported checks in the class attribute `limits`, name of the check -> reason;
such a check must then fail.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.seams import Explains, Plays, Recommender
from metalearn.core.task import TargetTask
from metalearn.errors import NotEnoughMetaDataError
from metalearn.testing.worlds import World, clusters, one_best, regret_after, with_holes

__all__ = ["RecommenderContract"]

FINDS_THE_BEST = "finds the best"


def _generator() -> np.random.Generator:
    return np.random.default_rng(7)


def _fit_score(recommender: Recommender, meta: MetaDataset, target: TargetTask) -> Floats:
    scores = recommender.fit(meta, _generator()).score(target)
    assert scores.shape == (meta.n_configurations,)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    return scores


class RecommenderContract:
    """Tests that every recommender must pass."""

    @pytest.fixture
    def recommender(self) -> Recommender:
        """Return the recommender to check; override this."""
        raise NotImplementedError("override the fixture `recommender`")

    @pytest.fixture
    def world(self) -> World:
        """Return a planted world of four kinds of task."""
        return clusters(np.random.default_rng(1))

    @pytest.fixture
    def target(self, world: World) -> TargetTask:
        """Return a target task of that world with four evaluations, one of them failed."""
        losses = world.target_losses[0, [4, 0, 9, 7]].copy()
        losses[2] = np.nan
        features = world.target_meta_features[0]
        return TargetTask(features, np.array([4, 0, 9, 7]), losses, np.ones(4))

    def test_scores_every_configuration(
        self, recommender: Recommender, world: World, target: TargetTask
    ) -> None:
        """One finite number per configuration, with and without meta-features and evaluations."""
        ranker = recommender.fit(world.meta, _generator())
        unknown = TargetTask(np.full_like(target.meta_features, np.nan))
        for seen in (TargetTask(), unknown, TargetTask(target.meta_features), target):
            scores = ranker.score(seen)
            assert scores.shape == (world.meta.n_configurations,)
            assert np.isfinite(scores).all()

    def test_told_one_by_one(self, recommender: Recommender, world: World) -> None:
        """All stages from no evaluation to all evaluations, including failures."""
        meta = world.meta.take(configurations=np.arange(8))
        ranker = recommender.fit(meta, _generator())
        target = TargetTask(world.target_meta_features[0])
        for index in range(8):
            assert np.isfinite(ranker.score(target)).all()
            loss = world.target_losses[0, index] if index not in (0, 5) else np.nan
            target = target.tell(index, float(loss))
        assert np.isfinite(ranker.score(target)).all()

    def test_player_chooses_the_lowest_score(self, recommender: Recommender, world: World) -> None:
        """A player takes the same steps as the scores, also where some may not be taken."""
        ranker = recommender.fit(world.meta, _generator())
        if not isinstance(ranker, Plays):
            return
        target = TargetTask(world.target_meta_features[0])
        player = ranker.player(target.meta_features)
        available = _generator().random(world.meta.n_configurations) < 0.7
        for step in range(min(8, int(available.sum()))):
            index = player.choose(target, available)
            assert index == target.lowest(ranker.score(target), available)
            loss = world.target_losses[0, index] if step not in (0, 3) else np.nan
            target = target.tell(index, float(loss))

    def test_deterministic(
        self, recommender: Recommender, world: World, target: TargetTask
    ) -> None:
        """Equal generators give equal scores; repeated calls too."""
        ranker = recommender.fit(world.meta, _generator())
        first = ranker.score(target).copy()
        ranker.score(TargetTask())
        np.testing.assert_array_equal(ranker.score(target), first)
        again = recommender.fit(world.meta, _generator()).score(target)
        np.testing.assert_array_equal(again, first)

    def test_changes_nothing(
        self, recommender: Recommender, world: World, target: TargetTask
    ) -> None:
        """Inputs are read-only and stay unchanged; the returned array belongs to the caller."""
        losses = world.meta.losses.copy()
        ranker = recommender.fit(world.meta, _generator())
        first = ranker.score(target)
        kept = first.copy()
        first[:] = 0.0
        np.testing.assert_array_equal(ranker.score(target), kept)
        np.testing.assert_array_equal(world.meta.losses, losses)

    def test_order_of_tasks_is_irrelevant(
        self, recommender: Recommender, world: World, target: TargetTask
    ) -> None:
        """Shuffled rows give the same scores."""
        shuffled = world.meta.take(_generator().permutation(world.meta.n_tasks))
        for seen in (TargetTask(), TargetTask(target.meta_features), target):
            straight = _fit_score(recommender, world.meta, seen)
            np.testing.assert_allclose(
                _fit_score(recommender, shuffled, seen), straight, rtol=1e-6, atol=1e-9
            )

    def test_survives_pickling(
        self, recommender: Recommender, world: World, target: TargetTask
    ) -> None:
        """A pickled ranker gives the same scores."""
        ranker = recommender.fit(world.meta, _generator())
        copy = pickle.loads(pickle.dumps(ranker))  # noqa: S301 -- our own bytes
        np.testing.assert_array_equal(copy.score(target), ranker.score(target))

    @pytest.mark.parametrize("share", [0.3, 0.7])
    def test_holes(
        self, recommender: Recommender, world: World, target: TargetTask, share: float
    ) -> None:
        """Missing cells, a task with none observed, a configuration with none observed."""
        meta = with_holes(world.meta, share, _generator())
        losses = meta.losses.copy()
        losses[3, :] = losses[:, 11] = np.nan
        meta = replace(meta, losses=losses)
        for seen in (TargetTask(), TargetTask(target.meta_features), target):
            _fit_score(recommender, meta, seen)

    def test_failures(self, recommender: Recommender, world: World, target: TargetTask) -> None:
        """Failed evaluations among the source tasks, and a target with failures only."""
        failed = _generator().random(world.meta.losses.shape) < 0.2
        meta = replace(
            world.meta, losses=np.where(failed, np.nan, world.meta.losses), failed=failed
        )
        _fit_score(recommender, meta, target)
        _fit_score(recommender, meta, replace(target, observed_losses=np.full(4, np.nan)))

    def test_missing_meta_features(
        self, recommender: Recommender, world: World, target: TargetTask
    ) -> None:
        """None at all, some cells missing, a constant, an all-missing and an infinite feature."""
        without = replace(
            world.meta, meta_features=np.empty((world.meta.n_tasks, 0)), meta_feature_names=()
        )
        _fit_score(recommender, without, replace(target, meta_features=np.empty(0)))
        features = world.meta.meta_features.copy()
        features[::3, 0] = np.nan
        features[:, 2], features[:, 3] = 5.0, np.nan
        features[1, 0] = np.inf
        meta = replace(world.meta, meta_features=features)
        for seen in (target, replace(target, meta_features=np.array([np.nan, 1e300, 0, np.inf]))):
            _fit_score(recommender, meta, seen)

    def test_ties(self, recommender: Recommender, world: World, target: TargetTask) -> None:
        """Constant tasks, equal configurations, equal observed losses."""
        losses = np.round(world.meta.losses, 1)
        losses[:5] = 0.5
        losses[:, 6] = losses[:, 5]
        meta = replace(world.meta, losses=losses)
        _fit_score(recommender, meta, target)
        _fit_score(recommender, meta, replace(target, observed_losses=np.full(4, 0.25)))
        _fit_score(recommender, replace(meta, losses=np.full_like(losses, 0.5)), target)

    def test_one_task(self, recommender: Recommender, world: World, target: TargetTask) -> None:
        """One source task is sufficient."""
        meta = world.meta.take([0])
        for seen in (TargetTask(), TargetTask(target.meta_features), target):
            _fit_score(recommender, meta, seen)

    def test_one_configuration(self, recommender: Recommender, world: World) -> None:
        """A single configuration raises no error."""
        meta = world.meta.take(configurations=[4])
        _fit_score(recommender, meta, TargetTask(world.target_meta_features[0]))
        _fit_score(recommender, meta, TargetTask().tell(0, 0.3))

    def test_nothing_known(self, recommender: Recommender, world: World) -> None:
        """Without any task the error message names the requirement."""
        with pytest.raises(NotEnoughMetaDataError, match="at least"):
            recommender.fit(world.meta.take(np.arange(0)), _generator())

    def test_explains(self, recommender: Recommender, world: World, target: TargetTask) -> None:
        """Task weights, where offered: non-negative, sum 1, in the order of the tasks."""
        ranker = recommender.fit(world.meta, _generator())
        if not isinstance(ranker, Explains):
            return
        order = _generator().permutation(world.meta.n_tasks)
        shuffled = recommender.fit(world.meta.take(order), _generator())
        assert isinstance(shuffled, Explains)
        for seen in (TargetTask(), TargetTask(target.meta_features), target):
            weights = ranker.task_weights(seen)
            assert weights.shape == (world.meta.n_tasks,)
            assert (weights >= 0.0).all()
            assert weights.sum() == pytest.approx(1.0)
            np.testing.assert_allclose(shuffled.task_weights(seen), weights[order], atol=1e-9)

    @pytest.mark.parametrize("share", [0.0, 0.5])
    def test_finds_the_best(
        self, recommender: Recommender, request: pytest.FixtureRequest, share: float
    ) -> None:
        """The one configuration that is best everywhere comes within the first three."""
        limits: Mapping[str, str] = getattr(recommender, "limits", {})
        if FINDS_THE_BEST in limits:
            request.applymarker(pytest.mark.xfail(strict=True, reason=limits[FINDS_THE_BEST]))
        world = one_best(np.random.default_rng(3))
        meta = with_holes(world.meta, share, _generator()) if share else world.meta
        ranker = recommender.fit(meta, _generator())
        assert regret_after(world, ranker, 3).max() == 0.0
