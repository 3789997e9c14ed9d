"""The meta-dataset: losses of tasks x configurations, with missing cells, and meta-features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from metalearn.core.arrays import Bools, Floats, Ints, frozen_array, read_only
from metalearn.core.configuration import Configuration
from metalearn.core.failures import failures_imputed
from metalearn.core.fence import needs_fence, outer_fence
from metalearn.core.metric import Metric
from metalearn.core.task import Task
from metalearn.errors import ShapeError

__all__ = ["MetaDataset"]


@dataclass(frozen=True)
class MetaDataset:
    """Losses, runtimes and meta-features of `n_tasks` tasks and `n_configurations` configurations.

    Attributes:
        metric: The metric of all losses.
        tasks: The tasks, one per row.
        configurations: The configurations, one per column, with distinct keys.
        losses: `(n_tasks, n_configurations)`, lower is better; NaN = no finite value observed.
        runtimes_s: Same shape, seconds of one whole evaluation; NaN = unknown.
        failed: Same shape; True where an evaluation was made and failed or timed out.
        meta_features: `(n_tasks, n_meta_features)`; NaN = unknown.
        meta_feature_names: Names of the columns of `meta_features`.
        groups: `(n_tasks,)`; near-duplicate tasks share a number, and splits keep them together.
        snapshot: Digest of the store's snapshot; "" if built by hand.
    """

    metric: Metric
    tasks: tuple[Task, ...]
    configurations: tuple[Configuration, ...]
    losses: Floats
    # None is only an input, "nothing known"; after construction these are arrays.
    runtimes_s: Floats = None  # type: ignore[assignment]  # see above
    failed: Bools = None  # type: ignore[assignment]  # see above
    meta_features: Floats = None  # type: ignore[assignment]  # see above
    meta_feature_names: tuple[str, ...] = ()
    groups: Ints = None  # type: ignore[assignment]  # see above
    snapshot: str = field(default="")

    def __post_init__(self) -> None:
        shape = (len(self.tasks), len(self.configurations))
        n_names = len(self.meta_feature_names)
        if len({c.key for c in self.configurations}) != shape[1]:
            raise ShapeError(
                "configurations: a key occurs twice; merge equal configurations first"
            )
        none = np.full(shape, False) if self.failed is None else self.failed
        failed = np.array(none, dtype=np.bool_)
        groups = np.array(np.arange(shape[0]) if self.groups is None else self.groups, np.int64)
        if failed.shape != shape or groups.shape != shape[:1]:
            raise ShapeError(
                f"failed and groups: expected shapes {shape} and {shape[:1]}, "
                f"got {failed.shape} and {groups.shape}"
            )
        failed.flags.writeable = groups.flags.writeable = False
        runtimes = np.full(shape, np.nan) if self.runtimes_s is None else self.runtimes_s
        features = np.empty((shape[0], 0)) if self.meta_features is None else self.meta_features
        set_ = object.__setattr__
        set_(self, "losses", frozen_array("losses", self.losses, shape))
        set_(self, "runtimes_s", frozen_array("runtimes_s", runtimes, shape))
        set_(self, "failed", failed)
        set_(self, "meta_features", frozen_array("meta_features", features, (shape[0], n_names)))
        set_(self, "groups", groups)

    @property
    def n_tasks(self) -> int:
        """Number of tasks (rows)."""
        return len(self.tasks)

    @property
    def n_configurations(self) -> int:
        """Number of configurations (columns)."""
        return len(self.configurations)

    @property
    def n_evaluations(self) -> int:
        """Number of observed losses."""
        return int(np.isfinite(self.losses).sum())

    def take(
        self,
        tasks: npt.ArrayLike | Sequence[int] | None = None,
        configurations: npt.ArrayLike | Sequence[int] | None = None,
    ) -> MetaDataset:
        """Return the meta-dataset of some tasks and configurations, by index or boolean mask."""
        rows = np.arange(self.n_tasks)[slice(None) if tasks is None else np.asarray(tasks)]
        columns = np.arange(self.n_configurations)[
            slice(None) if configurations is None else np.asarray(configurations)
        ]
        if self._is_whole(rows, columns):
            return self
        cells = np.ix_(rows, columns)
        return replace(
            self,
            tasks=tuple(self.tasks[i] for i in rows),
            configurations=tuple(self.configurations[j] for j in columns),
            losses=read_only(self.losses[cells]),
            runtimes_s=read_only(self.runtimes_s[cells]),
            failed=self.failed[cells],
            meta_features=self.meta_features[rows],
            groups=self.groups[rows],
        )

    def _is_whole(self, rows: Ints, columns: Ints) -> bool:
        """Return whether these are all tasks and configurations, in their order."""
        return np.array_equal(rows, np.arange(self.n_tasks)) and np.array_equal(
            columns, np.arange(self.n_configurations)
        )

    def with_failures_imputed(self) -> MetaDataset:
        """Return a copy where failed cells have their task's worst observed loss (METHODS D3).

        A failed cell is not a missing cell. Failures of a task without a finite loss stay NaN.
        """
        if not self.failed.any():
            return self
        losses = failures_imputed(self.losses, self.failed, unmeasured=np.nan)
        return replace(self, losses=read_only(losses))

    def with_outliers_clipped(self) -> MetaDataset:
        """Return a copy without far outliers, for metrics that have a best value but no worst one.

        Losses above the outer fence of their task are set to it (`metalearn.core.fence`).
        """
        if not needs_fence(self.metric) or not self.losses.size:
            return self
        clipped = np.minimum(self.losses, outer_fence(self.losses)[:, None])
        return replace(self, losses=read_only(clipped))
