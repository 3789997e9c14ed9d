"""Recommenders: from what happened on known tasks to what to try on a new one."""

from metalearn.core.catalogue import Catalogue
from metalearn.core.seams import Recommender

__all__ = ["CATALOGUE", "get", "names"]

CATALOGUE: Catalogue[type[Recommender]] = Catalogue(
    "recommender",
    {
        "random": "metalearn.recommenders.random:Random",
        "average-rank": "metalearn.recommenders.average_rank:AverageRank",
        "portfolio": "metalearn.recommenders.portfolio:Portfolio",
        "nearest-tasks": "metalearn.recommenders.nearest_tasks:NearestTasks",
        "gaussian-rows": "metalearn.recommenders.gaussian_rows:GaussianRows",
    },
)


def names() -> tuple[str, ...]:
    """Return the names of all recommenders."""
    return CATALOGUE.names()


def get(name: str) -> type[Recommender]:
    """Return the class of that name: `get("portfolio")().fit(meta, rng).score(target)`.

    Raises:
        UnknownNameError: If there is no such recommender.
    """
    return CATALOGUE.get(name)
