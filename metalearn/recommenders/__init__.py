"""Recommenders: rank configurations for a new task, learned from losses on known tasks."""

from metalearn.catalogue import Catalogue
from metalearn.core.seams import Recommender

__all__ = ["CATALOGUE", "get", "names"]

CATALOGUE: Catalogue[type[Recommender]] = Catalogue(
    "recommender",
    {
        "forest-mixture": "metalearn.recommenders.forest_mixture:ForestMixture",
        "random": "metalearn.recommenders.random:Random",
        "average-rank": "metalearn.recommenders.average_rank:AverageRank",
        "a3r": "metalearn.recommenders.a3r:A3R",
        "portfolio": "metalearn.recommenders.portfolio:Portfolio",
        "portfolio-cost": "metalearn.recommenders.portfolio_cost:PortfolioCost",
        "portfolio-mip": "metalearn.recommenders.portfolio_mip:PortfolioMIP",
        "nearest-tasks": "metalearn.recommenders.nearest_tasks:NearestTasks",
        "gaussian-rows": "metalearn.recommenders.gaussian_rows:GaussianRows",
        "kernel-portfolio": "metalearn.recommenders.kernel_portfolio:KernelPortfolio",
        "forest-portfolio": "metalearn.recommenders.forest_portfolio:ForestPortfolio",
        "active-testing": "metalearn.recommenders.active_testing:ActiveTesting",
        "active-testing-at0": "metalearn.recommenders.active_testing:ActiveTestingAT0",
        "active-testing-a3r": "metalearn.recommenders.active_testing:ActiveTestingA3R",
        "active-testing-set": "metalearn.recommenders.active_testing:ActiveTestingSet",
        "low-rank": "metalearn.recommenders.low_rank:LowRank",
        "als": "metalearn.recommenders.als:ALS",
        "implicit": "metalearn.recommenders.implicit:Implicit",
        "pmf": "metalearn.recommenders.pmf:PMF",
        "meta-model": "metalearn.recommenders.meta_model:MetaModel",
        "pair-model": "metalearn.recommenders.pair_model:PairModel",
        "label-ranking": "metalearn.recommenders.label_ranking:LabelRanking",
        "pairwise-ranking": "metalearn.recommenders.label_ranking:PairwiseRanking",
        "learned-similarity": "metalearn.recommenders.learned_similarity:LearnedSimilarity",
        "zero-shot-surrogate": "metalearn.recommenders.zero_shot_surrogate:ZeroShotSurrogate",
        "learned-policy": "metalearn.recommenders.learned_policy:LearnedPolicy",
    },
    aliases={"default": "forest-mixture"},
)


def names() -> tuple[str, ...]:
    """Return the names of all recommenders, without aliases."""
    return CATALOGUE.names()


def get(name: str) -> type[Recommender]:
    """Return the class of that name: `get("portfolio")().fit(meta, rng).score(target)`.

    Raises:
        UnknownNameError: If there is no such recommender.
    """
    return CATALOGUE.get(name)
