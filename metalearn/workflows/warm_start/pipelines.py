"""The warm start of pipelines: recommended, of frequent operators, and uniformly random ones.

A third of the initial design are configurations that are recommended, each as a chain of length
one. A third are drawn by the frequencies of operators among the best decile of the pipelines of
every known task; without stored pipelines, they are recommended as well. The last third is
uniform (METHODS-2 C).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.dummy import DUMMY
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import Metric
from metalearn.errors import InputError, NotEnoughMetaDataError, UnknownNameError
from metalearn.pipelines import ALGORITHM_NAME, Genotype, PipelineSpace, genotype_of
from metalearn.pipelines.frequencies import Frequencies

if TYPE_CHECKING:
    from metalearn.store import Store

__all__ = ["good_pipelines", "pipeline_design", "stored_pipelines"]

_BEST = 0.1
_TRIES = 50


def stored_pipelines(store: Store, space: PipelineSpace, metric: Metric) -> MetaDataset | None:
    """Return the stored pipelines of all tasks of the space's kind; None if there are none."""
    try:
        found = store.meta_dataset(metric.name, kind=space.kind, algorithms=ALGORITHM_NAME)
    except (NotEnoughMetaDataError, UnknownNameError):
        return None
    return found if found.n_configurations else None


def good_pipelines(
    stored: MetaDataset, space: PipelineSpace, unwanted: Sequence[str]
) -> list[Genotype]:
    """Return the best decile of the pipelines of every task, at least one per task.

    Args:
        stored: Tasks x pipelines.
        space: Only its pipelines count.
        unwanted: Names and keys of tasks to leave out, with their near-duplicates.
    """
    named = np.array([t.name in unwanted or t.key in unwanted for t in stored.tasks], np.bool_)
    kept = ~np.isin(stored.groups, stored.groups[named])
    found: list[Genotype] = []
    for losses in stored.losses[kept]:
        known = np.flatnonzero(np.isfinite(losses))
        best = known[np.argsort(losses[known], kind="stable")][: math.ceil(_BEST * len(known))]
        found += [genotype for i in best if (genotype := _read(stored.configurations[i]))]
    return [each for each in found if space.grammar.is_valid(each)]


def pipeline_design(
    space: PipelineSpace,
    k: int,
    recommended: Sequence[Configuration],
    good: Sequence[Genotype],
    rng: np.random.Generator,
) -> tuple[Configuration, ...]:
    """Return up to `k` different pipelines: recommended, drawn by frequency, and random ones.

    Args:
        space: Where to search.
        k: Length of the design.
        recommended: Configurations of learners or pipelines, best first.
        good: Good pipelines of other tasks.
        rng: Source of all randomness.
    """
    n_drawn = k // 3 if good else 0
    n_random = k // 3
    chains = [space.canonical(space.wrapped(c)) for c in recommended if c.algorithm != DUMMY]
    allowed = list(dict.fromkeys(chain for chain in chains if space.is_allowed(chain)))
    found = dict.fromkeys(allowed[: k - n_drawn - n_random])
    draws = Frequencies(good)
    for n, how in ((n_drawn, draws), (n_random, None)):
        wanted = len(found) + n
        for _ in range(_TRIES * n):
            if len(found) < wanted:
                found.setdefault(space.sample(1, rng, how)[0])
    return tuple(found)


def _read(configuration: Configuration) -> Genotype | None:
    try:
        return genotype_of(configuration)
    except InputError:  # a row of another version is no pipeline of this one
        return None
