"""Recipes of trained weights, and the weights kept under them in the cache.

The recipe names everything that determines the weights: model, options, seed, space, a digest of
the source tasks and the snapshot they came from. Any other recipe misses.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from metalearn.core.array_cache import ArrayCache, default_cache
from metalearn.core.arrays import Floats, plain_bytes

if TYPE_CHECKING:
    from metalearn.neural.network import Weights

__all__ = ["NetworkRecipe", "digest_of_tasks", "trained"]

_LOG = logging.getLogger(__name__)
_FORMAT, _VERSION = "metalearn network", 1


@dataclass(frozen=True, slots=True)
class NetworkRecipe:
    """Everything that determines trained weights.

    Attributes:
        model: Name of the model.
        tasks: `digest_of_tasks` of the source tasks.
        options: Settings of the model and its training.
        seed: Seed of first weights and batches.
        space: Names of the axes, which say what the inputs mean.
        snapshot: Snapshot of the store that the tasks came from; "" if unknown.
    """

    model: str
    tasks: str
    options: Mapping[str, float | str] = field(default_factory=dict)
    seed: int = 0
    space: tuple[str, ...] = ()
    snapshot: str = ""

    @property
    def text(self) -> str:
        """The recipe as canonical JSON."""
        fields = {"format": _FORMAT, "schema_version": _VERSION, **asdict(self)}
        return json.dumps(fields, sort_keys=True)

    @property
    def digest(self) -> str:
        """SHA-256 of the recipe."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def digest_of_tasks(tasks: Sequence[tuple[Floats, Floats]]) -> str:
    """Return the SHA-256 of points `(n, n_columns)` and losses `(n,)` of tasks, in order."""
    digest = hashlib.sha256()
    for points, losses in tasks:
        digest.update(repr(points.shape).encode())
        for values in (points, losses):
            digest.update(plain_bytes(values))
    return digest.hexdigest()


def trained(recipe: NetworkRecipe, training: Callable[[Path | None], Weights]) -> Weights:
    """Return the weights of a recipe from the cache; else train, and keep them there.

    Args:
        recipe: Names the weights; those of any other recipe are never taken.
        training: Is given a file for checkpoints, so that a stopped training goes on from there;
            None if nothing can be kept.
    """
    cache = default_cache()
    kept: Weights | None = cache.read(recipe.text)
    if kept is not None:
        return kept
    weights = _resumable(cache, recipe, training)
    cache.keep(recipe.text, weights)
    return weights


def _resumable(
    cache: ArrayCache, recipe: NetworkRecipe, training: Callable[[Path | None], Weights]
) -> Weights:
    if cache.folder is None:
        return training(None)
    try:
        cache.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return training(cache.folder / f"training-{recipe.digest[:32]}.part")
    except OSError as error:
        _LOG.info("training without checkpoints, %s cannot be written: %s", cache.folder, error)
        return training(None)
