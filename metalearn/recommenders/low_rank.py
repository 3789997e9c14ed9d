"""OBOE: designed probes locate the target in a low-rank space of tasks (METHODS 8.1).

Yang, Akimoto, Kim & Udell 2019, with the greedy design of TensorOboe (Yang, Fan, Wu & Udell 2020)
and its start from the configuration that is best on average. Two differences from the published
code: it solves plain least squares, which is unstable when there are about as many evaluations as
factors, whereas this code takes the posterior mean under the factors of the known tasks; and it
overwrites measured losses by fitted ones, which this code never does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.numerics.matrix.d_optimal_design import greedy_d_optimal
from metalearn.numerics.matrix.low_rank import truncated_svd
from metalearn.numerics.matrix.ppca import fit_ppca
from metalearn.recommenders.loss_scale import LossScale, loss_scale
from metalearn.recommenders.prepared_meta import as_scores, measured, prepared_meta

__all__ = ["LowRank", "LowRankRanker"]

_THRESHOLD = 0.05  # factors whose singular value is at least this share of the first


class LowRank:
    """Probes by D-optimal design, then configurations by their predicted loss.

    Args:
        rank: Number of factors; None: singular values of at least 5 % of the first, as published.
        n_probes: Number of exploring evaluations before the predicted best are evaluated; the
            first of them is the configuration that is best on average.
        probe_budget_s: Seconds for all probes together. The design then prefers cheap probes, and
            no single one may take more than budget / (2 rank). None: equal costs.

    Overview:
        idea: OBOE: probes by experiment design, posterior in a low-rank space
        adapts: yes
    """

    def __init__(
        self, rank: int | None = None, n_probes: int = 3, probe_budget_s: float | None = None
    ) -> None:
        self.rank = rank
        self.n_probes = n_probes
        self.probe_budget_s = probe_budget_s

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> LowRankRanker:  # noqa: ARG002
        """Return the ranker; deterministic."""
        known = prepared_meta(meta, "low-rank")
        scale = loss_scale(meta.metric, known.losses)
        losses = scale.apply(known.losses)
        zero = float(np.nanmean(losses)) if scale.is_log and np.isfinite(losses).any() else 0.0
        losses = losses - zero
        rows = losses[np.isfinite(losses).any(axis=1)]
        rows = rows if len(rows) else np.zeros_like(losses)
        rows = rows if np.isfinite(rows).all() else fit_ppca(rows).fill(rows)
        left, singular, right = truncated_svd(rows, min(rows.shape))
        significant = max(int((singular >= _THRESHOLD * singular[0]).sum()), 1)
        rank = min(significant if self.rank is None else self.rank, len(singular))
        factors = left[:, :rank] * singular[:rank]
        residual = rows - factors @ right[:rank]
        noise = max(float((residual**2).mean()), 1e-6 * float((rows**2).mean()), 1e-12)
        spread = np.atleast_2d(np.cov(factors, rowvar=False, bias=True))
        return LowRankRanker(
            scale,
            zero,
            np.ascontiguousarray(right[:rank].T),
            factors.mean(axis=0),
            np.asarray(noise * np.linalg.inv(spread + noise * np.eye(rank)), dtype=np.float64),
            _typical_seconds(meta.runtimes_s),
            self.n_probes,
            np.inf if self.probe_budget_s is None else self.probe_budget_s,
        )


@dataclass(frozen=True, slots=True)
class LowRankRanker:
    """The fitted recommender; see `LowRank`.

    Attributes:
        scale: Scale on which losses are low-rank.
        zero: Mean logarithm of the known losses, subtracted so that their unit does not matter;
            0 if the scale is linear.
        columns: Factors of the configurations, `(n_configurations, rank)`.
        centre: Mean of the known tasks' factors, `(rank,)`.
        precision: Noise variance times the inverse of their covariance, `(rank, rank)`.
        seconds: Typical runtime of each configuration, `(n_configurations,)`.
        n_probes: Number of exploring evaluations.
        probe_budget_s: Seconds for them; infinite without a budget.
    """

    scale: LossScale
    zero: float
    columns: Floats
    centre: Floats
    precision: Floats
    seconds: Floats
    n_probes: int
    probe_budget_s: float

    def predict(self, target: TargetTask) -> Floats:
        """Return the fitted row, `(n_configurations,)`, with measured losses kept.

        On the scale of the factors: the logarithm of the loss if the metric is unbounded.
        """
        seen = measured(target)
        if seen.failed.all():
            return self.zero + self.columns @ self.centre
        losses, design = self.scale.apply(seen.losses) - self.zero, self.columns[seen.indices]
        moment = design.T @ (losses - design @ self.centre)
        shift = np.linalg.solve(self.precision + design.T @ design, moment)
        row = self.columns @ (self.centre + shift)
        row[seen.indices] = losses
        return self.zero + row

    def score(self, target: TargetTask) -> Floats:
        """Return positions: best on average, then probes by design, then by predicted loss."""
        row = self.predict(target)
        order = np.argsort(np.round(row, 12), kind="stable")
        probes = self._probes(target, int(order[0]))
        rest = order[~np.isin(order, probes) & ~np.isin(order, target.observed)]
        return as_scores(np.concatenate([probes, rest]), len(row))

    def _probes(self, target: TargetTask, best: int) -> Ints:
        """Return the remaining probes; the very first one is the best on average."""
        first = np.array([best] if target.n_observed == 0 else [], dtype=np.int64)
        done = np.concatenate([target.observed, first])
        n = self.n_probes - len(done)
        if n <= 0:
            return first
        available = np.ones(len(self.columns), dtype=np.bool_)
        available[done] = False
        cost, budget = None, self.probe_budget_s
        if np.isfinite(budget):
            cost = self.seconds
            available &= cost <= budget / (2 * len(self.centre))
            spent = np.where(
                target.observed_runtimes_s >= 0, target.observed_runtimes_s, cost[target.observed]
            )
            budget -= float(spent.sum()) + float(cost[first].sum())
        information = self.precision + self.columns[done].T @ self.columns[done]
        designed = greedy_d_optimal(
            self.columns, n, information=information, cost=cost, budget=budget, available=available
        )
        return np.concatenate([first, designed])


def _typical_seconds(runtimes_s: Floats) -> Floats:
    """Return `(n_configurations,)` medians over tasks; without a runtime, the overall median."""
    timed = runtimes_s > 0
    overall = float(np.median(runtimes_s[timed])) if timed.any() else 1.0
    columns = [seconds[seconds > 0] for seconds in runtimes_s.T]
    return np.array([np.median(seconds) if len(seconds) else overall for seconds in columns])
