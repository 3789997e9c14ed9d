"""What `recommend` answers: configurations in the order to try them, each with its evidence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, overload

from metalearn.catalogue import catalogue_of
from metalearn.core.configuration import Configuration
from metalearn.core.metric import Metric
from metalearn.core.task import Task

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Evidence", "Recommendation", "Recommendations"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A known task that speaks for a configuration.

    Attributes:
        task: Name of the task.
        similarity: Its weight, relative to the most similar known task, in [0, 1].
        score: Score of the configuration on it, on the metric's scale.
    """

    task: str
    similarity: float
    score: float


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One configuration to try.

    Attributes:
        rank: Position in the list, from 1.
        configuration: What to try.
        task: The task that it is recommended for.
        metric: Metric of the scores.
        expected_score: Expected score; NaN if nothing is known that would tell.
        score_low: Lower end of the interval that holds 80 % of the scores.
        score_high: Upper end of that interval.
        expected_seconds: Processor seconds of one fit on the whole table; NaN if unknown.
        evidence: Known tasks that speak for it, strongest first.
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

    def build(self, seed: int = 0) -> Any:  # scikit-learn's Pipeline is untyped
        """Return an unfitted scikit-learn Pipeline for the raw table: preparation and model.

        Raises:
            UnknownNameError: If the algorithm, imported from elsewhere, is no learner of ours.
            MissingPackageError: If its package is not installed.
        """
        from metalearn.learners import get

        algorithm = get(self.configuration.algorithm)
        return algorithm.pipeline(self.task.kind, self.configuration, seed)

    def to_dict(self) -> dict[str, Any]:
        """Return the recommendation as plain values; what is not known is None."""
        return {
            "rank": self.rank,
            "algorithm": self.configuration.algorithm,
            "hyperparameters": dict(self.configuration.hyperparameters),
            "expected_score": _known(self.expected_score),
            "score_low": _known(self.score_low),
            "score_high": _known(self.score_high),
            "expected_seconds": _known(self.expected_seconds),
            "evidence": [asdict(evidence) for evidence in self.evidence],
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
    """

    task: Task
    metric: Metric
    recommender: str
    snapshot: str
    items: tuple[Recommendation, ...]
    notes: tuple[str, ...] = ()

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
            "configurations": [item.to_dict() for item in self.items],
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
                "configuration": [item.configuration for item in self.items],
                "evidence": [", ".join(e.task for e in item.evidence) for item in self.items],
            }
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw expected scores with their intervals (extra `plots`), and return the axes."""
        # Plots stand above workflows: this convenience finds them as plug-ins are found.
        axes: Axes = catalogue_of("plot").get("recommendations")(self, ax)
        return axes
