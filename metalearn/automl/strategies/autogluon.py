"""Preset `autogluon`: a portfolio without search, bagged models, a greedy ensemble, stacking."""

from metalearn.automl.initial_designs import Defaults, Recommended
from metalearn.automl.strategy import Improvement, Strategy

__all__ = ["STRATEGY"]

STRATEGY = Strategy(
    name="autogluon",
    after="AutoGluon (Erickson et al. 2020; Salinas & Erickson 2024)",
    initial=(Recommended(40, follows=False), Defaults()),
    improvement=Improvement(ways=("greedy",), rounds=40, restarts=False, refit="never"),
    memory="portfolio",
    keeps="a portfolio learned on other tasks and no search; models of all folds are averaged; "
    "greedy selection of 40 rounds; a second level",
    differs="our learners, without neural networks of their own; a second level only where it "
    "pays on left-out folds; the length of the portfolio does not depend on the rows",
)
