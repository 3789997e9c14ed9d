"""Preset `auto-sklearn-2`: a static portfolio by successive halving, then a forest."""

from metalearn.automl.initial_designs import Recommended
from metalearn.automl.strategy import Improvement, Optimized, Rungs, Strategy

__all__ = ["STRATEGY"]

STRATEGY = Strategy(
    name="auto-sklearn-2",
    after="Auto-sklearn 2.0 (Feurer et al. 2022)",
    initial=(Recommended(32, follows=False),),
    search=Optimized("forest"),
    fidelity=Rungs(eta=4, above_rows=2_000),
    improvement=Improvement(ways=("greedy",), rounds=50, stack=False, restarts=False,
                            calibrate=False),
    memory="portfolio",
    keeps="a greedy portfolio of 32 configurations without meta-features; halving with eta 4; "
    "SMAC; greedy selection",
    differs="no learned choice between folds, hold-out and halving; rungs are rows, theirs are "
    "iterations, for the portfolio alone and above 2,000 rows; halving does not wait for a rung",
)  # fmt: skip
