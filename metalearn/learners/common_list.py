"""The common list: one seeded, ordered, endless list of configurations per kind of task.

Every task is evaluated on a prefix of the same list, so the matrix is complete and only grows. The
list holds the default of each algorithm, then random configurations of the algorithms in turn. Its
algorithms and their turns are frozen here: a learner that is added or installed later does not
change the list. Each learner has its own sequence: its default, then random configurations from a
generator named after it. The common list holds the beginnings of its algorithms' sequences.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from itertools import islice

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.task import Kind
from metalearn.learners import CATALOGUE
from metalearn.learners.algorithm import Algorithm

__all__ = ["TURNS", "algorithm_list", "common_list"]

TURNS: Mapping[Kind, Mapping[str, int]] = {
    "classification": {
        "logistic_regression": 3, "elastic_net": 2, "linear_svm": 2, "svc": 8,
        "k_nearest_neighbors": 4, "naive_bayes": 1, "discriminant_analysis": 2,
        "decision_tree": 3, "random_forest": 5, "extra_trees": 5, "gradient_boosting": 6,
        "adaboost": 3, "mlp": 6, "lightgbm": 4,
    },
    "regression": {
        "ridge": 2, "elastic_net": 2, "linear_svm": 2, "svr": 7, "k_nearest_neighbors": 4,
        "decision_tree": 3, "random_forest": 5, "extra_trees": 5, "gradient_boosting": 6,
        "adaboost": 3, "mlp": 6, "lightgbm": 4,
    },
}  # fmt: skip
"""Algorithms of the list in their order, and their turns in each round. Never change it:
results stored under the keys of its configurations (as the bundled data) would not be found."""

_GIVE_UP_AFTER = 10_000  # draws that were all known: a finite space is exhausted


def common_list(kind: Kind, n: int, seed: int = 0) -> list[Configuration]:
    """Return the first `n` configurations of the list; a shorter list is a prefix of a longer."""
    return list(islice(_endless(kind, seed), n))


def algorithm_list(name: str, kind: Kind, n: int, seed: int = 0) -> list[Configuration]:
    """Return the first `n` configurations of one algorithm: its default, then those of its stream.

    If the space has fewer configurations, all of them are returned.

    Raises:
        UnknownNameError: If there is no such algorithm.
        UsageError: If it does not learn this kind of task.
    """
    return list(islice(_sequence(CATALOGUE.get(name), kind, seed), n))


def _endless(kind: Kind, seed: int) -> Iterator[Configuration]:
    turns = TURNS[kind]
    sequences = {name: _sequence(CATALOGUE.get(name), kind, seed) for name in turns}
    for sequence in sequences.values():
        yield next(sequence)
    total = sum(turns.values())
    credit = dict.fromkeys(turns, 0.0)
    while True:
        for name, share in turns.items():
            credit[name] += share / total
        turn = max(credit, key=lambda name: credit[name])
        credit[turn] -= 1.0
        drawn = next(sequences[turn], None)
        if drawn is not None:
            yield drawn


def _sequence(algorithm: Algorithm, kind: Kind, seed: int) -> Iterator[Configuration]:
    """Yield the default of an algorithm, then random configurations, none twice."""
    space = algorithm.space(kind)
    default = space.default()
    yield default
    seen = {default.key}
    rng = np.random.default_rng([seed, zlib.crc32(f"{algorithm.name}/{kind}".encode())])
    repeated = 0
    while repeated < _GIVE_UP_AFTER:
        (drawn,) = space.sample(1, rng)
        repeated += 1
        if drawn.key not in seen:
            seen.add(drawn.key)
            repeated = 0
            yield drawn
