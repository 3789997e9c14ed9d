"""A warm start over the user's own space: read it, match it to ours, translate stored runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.core.seams import Density
from metalearn.core.space import Space
from metalearn.core.space_mapping import SpaceMapping
from metalearn.core.task import Kind
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.learners.matching import match_space, meant_by
from metalearn.learners.natural_space import natural_space
from metalearn.workflows.foreign_objects import read_space

__all__ = ["in_user_space", "natural_mapping", "space_mapping"]

_PRIOR_POINTS = 256


def space_mapping(
    space: Any,
    *,
    estimator: Any = None,
    algorithm: str | None = None,
    kind: Kind | None = None,
    names: Mapping[str, str | None] | None = None,
    n_features: int | None = None,
) -> SpaceMapping:
    """Return the mapping between a user's own space and ours; print it to inspect it.

    Args:
        space: The space of any library with a bridge
            (`metalearn.workflows.foreign_objects.read_space`); None for all arguments of the
            estimator that are axes of our space.
        estimator: The estimator that it belongs to, alone or in a Pipeline.
        algorithm: Name of our learner, if there is no estimator.
        kind: `classification` or `regression`, where the estimator leaves it open.
        names: Our axis by the user's name, where it is not found; None leaves the parameter to
            the user's optimizer.
        n_features: Columns that the estimator sees, for arguments that count them.

    Raises:
        InputError: If the space or one of its parameters cannot be read.
        UnknownNameError: If the estimator is not in the catalogue.
        UsageError: If neither an estimator nor an algorithm is given.
    """
    meant = meant_by(estimator, algorithm, kind)
    if space is None:
        return match_space(natural_space(meant), meant, names=names, n_features=n_features)
    library, read = read_space(space)
    found = match_space(read, meant, names=names, n_features=n_features)
    return replace(found, library=library, original=space)


def natural_mapping(estimator: Any) -> SpaceMapping:
    """Return the mapping to all arguments of an estimator that are axes of our space."""
    return space_mapping(None, estimator=estimator)


def in_user_space(warm: WarmStart, mapping: SpaceMapping, k: int) -> WarmStart:
    """Translate a warm start over one of our spaces to the user's space.

    Args:
        warm: In `mapping.ours`; with more configurations than needed, since some may be dropped.
        mapping: Between the two spaces.
        k: Maximum number of configurations to keep.
    """
    configurations, notes = mapping.initial_design(warm.configurations)
    sources = [_source(history, mapping) for history in warm.sources]
    keep = [i for i, history in enumerate(sources) if len(history)]
    weights = warm.weights[keep]
    total = float(weights.sum())
    # The request had a larger k than the user's, hence this note on its length is wrong here.
    known = tuple(note for note in warm.notes if not note.endswith("no more are known"))
    if len(configurations) < k:
        notes = (*notes, f"{len(configurations)} configurations instead of {k} fit your space")
    return replace(
        warm,
        space=mapping.theirs,
        configurations=configurations[:k],
        sources=tuple(sources[i] for i in keep),
        weights=weights / total if total > 0 else np.full(len(keep), 1 / max(len(keep), 1)),
        prior=_prior(warm.prior, mapping),
        observations=_observations(warm.observations, mapping),
        notes=(*known, *mapping.notes, *notes),
        mapping=mapping,
        ranking=None if warm.ranking is None else warm.ranking.mapped(partial(_place, mapping)),
    )


def _place(mapping: SpaceMapping, configuration: Configuration) -> Configuration | None:
    found = mapping.to_theirs(configuration)
    return None if isinstance(found, str) else found


def _source(history: History, mapping: SpaceMapping) -> History:
    points, rows = mapping.translated(history.X)
    return History(points, history.y[list(rows)], history.task)


def _prior(prior: Density | None, mapping: SpaceMapping) -> Density | None:
    """Return the prior over the user's space: a new KDE of its translated points."""
    from metalearn.priors import KDEPrior, Pool

    if prior is None:
        return None
    if isinstance(prior, KDEPrior):
        pool, uniform, joint = prior.pool, prior.uniform, prior.joint
    else:
        drawn = prior.sample_points(_PRIOR_POINTS, np.random.default_rng(0))
        pool, uniform, joint = Pool(drawn, np.full(len(drawn), 1 / len(drawn)), ()), 0.1, True
    points, rows = mapping.translated(pool.points)
    weights = pool.weights[list(rows)]
    kept = Pool(points, weights / (weights.sum() or 1.0), pool.tasks, pool.notes)
    return KDEPrior(Space(mapping.theirs.algorithm, mapping.theirs.config_space), kept,
                    uniform=uniform, joint=joint)  # fmt: skip


def _observations(trials: tuple[Trial, ...], mapping: SpaceMapping) -> tuple[Trial, ...]:
    found = [(trial, mapping.to_theirs(trial.configuration)) for trial in trials]
    return tuple(replace(t, configuration=c) for t, c in found if not isinstance(c, str))
