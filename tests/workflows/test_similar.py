"""`similar` names the tasks of the same kind and says by which meta-features."""

from __future__ import annotations

import json

import numpy as np
import pytest

from metalearn.core import Configuration, MetaDataset, Task, metric_named
from metalearn.core.task import TargetTask
from metalearn.errors import NotEnoughMetaDataError, UsageError
from metalearn.plots.task_map import TaskMap, draw_task_map, label_places, task_map_data
from metalearn.recommenders.forest_mixture import ForestMixture
from metalearn.workflows.similar import similar_to

NAMES = ("size", "telling", "noise")


def _meta(n_tasks=24):
    rng = np.random.default_rng(0)
    kind = np.arange(n_tasks) % 2
    features = np.column_stack(
        [rng.normal(size=n_tasks), kind + 0.1 * rng.normal(size=n_tasks), rng.normal(size=n_tasks)]
    )
    losses = rng.normal(size=(2, 12))[kind] + 0.2 * rng.normal(size=(n_tasks, 12))
    tasks = tuple(Task(f"t{i}", f"{'even' if i % 2 == 0 else 'odd'} {i}") for i in range(n_tasks))
    configurations = tuple(Configuration("a", {"x": i}) for i in range(12))
    return MetaDataset(
        metric_named("accuracy"), tasks, configurations, losses,
        meta_features=features, meta_feature_names=NAMES, snapshot="s",
    )  # fmt: skip


NEW = Task("new", "new", "classification", 100, 3, 2)


def test_the_nearest_tasks_are_of_the_same_kind_and_the_reason_is_named():
    found = similar_to(NEW, np.array([0.0, 1.0, np.nan]), _meta(), n=5)
    assert found.is_learned
    assert all(near.task.name.startswith("odd") for near in found.neighbours)
    similarities = [near.similarity for near in found.neighbours]
    assert similarities == sorted(similarities, reverse=True)
    assert similarities[0] == 1.0
    closer = {item.name for near in found.neighbours for item in near.closer}
    assert "telling" in closer
    assert "noise" not in closer  # unknown here, so it cannot count
    assert found.places.shape == (25, 2)
    json.dumps(found.document(), allow_nan=False)


def test_the_map_holds_every_task_once():
    found = similar_to(NEW, np.array([0.0, 1.0, 0.0]), _meta(), n=3)
    data = task_map_data(found)
    frame = data.to_frame()
    assert len(frame) == 25
    assert sorted(frame.loc[frame["rank"] > 0, "rank"]) == [1, 2, 3]
    assert frame.loc[frame["rank"] == -1, "task"].tolist() == ["new"]
    drawn = draw_task_map(data)
    assert {text.get_text() for text in drawn.axes[0].texts} == {"1", "2", "3"}
    listed = [text.get_text() for text in drawn.legends[0].get_texts()]
    assert listed[-3:] == [near.task.name for near in found.neighbours]


def test_numbers_on_the_map_do_not_cover_each_other():
    rng = np.random.default_rng(3)
    places = np.vstack([rng.normal(size=(30, 2)), 0.02 * rng.normal(size=(11, 2))])
    data = TaskMap(tuple(map(str, range(41))), places, (*[0] * 30, *range(1, 11)))
    where = label_places(data)
    points = places * 320 / np.ptp(places, axis=0).max()
    at = np.array([points[k] + where[k] for k in where])
    apart = np.linalg.norm(at[:, None] - at[None], axis=2) + 100 * np.eye(10)
    assert apart.min() > 6.0


def test_too_little_is_explained():
    meta = _meta()
    with pytest.raises(UsageError, match="at least 1"):
        similar_to(NEW, np.zeros(3), meta, n=0)
    with pytest.raises(NotEnoughMetaDataError, match="the snapshot has 1"):
        similar_to(NEW, np.zeros(3), meta.take(tasks=[0]))


def test_similarity_is_that_of_the_evidence_of_the_default_recommender():
    meta, features = _meta(), np.array([0.0, 1.0, 0.3])
    weights = (
        ForestMixture().fit(meta, np.random.default_rng(0)).task_weights(TargetTask(features))
    )
    found = similar_to(NEW, features, meta, n=24)
    listed = {near.task.key: near.similarity for near in found.neighbours}
    expected = {t.key: w / weights.max() for t, w in zip(meta.tasks, weights, strict=True)}
    assert listed == pytest.approx(expected, abs=1e-4)
