"""Extraction of meta-features by group, within a time budget, with reasons for missing values.

A meta-feature without a value for a table is NaN with a reason, and does not affect the others.
Values depend neither on the other requested groups nor on their order.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from math import isfinite
from types import MappingProxyType

import numpy as np
import pandas as pd

from metalearn.catalogue import Catalogue
from metalearn.core.arrays import Floats
from metalearn.core.task import Kind
from metalearn.errors import UnknownNameError, UsageError
from metalearn.metafeatures.registry import FAILURES, Group, MetaFeature
from metalearn.metafeatures.summaries import DEFAULT_SUMMARIES, SUMMARIES, summarise
from metalearn.metafeatures.undefined import Undefined
from metalearn.metafeatures.view import DatasetView, Limits, view_of

__all__ = [
    "DEFAULT_GROUPS",
    "EXTRACTOR",
    "GROUPS",
    "GROUP_SETS",
    "MetaFeatures",
    "extract",
    "feature_names",
    "group_names",
]

EXTRACTOR = "metalearn-4"
"""Name and version of the definitions; changes whenever a value may change."""

GROUPS: Catalogue[Group] = Catalogue(
    "metafeature_group",
    {
        "simple": "metalearn.metafeatures.simple:GROUP",
        "target": "metalearn.metafeatures.target:GROUP",
        "statistical": "metalearn.metafeatures.statistical:GROUP",
        "information": "metalearn.metafeatures.information:GROUP",
        "model-based": "metalearn.metafeatures.model_based:GROUP",
        "landmarkers": "metalearn.metafeatures.landmarkers:GROUP",
        "relative": "metalearn.metafeatures.relative:GROUP",
        "subsampling": "metalearn.metafeatures.subsampling:GROUP",
        "auto-sklearn": "metalearn.metafeatures.auto_sklearn:GROUP",
    },
)
DEFAULT_GROUPS = (
    "simple", "target", "statistical", "information", "model-based", "landmarkers", "relative",
    "subsampling",
)  # fmt: skip
GROUP_SETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "default": DEFAULT_GROUPS,
        "general": ("simple",),
        "info-theory": ("information",),
        "landmarking": ("landmarkers",),
        "pymfe": ("simple", "statistical", "information", "model-based", "landmarkers"),
    }
)
"""Names that stand for groups: pymfe's names of groups, and usual sets."""


