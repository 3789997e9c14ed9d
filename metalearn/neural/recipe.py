"""Trained weights as `npz` files with a recipe, and the cache of meta-trained networks.

The recipe names everything that determines the weights: model, options, seed, space, a digest of
the source tasks and the snapshot they came from. Weights are refused for any other recipe.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.errors import InputError

if TYPE_CHECKING:
    from metalearn.neural.network import Weights

__all__ = ["NetworkRecipe", "cache_folder", "digest_of_tasks", "load", "save", "trained"]

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
            known = np.where(np.isnan(values), np.nan, values + 0.0)  # one NaN, one zero
            digest.update(known.astype("<f8").tobytes())
    return digest.hexdigest()


def save(path: Path, weights: Weights, recipe: NetworkRecipe) -> None:
    """Write weights and their recipe; the file appears when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.stem}.{os.getpid()}.part.npz")
    text = np.frombuffer(recipe.text.encode(), dtype=np.uint8)
    arrays = {f"weight.{name}": weights[name] for name in weights}
    np.savez(part, recipe=text, **arrays)  # type: ignore[arg-type]  # stubs take names for options
    part.replace(path)


def load(path: Path, recipe: NetworkRecipe) -> Weights:
    """Return the weights in a file.

    Raises:
        InputError: If the file holds no weights, or those of another recipe.
    """
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            text = bytes(file["recipe"]).decode()
            found = {n.removeprefix("weight."): file[n] for n in file.files if n != "recipe"}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{str(path)!r} holds no weights of a network: {error}; delete it, and train anew"
        ) from error
    if text != recipe.text:
        raise InputError(
            f"{str(path)!r} was trained for another recipe: expected {recipe.text}, got "
            f"{text[:2000]}; train anew on this snapshot"
        )
    return found


def cache_folder() -> Path:
    """Return the folder of trained networks: `$METALEARN_CACHE`, else in the user's cache."""
    named = os.environ.get("METALEARN_CACHE")
    if named:
        return Path(named).expanduser() / "networks"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "metalearn" / "networks"


def trained(recipe: NetworkRecipe, training: Callable[[Path | None], Weights]) -> Weights:
    """Return the weights of a recipe from the cache; else train, and store them there.

    Args:
        recipe: Names the weights.
        training: Is given a file for checkpoints, so that a stopped training goes on from there;
            None if the cache cannot be written.
    """
    path = cache_folder() / f"{recipe.digest}.npz"
    if path.exists():
        try:
            return load(path, recipe)
        except InputError as error:
            _LOG.warning("%s", error)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        weights = training(path.with_suffix(".state.npz"))
        save(path, weights, recipe)
    except OSError as error:
        _LOG.info("no cache of trained networks in %s: %s", path.parent, error)
        weights = training(None)
    return weights
