"""The contract of a meta-feature; run it over yours by overriding one fixture.

class TestMine(MetaFeatureContract):
    @pytest.fixture
    def feature(self):
        return GROUP.features["mine"]
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from metalearn.core.task import Kind
from metalearn.metafeatures import GROUPS, MetaFeature, Undefined, view_of
from metalearn.metafeatures.registry import FAILURES, Value
from metalearn.metafeatures.view import DatasetView
from metalearn.testing.tables import HOSTILE, TABLES, Table

__all__ = ["MetaFeatureContract"]

COSTLY = ("many_categories", "many_classes", "wide")  # covered by tests of whole groups


def _target(table: Table, kind: Kind) -> pd.Series:
    if kind == "classification":
        return table[1]
    return pd.Series(np.random.default_rng(9).normal(size=len(table[0])))


def _outcome(feature: MetaFeature, view: DatasetView) -> Value | str:
    """Return the value, or the reason for its absence."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as extraction does: a reason replaces a warning
        try:
            return feature.compute(view)
        except (Undefined, *FAILURES) as failure:
            return str(failure) or type(failure).__name__


def _views(feature: MetaFeature, tables: Sequence[str]) -> Iterator[tuple[str, DatasetView]]:
    for name in tables:
        for kind in feature.kinds:
            yield f"{name}, {kind}", _fresh(name, kind)


@cache
def _outcomes(feature: MetaFeature, tables: tuple[str, ...]) -> Mapping[str, Value | str]:
    """Return the outcome on each table and kind of task, which several checks look at."""
    return {where: _outcome(feature, view) for where, view in _views(feature, tables)}


class MetaFeatureContract:
    """Tests that every meta-feature must pass.

    Attributes:
        tables: Names of the plain tables that it is computed on.
    """

    tables: ClassVar[Sequence[str]] = tuple(TABLES)

    @pytest.fixture
    def feature(self) -> MetaFeature:
        """Return the meta-feature to check; override this."""
        raise NotImplementedError("override the fixture `feature`")

    def test_it_is_documented(self, feature: MetaFeature) -> None:
        """Function, formula, source and kinds of task are documented."""
        assert (feature.compute.__doc__ or "").strip().startswith("Return")
        assert feature.formula.strip()
        assert feature.source.strip()
        assert feature.kinds

    def test_it_is_a_number_or_one_value_for_each_of_many(self, feature: MetaFeature) -> None:
        """Its value has the declared shape."""
        for where, value in _outcomes(feature, tuple(self.tables)).items():
            if isinstance(value, str):
                continue
            array = np.asarray(value, dtype=np.float64)
            assert array.ndim == (1 if feature.summarised else 0), where
            assert array.size > 0, where

    def test_it_has_a_finite_value_somewhere(self, feature: MetaFeature) -> None:
        """It has a finite value on at least one plain table."""
        values = _outcomes(feature, tuple(self.tables)).values()
        assert any(not isinstance(v, str) and np.isfinite(v).any() for v in values)

    def test_twice_gives_the_same(self, feature: MetaFeature) -> None:
        """It is deterministic, with and without memory."""
        for where, view in _views(feature, self.tables):
            first, again = _outcome(feature, view), _outcome(feature, view)
            fresh = _outcome(feature, view.take(np.arange(view.n_rows)))
            assert _same(first, again), where
            assert _same(first, fresh), where

    def test_what_others_left_in_memory_does_not_matter(self, feature: MetaFeature) -> None:
        """Shared intermediates never change a value."""
        for kind in feature.kinds:
            alone, after = _outcome(feature, _fresh("mixed", kind)), _used(kind)
            assert _same(alone, _outcome(feature, after)), kind

    def test_it_does_not_write_to_its_input(self, feature: MetaFeature) -> None:
        """The view's arrays are only read."""
        for where, view in _views(feature, self.tables):
            view.numeric.flags.writeable = False
            view.y.flags.writeable = False
            for column in view.categorical:
                column.codes.flags.writeable = column.counts.flags.writeable = False
            value = _outcome(feature, view)
            assert not (isinstance(value, str) and "read-only" in value), where

    def test_a_hostile_table_gives_a_value_or_a_reason(self, feature: MetaFeature) -> None:
        """The result is a number or a stated reason."""
        for name in HOSTILE:
            for kind in feature.kinds if name not in COSTLY else ():
                value = _outcome(feature, _fresh(name, kind))
                if isinstance(value, str):
                    assert value, name
                else:
                    assert np.asarray(value).ndim == (1 if feature.summarised else 0), name


@lru_cache(maxsize=64)
def _view(name: str, kind: Kind) -> DatasetView:
    X, _ = table = (TABLES.get(name) or HOSTILE[name])()
    return view_of(X, _target(table, kind), kind)


def _fresh(name: str, kind: Kind) -> DatasetView:
    """Return a view of its own arrays and an empty memory."""
    view = _view(name, kind)
    return view.take(np.arange(view.n_rows))


@cache
def _used(kind: Kind) -> DatasetView:
    """Return a view in whose memory other meta-features have left their intermediates."""
    view = _fresh("mixed", kind)
    for name in ("statistical", "information"):
        for other in GROUPS.get(name).features.values():
            if kind in other.kinds:
                _outcome(other, view)
    return view


def _same(first: Value | str, second: Value | str) -> bool:
    if isinstance(first, str) or isinstance(second, str):
        return isinstance(first, str) and first == second
    return bool(np.array_equal(np.asarray(first), np.asarray(second), equal_nan=True))
