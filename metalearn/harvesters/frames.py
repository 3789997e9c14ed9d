"""Tables of a batch from plain rows, and rejected rows by reason."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from metalearn.core.arrays import Bools, Floats
from metalearn.core.configuration import Configuration
from metalearn.core.metric import Metric
from metalearn.core.records import COLUMNS
from metalearn.core.task import Kind

__all__ = [
    "BATCH_ROWS",
    "Rejections",
    "TaskRow",
    "algorithms_frame",
    "configurations_frame",
    "evaluations_frame",
    "family_of",
    "features_frame",
    "metrics_frame",
    "no_evaluations",
    "no_features",
    "out_of_range",
    "procedure",
    "tasks_frame",
]

BATCH_ROWS = 50_000
_SLACK = 1e-6


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task on its way into the store; the fields are those of `COLUMNS["tasks"]`."""

    task: str
    name: str
    dataset: str
    kind: Kind = "classification"
    target: str = ""
    procedure: str = "{}"
    family: str = ""
    n_rows: int | None = None
    n_features: int | None = None
    n_classes: int | None = None


@dataclass(slots=True)
class Rejections:
    """Counts rows that cannot be used, by reason, and remembers where each reason came first."""

    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def add(self, reason: str, n: int = 1, where: str = "") -> None:
        """Count `n` more rows; `where` is kept only for the first of a reason."""
        if n:
            self.counts[reason] += n
            self.first.setdefault(reason, where)

    def as_mapping(self) -> dict[str, int]:
        """Return reason (with the place of its first row) -> number of rows."""
        return {
            f"{reason} (first: {self.first[reason]})" if self.first[reason] else reason: n
            for reason, n in self.counts.items()
        }


def procedure(source: str, **facts: str | int | float) -> str:
    """Return the JSON text of an estimation procedure."""
    return json.dumps({"source": source, **facts}, sort_keys=True)


def family_of(dataset: str) -> str:
    """Return the family of near-duplicates, inferred from the name or id of a data set.

    Copies made of one data set share the family of the original: generated (`BNG_`), binarised,
    reproduced, and numbered versions.

    >>> family_of("BNG(vowel)"), family_of("vowel_v2"), family_of("vowel"), family_of("openml:3")
    ('vowel', 'vowel', 'vowel', 'openml:3')
    """
    name = dataset.strip().lower()
    name = re.sub(r"^bng[_(](.*?)\)?$", r"\1", name)
    name = re.sub(r"([_-](reproduced|binari[sz]ed|bin|v\d+)|\(\d+\))+$", "", name)
    return name or dataset


def out_of_range(values: Floats, metric: Metric) -> Bools:
    """Return `(n,)`: which finite values the metric can never take (percents, losses, ...)."""
    ends = [end for end in (metric.optimum, metric.worst) if end is not None]
    below = above = np.zeros(len(values), dtype=np.bool_)
    if len(ends) == 2:
        below, above = values < min(ends) - _SLACK, values > max(ends) + _SLACK
    elif metric.optimum is not None and metric.greater_is_better:
        above = values > metric.optimum + _SLACK
    elif metric.optimum is not None:
        below = values < metric.optimum - _SLACK
    return np.asarray((below | above) & np.isfinite(values))


def tasks_frame(rows: Iterable[TaskRow]) -> pd.DataFrame:
    """Return the table of tasks."""
    table = [[getattr(row, column) for column in COLUMNS["tasks"]] for row in rows]
    frame = pd.DataFrame(table, columns=list(COLUMNS["tasks"]))
    for column in ("n_rows", "n_features", "n_classes"):
        frame[column] = frame[column].astype("Int64")
    return frame


def algorithms_frame(
    spaces: Mapping[str, str | None], library: str, version: str = ""
) -> pd.DataFrame:
    """Return the table of algorithms from name -> ConfigSpace JSON or None."""
    rows = [(name, library, version, space) for name, space in spaces.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS["algorithms"]))


def configurations_frame(configurations: Iterable[Configuration]) -> pd.DataFrame:
    """Return the table of configurations, in the order given, each key once."""
    unique = {c.key: (c.key, c.algorithm, c.canonical) for c in configurations}
    return pd.DataFrame(list(unique.values()), columns=list(COLUMNS["configurations"]))


def metrics_frame(metrics: Iterable[Metric]) -> pd.DataFrame:
    """Return the table of metrics with their directions."""
    rows = [(m.name, m.greater_is_better, m.optimum, m.worst) for m in metrics]
    frame = pd.DataFrame(rows, columns=list(COLUMNS["metrics"]))
    return frame.astype({"optimum": "float64", "worst": "float64"})


def evaluations_frame(**columns: object) -> pd.DataFrame:
    """Return a table of evaluations; columns not given take the value of a full, good one.

    `task`, `configuration`, `metric` and `value` must be given; scalars are repeated. The first
    three and `status` may be categorical. NaN in `value`, `fit_s` or `predict_s` stands for null.
    """
    defaults: dict[str, object] = {
        "fold": -1, "fidelity": 1.0, "seed": 0, "status": "ok", "reason": None,
        "fit_s": np.nan, "predict_s": np.nan,
    }  # fmt: skip
    frame = pd.DataFrame({**defaults, **columns})[list(COLUMNS["evaluations"])]
    return frame.astype(
        {"fold": "int64", "seed": "int64", "fidelity": "float64", "value": "float64",
         "fit_s": "float64", "predict_s": "float64", "reason": "object"}
    )  # fmt: skip


def no_evaluations() -> pd.DataFrame:
    """Return an empty table of evaluations."""
    columns = ("task", "configuration", "metric")
    empty = {column: np.empty(0, dtype=object) for column in columns}
    return evaluations_frame(**empty, value=np.empty(0))


def no_features() -> pd.DataFrame:
    """Return an empty table of meta-features."""
    return pd.DataFrame({c: pd.Series(dtype=object) for c in COLUMNS["meta_features"]})


def features_frame(
    tasks: Sequence[str], names: Sequence[str], values: Floats, extractor: str
) -> pd.DataFrame:
    """Return the table of meta-features from `(n_tasks, n_names)` values; NaN = unknown."""
    flat = np.asarray(values, dtype=np.float64).ravel()
    flat = np.where(np.isfinite(flat), flat, np.nan)
    frame = pd.DataFrame(
        {
            "task": np.repeat(np.array(tasks, dtype=object), len(names)),
            "name": np.tile(np.array(names, dtype=object), len(tasks)),
            "extractor": extractor,
            "value": flat,
        }
    )
    reasons = ["missing in the source" if is_nan else None for is_nan in np.isnan(flat)]
    return frame.assign(reason=pd.Series(reasons, dtype=object))
