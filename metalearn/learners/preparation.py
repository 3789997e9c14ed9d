"""The one preparation pipeline of raw tables, shared by everything that fits a learner.

Mixed types, missing and all-missing columns, constants, high-cardinality categories, booleans,
dates and text become a finite float matrix, or columns of numbers and categories for what reads
these itself.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from metalearn.learners.column_kinds import MAX_CATEGORIES
from metalearn.learners.columns import Encoding

__all__ = ["IMPUTERS", "MAX_CATEGORIES", "PREPARATIONS", "Imputer", "Preparation",
           "PreparationRecipe", "preparation_pipeline"]  # fmt: skip

Preparation = Literal["scaled", "ordinal", "native", "one-hot", "target"]
Imputer = Literal["median", "mean", "most_frequent", "k_nearest"]
_ENCODINGS: dict[Preparation, Encoding] = {
    "scaled": "one-hot",
    "ordinal": "ordinal",
    "native": "native",
    "one-hot": "one-hot",
    "target": "native",
}
PREPARATIONS: tuple[Preparation, ...] = tuple(_ENCODINGS)
"""Names of all preparations."""
IMPUTERS: tuple[Imputer, ...] = ("median", "mean", "most_frequent", "k_nearest")
"""Names of all ways to replace missing numbers."""


class PreparationRecipe(NamedTuple):
    """How a raw table is prepared.

    Attributes:
        kind: See `preparation_pipeline`.
        imputer: How missing numbers are replaced; `native` keeps them.
        is_regression: Whether the target is a number; only `target` looks at it.
    """

    kind: Preparation
    imputer: Imputer = "median"
    is_regression: bool = False

    def pipeline(self) -> Any:  # an untyped scikit-learn Pipeline
        """Return the unfitted transformer."""
        return preparation_pipeline(
            self.kind, imputer=self.imputer, is_regression=self.is_regression
        )


def preparation_pipeline(
    kind: Preparation, *, imputer: Imputer = "median", is_regression: bool = False
) -> Any:  # an untyped scikit-learn Pipeline
    """Return an unfitted transformer from a raw data frame to what a model can be fitted on.

    Args:
        kind: `scaled` for models that need comparable axes (one-hot categories, standardised
            numbers); `ordinal` for trees (category codes in sorted order, numbers as they are),
            both finite float matrices; `native` for boosting that reads a data frame with
            categories and missing values itself; `one-hot` as `scaled` without scales; `target`
            with the mean of the target in place of each category, which needs the target.
        imputer: Statistic of its column that replaces a missing number, or the mean of the
            `k_nearest` rows; a column says where there was one.
        is_regression: Whether the target is a number; only `target` looks at it.
    """
    from sklearn.feature_selection import VarianceThreshold
    from sklearn.impute import KNNImputer, SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from metalearn.learners.columns import ColumnVectorizer
    from metalearn.learners.native_columns import NativeColumns
    from metalearn.learners.plain_columns import PlainColumns
    from metalearn.learners.target_columns import TargetColumns

    steps: list[Any] = [PlainColumns(), ColumnVectorizer(_ENCODINGS[kind])]
    if kind == "native":
        return make_pipeline(*steps, NativeColumns())
    if kind == "target":
        steps += [NativeColumns(), TargetColumns(is_regression)]
    if imputer == "k_nearest":
        steps.append(KNNImputer(add_indicator=True))
    else:
        steps.append(SimpleImputer(strategy=imputer, add_indicator=True))
    if kind == "scaled":
        steps += [StandardScaler(), VarianceThreshold()]
    return make_pipeline(*steps)
