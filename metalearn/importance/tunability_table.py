"""Results of a tunability analysis: defaults, gains with corrections, ranges, default sets."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration, Value
from metalearn.core.metric import Metric
from metalearn.importance.table import Item, item_name
from metalearn.importance.tuning_gain import (
    interaction,
    joint_gain,
    mean_interval,
    stays_at_default,
)

__all__ = ["DefaultStep", "Gains", "TunabilityTable", "TuningRange"]


@dataclass(frozen=True, slots=True, eq=False)
class Gains:
    """Gain of score by tuning, over the default, on each task.

    Attributes:
        overall: `(n_tasks,)` gain by tuning all hyperparameters.
        item: `(n_tasks, n_items)` gain by tuning one hyperparameter or pair.
    """

    overall: Floats
    item: Floats


@dataclass(frozen=True, slots=True)
class TuningRange:
    """Range of the optima of tasks on one axis.

    Attributes:
        name: The hyperparameter.
        low: 5 % quantile over tasks; None if there are too few tasks or it is a category.
        high: 95 % quantile.
        levels: Categories that are best on more than 5 % of the tasks, with their shares.
    """

    name: str
    low: float | None
    high: float | None
    levels: tuple[tuple[Value, float], ...]


@dataclass(frozen=True, slots=True)
class DefaultStep:
    """One entry of a default set.

    Attributes:
        configuration: The configuration.
        rank: Position in the set; 1 = first.
        mean_score: Mean over tasks of the best predicted score of the set so far.
        regret: Mean normalized regret of the set so far, 0 = best known on every task.
    """

    configuration: Configuration
    rank: int
    mean_score: float
    regret: float


@dataclass(frozen=True, slots=True, eq=False)
class TunabilityTable:
    """Tunability of one algorithm over tasks; all gains are of score, larger is better.

    Attributes:
        algorithm: Name of the algorithm.
        metric: The metric.
        tasks: Keys of the analysed tasks.
        items: Hyperparameters, then pairs.
        default: The optimal default: best mean predicted score over the tasks.
        plain: Gains predicted by the surrogates, as in the paper.
        corrected: Gains without the winner's curse: the optimum is chosen on one half of the runs
            and evaluated on the other.
        held_out: Gains over a default chosen on other tasks (5 folds over tasks).
        risk: `(n_tasks, n_hyperparameters)` score lost by not tuning it while tuning all others;
            corrected as above.
        ranges: Ranges of the optima.
        default_set: Complementary defaults.
        notes: Task -> reason why it was left out.
        remarks: Changes of the data before the analysis.
    """

    algorithm: str
    metric: Metric
    tasks: tuple[str, ...]
    items: tuple[Item, ...]
    default: Configuration | None
    plain: Gains
    corrected: Gains
    held_out: Gains
    risk: Floats
    ranges: tuple[TuningRange, ...] = ()
    default_set: tuple[DefaultStep, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the items, pairs as `a / b`."""
        return tuple(item_name(item) for item in self.items)

    def summary(self, *, margin: float = 0.01) -> pd.DataFrame:
        """Return one row for all hyperparameters, then one per item, largest gain first.

        Columns: item, size, tunability (mean), low, high (95 % interval over tasks), corrected,
        held_out (means), share (of the whole gain), joint_gain, interaction (pairs), risk (mean),
        may_stay (non-inferior at the margin; hyperparameters only).
        """
        rows = [self._row("all", 0, self.plain.overall, self.corrected.overall,
                          self.held_out.overall)]  # fmt: skip
        at = {item: place for place, item in enumerate(self.items)}
        for item, place in at.items():
            row = self._row(
                item_name(item), len(item), self.plain.item[:, place],
                self.corrected.item[:, place], self.held_out.item[:, place],
            )  # fmt: skip
            if len(item) == 2:
                both, one, other = (self.plain.item[:, at[i]]
                                    for i in (item, (item[0],), (item[1],)))  # fmt: skip
                row["joint_gain"] = float(joint_gain(both, one, other).mean())
                row["interaction"] = float(interaction(both, one, other).mean())
            elif place < self.risk.shape[1]:
                row["risk"] = mean_interval(self.risk[:, place]).mean
                row["may_stay"] = stays_at_default(self.risk[:, place], margin)
            rows.append(row)
        frame = pd.DataFrame(rows, columns=_COLUMNS)
        frame["share"] = frame["tunability"] / frame["tunability"].iloc[0]
        return frame.sort_values(
            ["size", "tunability"], ascending=[True, False], kind="stable", ignore_index=True
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per task and item: task, item, tunability, corrected, held_out."""
        names = ("all", *self.names)
        columns = {
            name: np.column_stack([gains.overall, gains.item]).ravel()
            for name, gains in (("tunability", self.plain), ("corrected", self.corrected),
                                ("held_out", self.held_out))
        }  # fmt: skip
        return pd.DataFrame(
            {
                "task": np.repeat(np.array(self.tasks, dtype=object), len(names)),
                "item": np.tile(np.array(names, dtype=object), len(self.tasks)),
                **columns,
            }
        )

    @staticmethod
    def _row(
        name: str, size: int, plain: Floats, corrected: Floats, held_out: Floats
    ) -> dict[str, object]:
        found = mean_interval(plain)
        return {
            "item": name, "size": size, "tunability": found.mean, "low": found.low,
            "high": found.high, "corrected": mean_interval(corrected).mean,
            "held_out": mean_interval(held_out).mean,
        }  # fmt: skip


_COLUMNS = ["item", "size", "tunability", "low", "high", "corrected", "held_out", "share",
            "joint_gain", "interaction", "risk", "may_stay"]  # fmt: skip
