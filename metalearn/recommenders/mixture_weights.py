"""Mixtures over known rows for the default recommender, and their shares (METHODS 8.5, 9).

Four mixtures combine two bandwidths (the target is close to one known row, or a new draw from the
Gaussian of all rows) with two standard deviations of the target's unknown level (narrow: equal
losses mean equal difficulty; wide: they do not). Two or three evaluations do not determine the
level, so the wide one has no share before the fifth evaluation (five is also the number of degrees
of freedom of the t distribution).

A fifth mixture models the target's row as a surface of its own, smooth in the hyperparameters. Its
value depends on the data: with a coarse metric on few test points, optima lie anywhere on a
plateau and known tasks carry no information. Its share follows from held-out rows of known tasks:
the odds against the Gaussian row model are the ratio of mean likelihoods, tempered by `trust`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.core.encoding import encode_configurations
from metalearn.core.meta_dataset import MetaDataset
from metalearn.numerics.imputation import imputed_regret
from metalearn.numerics.matrix.row_mixture import RowMixture, SourceRows
from metalearn.numerics.statistics.regret import row_ends
from metalearn.recommenders.loss_scale import LossScale
from metalearn.recommenders.prepared_meta import PreparedMeta
from metalearn.recommenders.task_order import by_key

__all__ = ["SharedMixture", "mixture_weights"]

COMMON_LEVELS, FREE_LEVELS = (0.2, 1.0), (1.0, 30.0)
NEAR, WIDE = 0.35, 0.999
OWN_SMOOTH, OWN_LEVEL = 0.5, 1.0
FEW = 5
_N_TASKS, _N_CELLS, _LEAST_SHARE = 100, 20, 0.02


@dataclass(frozen=True, slots=True)
class SharedMixture:
    """A mixture and its share.

    Attributes:
        mixture: The mixture.
        first: Share with fewer than `FEW` evaluations.
        later: Share from then on.
    """

    mixture: RowMixture
    first: float
    later: float

    def share(self, n_observed: int) -> float:
        """Return the share after `n_observed` evaluations."""
        return self.first if n_observed < FEW else self.later


def mixture_weights(
    meta: MetaDataset, known: PreparedMeta, scale: LossScale, rng: np.random.Generator
) -> tuple[SharedMixture, ...]:
    """Return mixtures with their shares, which sum to 1 for every number of evaluations.

    Args:
        meta: The known tasks.
        known: The same, prepared.
        scale: The scale of losses on which rows are modelled.
        rng: Draws the cells that are held out.
    """
    losses = scale.apply(known.losses)
    regret = imputed_regret(losses)
    observed = np.isfinite(losses)
    low, high = row_ends(losses)
    nothing = low > high
    low, high = np.where(nothing, 0.0, low), np.where(nothing, 0.0, high)
    ranges = (high - low)[:, 0]
    usual = float(np.median(ranges[ranges > 0])) if (ranges > 0).any() else 1.0
    ranges = np.maximum(ranges, 1e-3 * usual)
    rows = losses
    if not observed.all():
        rows = np.where(observed, losses, low + ranges[:, None] * regret)
    encoded = encode_configurations(meta.configurations).points()
    patterns = regret - regret.mean(axis=0)
    narrow, wide = COMMON_LEVELS if scale.is_common else FREE_LEVELS
    shared_rows = SourceRows.of(rows, patterns, ranges, encoded)
    near = RowMixture(shared_rows, bandwidth=NEAR, level=narrow)
    far = replace(near, bandwidth=WIDE)
    own = replace(far, level=OWN_LEVEL, smooth=OWN_SMOOTH)
    plain = replace(far, level=OWN_LEVEL)
    share = _own_share(own, plain, regret, observed, meta.groups, by_key(meta), rng)
    if share < _LEAST_SHARE:
        share = 0.0
    half, quarter = (1.0 - share) / 2, (1.0 - share) / 4
    shared = [
        SharedMixture(replace(mixture, level=level), half if level == narrow else 0.0, quarter)
        for mixture in (near, far)
        for level in (narrow, wide)
    ]
    return (*shared, SharedMixture(own, share, share)) if share else tuple(shared)


def _own_share(
    own: RowMixture,
    wide: RowMixture,
    regret: Floats,
    observed: Bools,
    groups: Ints,
    order: Ints,
    rng: np.random.Generator,
) -> float:
    """Return the share of the mixture with a smooth surface of its own, against `wide`.

    Args:
        own: Its `smooth`, `level` and `noise` are compared with those of `wide`.
        wide: The Gaussian row model.
        regret: `(n_tasks, n_configurations)`, missing cells imputed.
        observed: Same shape; only observed cells are predicted.
        groups: `(n_tasks,)`; near-duplicates of a held-out task are held out with it.
        order: `(n_tasks,)` indices of the tasks in canonical order.
        rng: Draws the cells.
    """
    gains = []
    for task in order[:: -(-len(order) // _N_TASKS) or 1]:
        others = np.flatnonzero(groups != groups[task])
        cells = np.flatnonzero(observed[task])
        cells = rng.permutation(cells)[:_N_CELLS]
        if len(others) < 2 or len(cells) < 2 or np.ptp(regret[task, cells]) == 0.0:
            continue
        theirs = regret[np.ix_(others, cells)]
        centre = theirs.mean(axis=0)
        surprise = regret[task, cells] - centre
        shared = (theirs - centre).T @ (theirs - centre) / len(others)
        gains.append(
            own.log_likelihood(shared, cells, surprise)
            - wide.log_likelihood(shared, cells, surprise)
        )
    share = 1.0 / (1.0 + np.exp(-wide.trust * np.mean(gains))) if gains else 0.0
    return round(float(share), 6)  # hides rounding errors of linear algebra
