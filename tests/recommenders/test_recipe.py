"""A fitted recommender is kept as what it was fitted from, and comes back bit by bit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from metalearn.core.task import TargetTask
from metalearn.errors import InputError, UnknownNameError
from metalearn.recommenders.recipe import Recipe, meta_dataset_digest
from metalearn.testing.worlds import World, clusters


@pytest.fixture(scope="module")
def world() -> World:
    return clusters(np.random.default_rng(1))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("default", {}),
        ("forest-portfolio", {"uniform": 0.5, "n_components": 4}),
        ("low-rank", {"n_probes": 2, "rank": None}),
        ("random", {}),
    ],
)
def test_the_same_ranker_comes_back(
    name: str, options: dict[str, float | None], world: World, tmp_path: Path
) -> None:
    recipe = Recipe.of(name, world.meta, options, seed=3)
    recipe.save(tmp_path / "recipe.json")
    again = Recipe.load(tmp_path / "recipe.json")
    assert again == recipe
    target = TargetTask(world.target_meta_features[0]).tell(2, 0.25)
    first, second = (r.fit(world.meta).score(target) for r in (recipe, again))
    np.testing.assert_array_equal(first, second)


def test_another_seed_or_option_is_another_recipe(world: World) -> None:
    recipes = [
        Recipe.of("forest-portfolio", world.meta, {"uniform": share}, seed)
        for share, seed in ((0.1, 0), (0.1, 1), (0.9, 0))
    ]
    target = TargetTask(world.target_meta_features[0])
    first, seeded, other = (r.fit(world.meta).task_weights(target) for r in recipes)  # type: ignore[attr-defined]  # this method explains
    assert (first != seeded).any()
    assert (first != other).any()


@pytest.mark.parametrize("field", ["losses", "runtimes_s", "meta_features", "failed", "groups"])
def test_any_value_changed_is_another_meta_dataset(field: str, world: World) -> None:
    values = np.array(getattr(world.meta, field))
    values.flat[1] = 1 - values.flat[1] if field == "failed" else 0.125
    other = replace(world.meta, **{field: values})  # type: ignore[arg-type]  # an array field
    assert meta_dataset_digest(other) != meta_dataset_digest(world.meta)
    with pytest.raises(InputError, match="another meta-dataset"):
        Recipe.of("portfolio", world.meta).fit(other)


def test_the_digest_is_of_values(world: World) -> None:
    losses = np.array(world.meta.losses)
    losses[0, :2] = np.nan, 0.0
    again = losses.copy()
    again[0, :2] = -np.float64(np.nan), -0.0
    same = (meta_dataset_digest(replace(world.meta, losses=found)) for found in (losses, again))
    assert len(set(same)) == 1


def test_what_cannot_be_read_is_said(world: World, tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    with pytest.raises(InputError, match="cannot read"):
        Recipe.load(path)
    for text in ("[]", "{}", "no JSON"):
        path.write_text(text)
        with pytest.raises(InputError, match="no recipe"):
            Recipe.load(path)
    Recipe.of("portfolio", world.meta).save(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema_version": 2}))
    with pytest.raises(InputError, match="version 1"):
        Recipe.load(path)
    with pytest.raises(InputError, match="options of 'portfolio'"):
        Recipe.of("portfolio", world.meta, {"no": 1.0}).fit(world.meta)
    with pytest.raises(UnknownNameError):
        Recipe.of("no", world.meta)
