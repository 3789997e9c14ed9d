"""Splits a fitted ensemble into its parts for a file, and joins them again.

Members share fitted preparations. A file holds each preparation and each model once; pipelines are
pairs of positions, so that shared parts stay shared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from metalearn.automl.predictor import Ensemble

__all__ = ["contents_of", "put_together", "reachable", "taken_apart"]


def contents_of(found: Any) -> Iterator[Any]:
    """Yield what an object holds itself: values of attributes, items of containers."""
    if isinstance(found, Mapping):
        yield from found.values()
    elif isinstance(found, list | tuple | set):
        yield from found
    elif isinstance(found, np.ndarray):
        if found.dtype == object:
            yield from found.ravel()
    elif not isinstance(found, type):
        yield from getattr(found, "__dict__", {}).values()


def reachable(root: Any) -> Iterator[Any]:
    """Yield each object that can be reached from `root` once, itself first."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        found = waiting.pop()
        if id(found) not in seen and not isinstance(found, str | int | float | bool | None):
            seen.add(id(found))
            yield found
            waiting += contents_of(found)


def taken_apart(ensemble: Ensemble, best_pipeline: Any) -> dict[str, Any]:
    """Return an ensemble and its best pipeline as parts, each once.

    Args:
        ensemble: A fitted ensemble.
        best_pipeline: A fitted Pipeline of `prepare` and `model`, or None.

    Returns:
        `preparations` and `models`: lists; `ensemble`: with pairs of positions in them for
        pipelines; `best_pipeline`: such a pair, or None.
    """
    parts: tuple[list[Any], list[Any]] = ([], [])
    places: dict[int, int] = {}

    def place(kind: int, part: Any) -> int:
        if id(part) not in places:
            places[id(part)] = len(parts[kind])
            parts[kind].append(part)
        return places[id(part)]

    def pair(pipeline: Any) -> tuple[int, int]:
        (_, preparation), (_, model) = pipeline.steps
        return place(0, preparation), place(1, model)

    members = tuple(
        replace(member, pipelines=tuple(map(pair, member.pipelines)))
        for member in ensemble.members
    )
    return {
        "ensemble": replace(ensemble, members=members),
        "best_pipeline": None if best_pipeline is None else pair(best_pipeline),
        "preparations": parts[0],
        "models": parts[1],
    }


def put_together(parts: dict[str, Any]) -> tuple[Ensemble, Any]:
    """Return the ensemble and the best pipeline of `taken_apart`.

    Raises:
        TypeError, ValueError, LookupError, AttributeError: If they do not belong together.
    """
    from sklearn.pipeline import Pipeline

    def pipeline(pair: Any) -> Any:
        i, j = map(int, pair)
        if min(i, j) < 0:
            raise IndexError("negative positions")
        return Pipeline([("prepare", parts["preparations"][i]), ("model", parts["models"][j])])

    ensemble: Ensemble = parts["ensemble"]
    members = tuple(
        replace(member, pipelines=tuple(map(pipeline, member.pipelines)))
        for member in ensemble.members
    )
    best = parts["best_pipeline"]
    return replace(ensemble, members=members), None if best is None else pipeline(best)
