"""Meta-features in words: sentences on size, types, missing cells, target and difficulty.

Each sentence rests on a few meta-features and is left out if they are undefined or were not
computed. The words are cuts of a scale, for readers; methods use the numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import nan

from metalearn.core.task import Kind

__all__ = ["in_words"]

_LANDMARKERS = {
    "best_node": "one split of one column",
    "one_nn": "the nearest neighbour",
    "naive_bayes": "Gaussian naive Bayes",
    "linear_discr": "linear discriminant analysis",
    "ridge": "ridge regression",
}
_DIFFICULTY = (
    (0.1, "Hard: simple models predict hardly better than a constant"),
    (0.5, "Rather hard: simple models find a part of the structure"),
    (0.9, "Rather easy: simple models find most of the structure"),
    (float("inf"), "Easy: a simple model predicts almost everything"),
)
_IMBALANCE = (
    (1.5, "balanced"),
    (3.0, "slightly imbalanced"),
    (10.0, "imbalanced"),
    (float("inf"), "strongly imbalanced"),
)


def in_words(values: Mapping[str, float], kind: Kind) -> tuple[str, ...]:
    """Return sentences that summarise the meta-features of a table.

    Args:
        values: Meta-features by name; NaN = undefined.
        kind: Kind of the task.
    """
    target = _classes(values) if kind == "classification" else _numbers(values)
    difficulty = _difficulty(values, kind)
    sentences = (_size(values), _missing(values), _levels(values), target, difficulty)
    return tuple(sentence for sentence in sentences if sentence)


def _size(values: Mapping[str, float]) -> str:
    n, p = values.get("nr_inst", nan), values.get("nr_attr", nan)
    n_numeric, n_categorical = values.get("nr_num", nan), values.get("nr_cat", nan)
    if not (n + p + n_numeric + n_categorical >= 0):
        return ""
    word = "small" if n < 1_000 else "medium-sized" if n < 100_000 else "large"
    types = f"{n_numeric:,.0f} numeric, {n_categorical:,.0f} categorical"
    wide = ", more columns than rows" if p > n else ""
    return f"A {word} table: {_count(n, 'row')}, {_count(p, 'column')} ({types}){wide}."


def _missing(values: Mapping[str, float]) -> str:
    cells = values.get("missing_share", nan)
    columns = values.get("missing_attr_share", nan)
    if not (cells + columns >= 0):
        return ""
    if cells == 0:
        text = "No cell is missing"
    else:
        text = f"{_share(cells)} of the cells are missing, in {_share(columns)} of the columns"
    constant = values.get("constant_attr_share", nan)
    return (
        f"{text}; {_share(constant)} of the columns are constant." if constant > 0 else f"{text}."
    )


def _levels(values: Mapping[str, float]) -> str:
    share = values.get("max_level_share", nan)
    if not share > 0.5:
        return ""
    return (
        f"A categorical column has {_share(share)} as many levels as there are rows: text or an "
        "identifier."
    )


def _classes(values: Mapping[str, float]) -> str:
    n_classes = values.get("nr_class", nan)
    majority, minority = values.get("majority_share", nan), values.get("minority_share", nan)
    if not (n_classes >= 2 and minority > 0 and majority > 0):
        return ""
    word = next(word for end, word in _IMBALANCE if majority / minority < end)
    text = (
        f"{n_classes:,.0f} classes, {word}: the most frequent has {_share(majority)} of the rows, "
        f"the rarest {_share(minority)}"
    )
    small = values.get("small_class_share", nan)
    rare = f"; {_share(small)} of the classes have fewer than 10 rows" if small > 0 else ""
    return f"{text}{rare}."


def _numbers(values: Mapping[str, float]) -> str:
    skewness = values.get("target_skewness", nan)
    if not abs(skewness) >= 0:
        return ""
    side = "right" if skewness > 0 else "left"
    shape = "about symmetric" if abs(skewness) < 0.5 else f"skewed to the {side}"
    text = f"The target is {shape} (skewness {skewness:.2g})"
    outliers = values.get("target_outlier_share", nan)
    far = f"; {_share(outliers)} of its values are outliers" if outliers > 0 else ""
    return f"{text}{far}."


def _difficulty(values: Mapping[str, float], kind: Kind) -> str:
    """Compare the best landmarker with the best constant prediction."""
    scores = {name: values.get(f"{name}.mean", nan) for name in _LANDMARKERS}
    known = {name: score for name, score in scores.items() if score == score}
    constant = values.get("majority_share", nan) if kind == "classification" else 0.0
    if not known or not constant < 1:
        return ""
    best = max(known, key=lambda name: known[name])
    solved = (known[best] - constant) / (1 - constant)
    words = next(words for end, words in _DIFFICULTY if solved < end)
    if kind == "classification":
        return (
            f"{words}. The best, {_LANDMARKERS[best]}, has an accuracy of {known[best]:.2f}; the "
            f"most frequent class alone has {constant:.2f}."
        )
    return f"{words}. The best, {_LANDMARKERS[best]}, has an R2 of {known[best]:.2f}."


def _count(n: float, noun: str) -> str:
    return f"{n:,.0f} {noun}" + ("" if n == 1 else "s")


def _share(share: float) -> str:
    """Return a share as a percentage; a positive one never reads as none, nor a part as all."""
    percent = 100 * share
    if 0 < percent < 1:
        return "less than 1 %"
    if 99 < percent < 100:
        return "more than 99 %"
    return f"{percent:.0f} %"
