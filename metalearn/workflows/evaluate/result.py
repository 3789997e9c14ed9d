"""Result of `evaluate`: regret curves, their means and intervals, ranks, and tests.

Means come with bootstrap intervals over tasks, ranks with Friedman's test and Nemenyi's critical
difference, and every method is compared with a reference by Wilcoxon's signed-rank test and by
wins, ties and losses (METHODS 12.3 to 12.5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.json_numbers import finite_or_null
from metalearn.numerics.statistics.bootstrap import bootstrap_means
from metalearn.numerics.statistics.critical_difference import friedman, nemenyi_cd, task_ranks

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Comparison", "EvaluationResult", "MethodRow", "Protocol", "RankTest", "Seconds"]

TIE = 1e-3
"""Regrets closer than this tie (METHODS 12.3)."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """The settings of a comparison.

    Attributes:
        metric: Name of the metric.
        split: `10-fold` or `leave-one-task-out`.
        seed: Seed of folds and methods.
        n_folds: Number of folds.
        n_tasks: Evaluated tasks; those with all losses equal are only trained on.
        n_tasks_known: All tasks.
        n_configurations: Number of configurations.
        n_evaluations: Observed losses.
        n_groups: Groups of near-duplicate tasks, which are never split.
        snapshot: Digest of the snapshot of the store; "" if there is none.
    """

    metric: str
    split: str
    seed: int
    n_folds: int
    n_tasks: int
    n_tasks_known: int
    n_configurations: int
    n_evaluations: int
    n_groups: int
    snapshot: str


@dataclass(frozen=True, slots=True)
class Seconds:
    """Mean seconds of one fit, and of one recommendation."""

    fit: float
    next: float

    def plus(self, other: Seconds) -> Seconds:
        """Return the sum."""
        return Seconds(self.fit + other.fit, self.next + other.next)


@dataclass(frozen=True, slots=True)
class MethodRow:
    """One method at one k: mean normalized regret with its 95 % interval, and mean rank."""

    recommender: str
    k: int
    regret_mean: float
    regret_low: float
    regret_high: float
    rank_mean: float
    n_tasks: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """One method against the reference at one k, paired over tasks.

    Attributes:
        recommender: The method.
        reference: The method it is compared with.
        k: Number of evaluations.
        difference: Mean regret of the method minus that of the reference; positive = worse.
        difference_low: Lower end of its 95 % bootstrap interval.
        difference_high: Upper end.
        p_value: Wilcoxon's signed-rank test, zeros by Pratt; 1 if all differences are zero.
        wins: Tasks where the method is better by more than 0.001.
        ties: Tasks within 0.001.
        losses: Tasks where it is worse.
    """

    recommender: str
    reference: str
    k: int
    difference: float
    difference_low: float
    difference_high: float
    p_value: float
    wins: int
    ties: int
    losses: int


@dataclass(frozen=True, slots=True)
class RankTest:
    """Friedman's test over methods at one k, and Nemenyi's critical difference at 5 %."""

    k: int
    p_value: float
    critical_difference: float


@dataclass(frozen=True)
class EvaluationResult:
    """Regret curves of recommenders on held-out tasks.

    Attributes:
        protocol: The settings.
        recommenders: Names; the last two are `random` (its exact expectation) and `oracle`.
        ks: Numbers of evaluations at which results are reported, ascending.
        tasks: Names of the tasks played.
        curves: `(n_recommenders, n_tasks, largest k)` normalized regret of the best so far.
        seconds: Seconds of each method that was played.
        skipped: Methods that this meta-dataset does not allow, and why.
    """

    protocol: Protocol
    recommenders: tuple[str, ...]
    ks: tuple[int, ...]
    tasks: tuple[str, ...]
    curves: Floats
    seconds: Mapping[str, Seconds]
    skipped: Mapping[str, str]

    def regret(self, k: int) -> Floats:
        """Return `(n_tasks, n_recommenders)` after `k` evaluations."""
        return np.ascontiguousarray(self.curves[:, :, k - 1].T)

    def ranks(self, k: int) -> Floats:
        """Return `(n_tasks, n_recommenders)`; the oracle is not ranked and gets rank 1."""
        ranks = task_ranks(np.round(self.regret(k)[:, :-1], 9))
        return np.concatenate([ranks, np.ones((len(ranks), 1))], axis=1)

    @cached_property
    def rows(self) -> tuple[MethodRow, ...]:
        """Results by method and k."""
        rows = []
        for k in self.ks:
            regret, ranks = self.regret(k), self.ranks(k).mean(axis=0)
            low, high = bootstrap_means(regret, self._rng())
            for i, (name, mean) in enumerate(
                zip(self.recommenders, regret.mean(axis=0), strict=True)
            ):
                ends = float(low[i]), float(high[i])
                rows.append(MethodRow(name, k, float(mean), *ends, float(ranks[i]), len(regret)))
        place = {name: i for i, name in enumerate(self.recommenders)}
        return tuple(sorted(rows, key=lambda row: (place[row.recommender], row.k)))

    @property
    def reference(self) -> str:
        """The method that others are compared with: `default` if it was played, else the first."""
        return "default" if "default" in self.recommenders else self.recommenders[0]

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Every other method against the reference, at every k."""
        place = self.recommenders.index(self.reference)
        others = [i for i in range(len(self.recommenders) - 1) if i != place]
        return tuple(self._comparison(i, place, k) for i in others for k in self.ks)

    def _comparison(self, i: int, reference: int, k: int) -> Comparison:
        from scipy.stats import wilcoxon

        regret = self.regret(k)
        difference = regret[:, i] - regret[:, reference]
        low, high = bootstrap_means(difference[:, None], self._rng())
        moved = np.abs(difference) > 1e-12
        p_value = 1.0
        if moved.any():
            signed = np.where(moved, difference, 0.0)
            p_value = float(wilcoxon(signed, zero_method="pratt", method="approx").pvalue)
        return Comparison(
            self.recommenders[i], self.recommenders[reference], k, float(difference.mean()),
            float(low[0]), float(high[0]), p_value, int((difference < -TIE).sum()),
            int((np.abs(difference) <= TIE).sum()), int((difference > TIE).sum()),
        )  # fmt: skip

    @cached_property
    def rank_tests(self) -> tuple[RankTest, ...]:
        """Friedman and Nemenyi at every k, over all methods but the oracle."""
        n_methods, n_tasks = len(self.recommenders) - 1, len(self.tasks)
        if n_methods < 2:
            return ()
        critical = nemenyi_cd(n_methods, n_tasks)
        return tuple(
            RankTest(k, friedman(self.ranks(k)[:, :-1]).f_p_value, critical) for k in self.ks
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the document of `metalearn evaluate --json`."""
        protocol = asdict(self.protocol)
        protocol["seconds"] = {name: asdict(value) for name, value in self.seconds.items()}
        protocol["skipped"] = dict(self.skipped)
        results = [{k: finite_or_null(v) for k, v in asdict(row).items()} for row in self.rows]
        return {"protocol": protocol, "results": results}

    def per_task(self) -> pd.DataFrame:
        """Return one row per task, method and k: task, recommender, k, regret, rank."""
        import pandas as pd

        parts = []
        for k in self.ks:
            regret, ranks = self.regret(k), self.ranks(k)
            for i, name in enumerate(self.recommenders):
                parts.append(
                    pd.DataFrame(
                        {"task": self.tasks, "recommender": name, "k": k,
                         "regret": regret[:, i], "rank": ranks[:, i]}
                    )
                )  # fmt: skip
        return pd.concat(parts, ignore_index=True)

    def _rng(self) -> np.random.Generator:
        return np.random.default_rng(self.protocol.seed)
