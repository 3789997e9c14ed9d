"""What `recommend` answers: configurations in the order to try them, each with its evidence."""

from __future__ import annotations

from dataclasses import dataclass

from metalearn.core.configuration import Configuration
from metalearn.core.metric import Metric

__all__ = ["Evidence", "Recommendation"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A known task that speaks for a configuration.

    Attributes:
        task: Name of the task.
        similarity: Its weight in the recommendation, relative to the most similar task, in [0, 1].
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
        expected_score: Expected score on the metric's scale.
        score_low: Lower end of the 80 % interval of the score.
        score_high: Upper end of the 80 % interval of the score.
        expected_seconds: Expected seconds to fit and predict once on the whole table.
        evidence: Known tasks that speak for it, strongest first.
    """

    rank: int
    configuration: Configuration
    metric: Metric
    expected_score: float
    score_low: float
    score_high: float
    expected_seconds: float
    evidence: tuple[Evidence, ...]
