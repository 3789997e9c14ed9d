"""Preset `oboe`: designed probes of the stored matrix, in rounds of doubled time."""

from metalearn.automl.initial_designs import DoublingRounds
from metalearn.automl.strategy import Improvement, Strategy

__all__ = ["STRATEGY"]

STRATEGY = Strategy(
    name="oboe",
    after="OBOE (Yang, Akimoto, Kim & Udell 2019)",
    initial=(DoublingRounds(),),
    improvement=Improvement(ways=("greedy",), rounds=5, stack=False, restarts=False,
                            calibrate=False),
    memory="low-rank",
    keeps="D-optimal probes, then the best of a low-rank matrix; rounds of doubled time with a "
    "model of seconds; an ensemble of at most five rounds",
    differs="the posterior mean in place of least squares; one sequence of trials, a round "
    "does not start anew; our store's configurations",
)  # fmt: skip
