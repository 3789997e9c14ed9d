"""Result of `recommend`: configurations, best first, each with its evidence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, overload

from metalearn.catalogue import catalogue_of
from metalearn.core.configuration import Configuration
from metalearn.core.metric import Metric
from metalearn.core.objective import Objective
from metalearn.core.task import Task
from metalearn.errors import NotEnoughMetaDataError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Evidence", "Recommendation", "Recommendations", "Tried"]

_N_TRIED = 10


@dataclass(frozen=True, slots=True)
class Evidence:
    """A known task that supports a configuration.

    Attributes:
        task: Name of the task.
        similarity: Its weight, relative to the most similar known task, in [0, 1].
        score: Score of the configuration on it, on the metric's scale.
        relative_score: For errors in the unit of the target (RMSE, MAE): the score divided by
            that of a constant prediction on that task; None for other metrics.
    """

    task: str
    similarity: float
    score: float
    relative_score: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the evidence as plain values; `relative_score` only where there is one."""
        values = asdict(self)
        if self.relative_score is None:
            del values["relative_score"]
        return values

    def __str__(self) -> str:
        relative = self.relative_score
        return f"{self.task} ({self.score:.2f})" if relative is None else (
            f"{self.task} ({relative:.2f} of dummy)"
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tried:
    """A configuration that was evaluated on this same table before.

    Attributes:
        configuration: The evaluated configuration.
        score: Its score.
        task: Name of the table in the store.
    """

    configuration: Configuration
    score: float
    task: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "algorithm": self.configuration.algorithm,
            "hyperparameters": dict(self.configuration.hyperparameters),
            "score": self.score,
            "task": self.task,
        }


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One configuration to try.

    Attributes:
        rank: Position in the list, from 1.
        configuration: The configuration.
        task: The task that it is recommended for.
        metric: Metric of the scores.
        expected_score: Expected score; NaN if it cannot be estimated.
        score_low: Lower end of the interval that holds 80 % of the scores.
        score_high: Upper end of that interval.
        expected_seconds: Processor seconds of one fit on the whole table; NaN if unknown.
        evidence: Known tasks that support it, strongest first.
        values: In a front, the expected value of each objective by name; else empty.
    """

    rank: int
    configuration: Configuration
    task: Task
    metric: Metric
    expected_score: float
    score_low: float
    score_high: float
    expected_seconds: float
    evidence: tuple[Evidence, ...]
    values: Mapping[str, float] = field(default_factory=dict, hash=False)

    def build(self, seed: int = 0) -> Any:  # scikit-learn's Pipeline is untyped
        """Return an unfitted scikit-learn Pipeline for the raw table: preparation and model.

        Raises:
            UnknownNameError: If the algorithm was imported and is not among our learners.
            MissingPackageError: If its package is not installed.
        """
        from metalearn.learners import get

        algorithm = get(self.configuration.algorithm)
        return algorithm.pipeline(self.task.kind, self.configuration, seed)

    def __repr__(self) -> str:
        return (
            f"Recommendation({self.rank}, {self.configuration}, {self.metric.name} "
            f"{self.expected_score:.3f} [{self.score_low:.3f}, {self.score_high:.3f}])"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the recommendation as plain values; unknown values are None."""
        return {
            "rank": self.rank,
            "algorithm": self.configuration.algorithm,
            "hyperparameters": dict(self.configuration.hyperparameters),
            "expected_score": _known(self.expected_score),
            "score_low": _known(self.score_low),
            "score_high": _known(self.score_high),
            "expected_seconds": _known(self.expected_seconds),
            "evidence": [evidence.to_dict() for evidence in self.evidence],
            **({"objectives": dict(self.values)} if self.values else {}),
        }


def _known(value: float) -> float | None:
    return value if abs(value) < float("inf") else None


@dataclass(frozen=True)
class Recommendations(Sequence[Recommendation]):
    """A list of recommendations, best first.

    Attributes:
        task: The task that they are for.
        metric: Metric of their scores.
        recommender: Name of the method.
        snapshot: Digest of the snapshot of the store that they come from.
        items: The recommendations.
        notes: What was left out or could not be used, and why.
        dummy_score: Score of a constant prediction on the task; NaN if unknown.
        tried: Stored evaluations of this same table, best first.
        objectives: Objectives of a front, the metric first; empty for a list by the metric alone.
    """

    task: Task
    metric: Metric
    recommender: str
    snapshot: str
    items: tuple[Recommendation, ...]
    notes: tuple[str, ...] = ()
    dummy_score: float = float("nan")
    tried: tuple[Tried, ...] = ()
    objectives: tuple[Objective, ...] = ()

    @property
    def best(self) -> Recommendation:
        """The first of the list.

        Raises:
            NotEnoughMetaDataError: If the list is empty; the notes name the reason.
        """
        if not self.items:
            why = "; ".join(self.notes) or "nothing is known"
            raise NotEnoughMetaDataError(f"nothing is recommended for {self.task.name}: {why}")
        return self.items[0]

    def __repr__(self) -> str:
        best = f", best: {self.items[0].configuration}" if self.items else ""
        return (
            f"Recommendations({self.task.name}: {len(self)} configurations by {self.metric.name}"
            f"{best}; {len(self.notes)} notes)"
        )

    def _repr_html_(self) -> str:
        """Return the list as HTML for notebooks."""
        # Pages may import workflows, not the reverse; hence the lookup as for plug-ins.
        text: str = catalogue_of("page").get("recommendations")(self)
        return text

    @overload
    def __getitem__(self, index: int) -> Recommendation: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Recommendation]: ...
    def __getitem__(self, index: int | slice) -> Recommendation | Sequence[Recommendation]:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Recommendation]:
        return iter(self.items)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, in the form that `recommend --json` prints."""
        return {
            "task": self.task.to_dict(),
            "metric": self.metric.name,
            "recommender": self.recommender,
            "snapshot": self.snapshot,
            "dummy_score": _known(self.dummy_score),
            **({"objectives": [o.name for o in self.objectives]} if self.objectives else {}),
            "configurations": [item.to_dict() for item in self.items],
            **({"tried": [t.to_dict() for t in self.tried[:_N_TRIED]]} if self.tried else {}),
        }

    def to_json(self) -> str:
        """Return `to_dict` as JSON text."""
        return json.dumps(self.to_dict(), allow_nan=False)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per recommendation; `configuration` holds the objects."""
        import pandas as pd

        columns = ("expected_score", "score_low", "score_high", "expected_seconds")
        return pd.DataFrame(
            {
                "rank": [item.rank for item in self.items],
                "algorithm": [item.configuration.algorithm for item in self.items],
                **{name: [getattr(item, name) for item in self.items] for name in columns},
                **{o.name: [i.values[o.name] for i in self.items] for o in self.objectives[1:]},
                "configuration": [item.configuration for item in self.items],
                "evidence": [", ".join(e.task for e in item.evidence) for item in self.items],
            }
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw expected scores with their intervals (extra `plots`), and return the axes."""
        # Plots may import workflows, not the reverse; hence the lookup as for plug-ins.
        axes: Axes = catalogue_of("plot").get("recommendations")(self, ax)
        return axes
