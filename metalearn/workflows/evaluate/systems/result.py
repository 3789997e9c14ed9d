"""Result of `evaluate --systems`: losses, ranks with intervals, wins, and losses over seconds.

A table counts once: losses are averaged over its splits. Ranks come with bootstrap intervals over
tables and Nemenyi's critical difference, and every system is compared with a reference by wins,
ties and losses (METHODS 12.3 to 12.5).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.json_numbers import finite_or_null
from metalearn.errors import InputError
from metalearn.numerics.statistics.bootstrap import bootstrap_means
from metalearn.numerics.statistics.critical_difference import friedman, nemenyi_cd, task_ranks
from metalearn.workflows.evaluate.systems.one_fit import FOREST

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AgainstSystem", "SystemEvaluation", "SystemRow"]

_NUMBERS = ("loss", "fit_s", "cpu_s", "n_trials")  # of a fit, null in a document if unknown
_TIE = 1e-9
"""Relative difference of losses below which two systems tie on a table."""


@dataclass(frozen=True, slots=True)
class SystemRow:
    """One system over all tables.

    Attributes:
        system: Its name.
        rank_mean: Mean rank of its test loss; 1 is best, a fit that failed is last.
        rank_low: Lower end of the 95 % bootstrap interval over tables.
        rank_high: Upper end.
        loss_mean: Mean over tables of the loss, scaled on each: 0 is the best system, 1 the worst.
        fit_s: Mean seconds of a fit on the clock.
        cpu_s: Mean processor seconds of a fit, all processes.
        n_trials: Median number of finished trials; NaN for a single model.
        n_failed: Fits that failed.
        n_late: Fits that took more than 1.05 times the budget and a second.
        n_tables: Number of tables.
    """

    system: str
    rank_mean: float
    rank_low: float
    rank_high: float
    loss_mean: float
    fit_s: float
    cpu_s: float
    n_trials: float
    n_failed: int
    n_late: int
    n_tables: int


@dataclass(frozen=True, slots=True)
class AgainstSystem:
    """One system against another, paired over tables.

    Attributes:
        system: The system.
        reference: The other one.
        wins: Tables where the system has the lower loss.
        ties: Tables of equal loss.
        losses: Tables where it has the higher loss.
        ahead: Share of tables ahead, a tie is a half.
        ahead_low: Lower end of its 95 % bootstrap interval.
        ahead_high: Upper end.
    """

    system: str
    reference: str
    wins: int
    ties: int
    losses: int
    ahead: float
    ahead_low: float
    ahead_high: float


@dataclass(frozen=True)
class SystemEvaluation:
    """Test losses of systems on tables under one budget.

    Attributes:
        systems: Names; the last one is the untuned forest.
        tables: Names of the tables.
        losses: Mean test loss over the splits, `(n_tables, n_systems)`; infinite if a fit failed.
        fits: The row of every fit.
        budget_s: Seconds of a fit.
        n_splits: Splits of each table.
        seed: Seed of splits, fits and intervals.
    """

    systems: tuple[str, ...]
    tables: tuple[str, ...]
    losses: Floats
    fits: tuple[Mapping[str, Any], ...]
    budget_s: float
    n_splits: int
    seed: int

    @classmethod
    def of(
        cls,
        fits: Sequence[Mapping[str, Any]],
        systems: Sequence[str],
        budget_s: float,
        n_splits: int,
        seed: int,
    ) -> SystemEvaluation:
        """Return the evaluation of fits, one for each table, split and system."""
        tables = tuple(dict.fromkeys(str(fit["table"]) for fit in fits))
        found: dict[tuple[str, str], list[float]] = {}
        for fit in fits:
            loss = float(fit["loss"])
            key = str(fit["table"]), str(fit["system"])
            found.setdefault(key, []).append(loss if math.isfinite(loss) else math.inf)
        losses = np.array([[np.mean(found[table, s]) for s in systems] for table in tables])
        return cls(tuple(systems), tables, losses.reshape(len(tables), len(systems)),
                   tuple(fits), budget_s, n_splits, seed)  # fmt: skip

    @classmethod
    def from_dict(cls, document: Any) -> SystemEvaluation:
        """Return the evaluation of a document of `to_dict`.

        Raises:
            InputError: If it is not such a document.
        """
        try:
            fits = [
                {**fit, **{name: math.nan for name in _NUMBERS if fit.get(name) is None}}
                for fit in document["fits"]
            ]
            protocol = document["protocol"]
            played = {str(fit["system"]): None for fit in fits if fit["system"] != FOREST}
            return cls.of(fits, [*played, FOREST], float(protocol["time_budget_s"]),
                          int(protocol["n_splits"]), int(protocol["seed"]))  # fmt: skip
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                "expected the document of metalearn evaluate --systems ... --json, got something "
                f"else ({type(error).__name__}: {error}); write one with that command"
            ) from error

    @cached_property
    def ranks(self) -> Floats:
        """Ranks on each table, `(n_tables, n_systems)`."""
        worst = np.where(np.isfinite(self.losses), self.losses, np.finfo(np.float64).max)
        return task_ranks(worst)

    @cached_property
    def scaled(self) -> Floats:
        """Losses on each table from 0 (best) to 1 (worst or failed), `(n_tables, n_systems)`."""
        finite = np.where(np.isfinite(self.losses), self.losses, np.nan)
        low = np.nanmin(finite, axis=1, initial=math.inf, keepdims=True)
        high = np.nanmax(finite, axis=1, initial=-math.inf, keepdims=True)
        spread = np.where(high > low, high - low, 1.0)
        return np.asarray(np.nan_to_num((finite - low) / spread, nan=1.0))

    @cached_property
    def rows(self) -> tuple[SystemRow, ...]:
        """One row a system, best mean rank first."""
        low, high = bootstrap_means(self.ranks, np.random.default_rng(self.seed))
        means, scaled = self.ranks.mean(axis=0), self.scaled.mean(axis=0)
        rows = []
        for i, system in enumerate(self.systems):
            fits = [fit for fit in self.fits if fit["system"] == system]
            numbers = [[float(fit.get(name, math.nan)) for fit in fits]
                       for name in ("fit_s", "cpu_s", "n_trials")]  # fmt: skip
            rows.append(SystemRow(
                system, float(means[i]), float(low[i]), float(high[i]), float(scaled[i]),
                _mean(numbers[0]), _mean(numbers[1]), _median(numbers[2]),
                sum(not math.isfinite(float(fit["loss"])) for fit in fits),
                sum(seconds > 1.05 * self.budget_s + 1.0 for seconds in numbers[0]),
                len(self.tables),
            ))  # fmt: skip
        return tuple(sorted(rows, key=lambda row: row.rank_mean))

    def against(self, reference: str) -> tuple[AgainstSystem, ...]:
        """Return every other system against one of them."""
        base = self.losses[:, self.systems.index(reference)]
        others = [i for i, name in enumerate(self.systems) if name != reference]
        return tuple(self._against(i, reference, base) for i in others)

    def _against(self, i: int, reference: str, base: Floats) -> AgainstSystem:
        own = self.losses[:, i]
        ties = (own == base) | (np.abs(own - base) <= _TIE * np.abs(base))
        wins = (own < base) & ~ties
        points = wins + 0.5 * ties
        low, high = bootstrap_means(points[:, None], np.random.default_rng(self.seed))
        return AgainstSystem(
            self.systems[i], reference, int(wins.sum()), int(ties.sum()),
            int((~wins & ~ties).sum()), float(points.mean()), float(low[0]), float(high[0]),
        )  # fmt: skip

    @property
    def references(self) -> tuple[str, ...]:
        """Those that the others are compared with: `default` if it was played, and the forest."""
        return tuple(n for n in ("default", self.systems[-1]) if n in self.systems)

    @cached_property
    def comparisons(self) -> tuple[AgainstSystem, ...]:
        """Every system against each reference."""
        return tuple(found for name in self.references for found in self.against(name))

    @cached_property
    def critical_difference(self) -> float:
        """Nemenyi's critical difference of mean ranks at 5 %; NaN with fewer than two tables."""
        n_tables, n_systems = self.losses.shape
        return nemenyi_cd(n_systems, n_tables) if min(n_tables, n_systems) > 1 else math.nan

    @cached_property
    def p_value(self) -> float:
        """Friedman's test that all systems have equal ranks; NaN with fewer than two tables."""
        return float(friedman(self.ranks).f_p_value) if min(self.ranks.shape) > 1 else math.nan

    def to_dict(self) -> dict[str, Any]:
        """Return the document of `metalearn evaluate --systems --json`."""
        return {
            "protocol": {
                "time_budget_s": self.budget_s, "n_splits": self.n_splits, "seed": self.seed,
                "n_tables": len(self.tables), "tables": list(self.tables),
                "critical_difference": finite_or_null(self.critical_difference),
                "p_value": finite_or_null(self.p_value),
            },
            "results": [_plainly(asdict(row)) for row in self.rows],
            "comparisons": [_plainly(asdict(found)) for found in self.comparisons],
            "fits": [_plainly({k: v for k, v in fit.items() if k not in ("data", "left_out")})
                     for fit in self.fits],
        }  # fmt: skip

    def per_table(self) -> pd.DataFrame:
        """Return one row per table and system: table, system, loss, rank."""
        import pandas as pd

        n_tables, n_systems = self.losses.shape
        return pd.DataFrame({
            "table": np.repeat(self.tables, n_systems),
            "system": np.tile(self.systems, n_tables),
            "loss": self.losses.ravel(),
            "rank": self.ranks.ravel(),
        })  # fmt: skip


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if math.isfinite(value)]
    return float(np.mean(known)) if known else math.nan


def _median(values: Sequence[float]) -> float:
    known = [value for value in values if math.isfinite(value)]
    return float(np.median(known)) if known else math.nan


def _plainly(row: Mapping[str, object]) -> dict[str, object]:
    return {name: finite_or_null(value) for name, value in row.items()}
