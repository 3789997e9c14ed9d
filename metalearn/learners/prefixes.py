"""Fitted first steps of pipelines, kept while pipelines are compared on the same rows.

Pipelines that share their first steps share the work of fitting them. scikit-learn's `Pipeline`
asks its `memory` before it fits a step; a step is known by its settings and the content of the
rows and targets that it is fitted on, so folds and fidelities never mix.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["PrefixCache", "with_prefixes"]

_MAX_BYTES = 200e6


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """A fitted step, what it made of the rows, and its processor seconds."""

    fitted: tuple[Any, Any]
    seconds: float
    n_bytes: float


class PrefixCache:
    """Fitted steps in memory, the least recently used dropped first; `memory` of a `Pipeline`.

    Args:
        max_bytes: Bytes of the outputs that are kept.
    """

    def __init__(self, max_bytes: float = _MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._saved_s = 0.0

    def __reduce__(self) -> tuple[type[PrefixCache], tuple[float]]:
        return PrefixCache, (self.max_bytes,)  # what is kept stays in its process

    def __deepcopy__(self, memo: dict[int, Any]) -> PrefixCache:
        return self  # scikit-learn's `clone` copies settings: copies of a pipeline share this one

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def n_bytes(self) -> float:
        """Bytes of what is kept."""
        return sum(kept.n_bytes for kept in self._kept.values())

    def saved_s(self) -> float:
        """Return the processor seconds of fits that were found since the last call.

        With them an evaluation costs what it would cost alone.
        """
        saved, self._saved_s = self._saved_s, 0.0
        return saved

    def cache(self, fit: Callable[..., Any], ignore: Sequence[str] = ()) -> Callable[..., Any]:  # noqa: ARG002  # joblib's signature
        """Return the function with a memory, as `joblib.Memory` does.

        Args:
            fit: scikit-learn's, called with a transformer, rows, targets and more; it returns
                the transformed rows and the fitted transformer.
            ignore: Arguments without influence on what is returned.
        """

        def remembered(transformer: Any, X: Any, y: Any, *rest: Any, **options: Any) -> Any:
            import joblib

            key = joblib.hash([transformer, X, y])
            if key in self._kept:
                self._kept.move_to_end(key)
                self._saved_s += self._kept[key].seconds
                return self._kept[key].fitted
            inner = self._saved_s
            started = time.process_time()
            fitted = fit(transformer, X, y, *rest, **options)
            spent = time.process_time() - started + self._saved_s - inner
            self._keep(key, _Kept(fitted, spent, 2.0 * _n_bytes(fitted[0])))
            return fitted

        return remembered

    def _keep(self, key: str, kept: _Kept) -> None:
        self._kept[key] = kept
        while self.n_bytes > self.max_bytes and self._kept:
            self._kept.popitem(last=False)


def with_prefixes(model: Any, prefixes: PrefixCache) -> None:
    """Give an unfitted pipeline, and those within it, a memory; other models stay as they are."""
    from sklearn.pipeline import FeatureUnion, Pipeline

    if isinstance(model, Pipeline):
        model.memory = prefixes
        for _, step in model.steps:
            with_prefixes(step, prefixes)
    elif isinstance(model, FeatureUnion):
        for _, part in model.transformer_list:
            with_prefixes(part, prefixes)


def _n_bytes(X: Any) -> float:
    return float(getattr(X, "nbytes", 0)) or float(np.asarray(X).nbytes)