@dataclass(frozen=True, slots=True)
class MetaFeatures:
    """Meta-features of a task.

    Attributes:
        values: Name -> value, read-only; NaN = could not be computed.
        reasons: Name -> why the value is NaN; a name for each NaN.
        seconds: Group -> wall-clock seconds; shared work counts for the first group that needs it.
        extractor: `EXTRACTOR` at the time.
    """

    values: Mapping[str, float]
    reasons: Mapping[str, str]
    seconds: Mapping[str, float]
    extractor: str = EXTRACTOR

    def __post_init__(self) -> None:
        for name in ("values", "reasons", "seconds"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __reduce__(self) -> tuple[type[MetaFeatures], tuple[object, ...]]:
        return MetaFeatures, (
            dict(self.values), dict(self.reasons), dict(self.seconds), self.extractor,
        )  # fmt: skip

    def vector(self, names: Sequence[str]) -> Floats:
        """Return `(len(names),)` values in that order; NaN for absent names."""
        return np.array([self.values.get(name, np.nan) for name in names], dtype=np.float64)


def extract(
    X: pd.DataFrame,
    y: pd.Series,
    *,
    kind: Kind,
    groups: Sequence[str] = DEFAULT_GROUPS,
    time_budget_s: float | None = None,
    rng: np.random.Generator | None = None,
    summaries: Sequence[str] = DEFAULT_SUMMARIES,
    limits: Limits | None = None,
    only: Iterable[str] | None = None,
) -> MetaFeatures:
    """Return the meta-features of a raw table of mixed types.

    Args:
        X: Columns without the target: numbers, categories, text, booleans, dates; missing allowed.
        y: The target; rows where it is missing are left out.
        kind: Kind of task.
        groups: Names of groups or of sets of groups (`GROUP_SETS`, `all`).
        time_budget_s: Seconds for each group; values missing by then are NaN with a reason.
        rng: Draws samples of rows and columns; None uses a fixed seed.
        summaries: Summaries of values per column, pair, fold or node.
        limits: Limits above which tables are sampled; `EXACT` samples nothing.
        only: Compute only these values (names with summary); groups without any are skipped.

    Raises:
        ShapeError: If `X` and `y` differ in length.
        InputError: If the target does not fit the kind of task.
        UnknownNameError: If a group or summary has no such name.
    """
    if time_budget_s is not None and not time_budget_s > 0:
        raise UsageError(f"time_budget_s must be above 0, got {time_budget_s}")
    chosen = [GROUPS.get(name) for name in group_names(groups)]
    _check_summaries(summaries)
    wanted = None if only is None else set(only)
    seed = 0 if rng is None else int(rng.integers(2**63))
    wanted_of = {group: _wanted(group, kind, summaries, wanted) for group in chosen}
    for module in {name for group in chosen if wanted_of[group] for name in group.needs}:
        import_module(module)
    started = time.perf_counter()
    values: dict[str, float] = {}
    reasons: dict[str, str] = {}
    seconds: dict[str, float] = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        view = view_of(X, y, kind, limits=limits, seed=seed)
        for group, features in wanted_of.items():
            if not features:
                continue
            deadline = np.inf if time_budget_s is None else started + time_budget_s
            _compute(view.until(deadline), features, summaries, values, reasons)
            now = time.perf_counter()
            seconds[group.name], started = now - started, now
    if wanted is not None:
        values = {name: value for name, value in values.items() if name in wanted}
        reasons = {name: reason for name, reason in reasons.items() if name in wanted}
    return MetaFeatures(values, reasons, seconds)


def group_names(groups: Sequence[str] = DEFAULT_GROUPS) -> tuple[str, ...]:
    """Return group names, with sets expanded and duplicates removed.

    >>> group_names(["general", "simple", "info_theory"])
    ('simple', 'information')
    """
    found: dict[str, None] = {}
    for given in [groups] if isinstance(groups, str) else groups:
        name = given.replace("_", "-")
        members = GROUPS.names() if name == "all" else GROUP_SETS.get(name, (name,))
        found.update(dict.fromkeys(members))
    for name in found:
        if name not in GROUPS.names():
            raise UnknownNameError("meta-feature group", name, (*GROUPS.names(), *GROUP_SETS))
    return tuple(found)


def feature_names(
    kind: Kind,
    groups: Sequence[str] = DEFAULT_GROUPS,
    summaries: Sequence[str] = DEFAULT_SUMMARIES,
) -> tuple[str, ...]:
    """Return the names of all values of these groups, in the order of extraction."""
    return tuple(
        name
        for group in group_names(groups)
        for feature in GROUPS.get(group).features.values()
        if kind in feature.kinds
        for name in _value_names(feature, summaries)
    )


def _value_names(feature: MetaFeature, summaries: Sequence[str]) -> list[str]:
    if not feature.summarised:
        return [feature.name]
    return [f"{feature.name}.{summary}" for summary in summaries]


def _check_summaries(summaries: Sequence[str]) -> None:
    for name in summaries:
        if name not in SUMMARIES:
            raise UnknownNameError("summary", name, tuple(SUMMARIES))


def _wanted(
    group: Group, kind: Kind, summaries: Sequence[str], wanted: set[str] | None
) -> list[MetaFeature]:
    return [
        feature
        for feature in group.features.values()
        if kind in feature.kinds
        and (wanted is None or wanted.intersection(_value_names(feature, summaries)))
    ]


def _compute(
    view: DatasetView,
    features: Sequence[MetaFeature],
    summaries: Sequence[str],
    values: dict[str, float],
    reasons: dict[str, str],
) -> None:
    vectors: dict[str, Floats] = {}
    for feature in features:
        names = _value_names(feature, summaries)
        values.update(dict.fromkeys(names, np.nan))
        try:
            view.check_time()
            value = feature.compute(view)
        except (Undefined, *FAILURES) as failure:
            reasons.update(dict.fromkeys(names, str(failure) or type(failure).__name__))
            continue
        if feature.summarised:
            vectors[feature.name] = np.asarray(value, dtype=np.float64).ravel()
        else:
            values[feature.name] = float(value)
            if not isfinite(value):
                values[feature.name], reasons[feature.name] = np.nan, "the value is not finite"
    table = summarise(list(vectors.values()), summaries)
    for (name, vector), row in zip(vectors.items(), table.tolist(), strict=True):
        for summary, number in zip(summaries, row, strict=True):
            if isfinite(number):
                values[f"{name}.{summary}"] = number
            else:
                reasons[f"{name}.{summary}"] = _why(vector)


def _why(vector: Floats) -> str:
    n_finite = int(np.isfinite(vector).sum())
    if not n_finite:
        return "no column, pair or part has a finite value"
    if n_finite == 1:
        return "a single value has no spread"
    return "the values are all equal, or too large"
