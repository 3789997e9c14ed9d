"""The figures on the page of a fit: expectations, errors, and the importance of columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from metalearn.automl.held_out import ColumnImportance, HeldOut
from metalearn.core.arrays import Floats, Ints
from metalearn.plots.style import BLUE, DARK, LIGHT, figure
from metalearn.workflows.fit.report import Expected

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "Confusion",
    "Residuals",
    "confusion_data",
    "draw_column_importance",
    "draw_confusion",
    "draw_expected",
    "draw_residuals",
    "residual_data",
]

_MOST_CLASSES, _MOST_POINTS, _MOST_COLUMNS = 12, 1500, 20


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """Counts of true against predicted classes.

    Attributes:
        labels: Classes by frequency if there are many, else sorted; the last may be `others`.
        counts: Rows are true classes, columns predicted ones, `(c, c)`.
    """

    labels: tuple[str, ...]
    counts: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Residuals:
    """True and predicted numbers, a sample of at most 1,500.

    Attributes:
        true: `(n,)`.
        predicted: `(n,)`.
    """

    true: Floats
    predicted: Floats


def confusion_data(found: HeldOut) -> Confusion:
    """Return the confusion matrix of out-of-fold decisions; rare classes of many are pooled."""
    classes = [str(label) for label in found.classes]
    true, decided = np.asarray(found.truth), np.asarray(found.decided)
    if len(classes) > _MOST_CLASSES:
        counts = np.bincount(true, minlength=len(classes))
        kept = np.argsort(-counts, kind="stable")[: _MOST_CLASSES - 1]
        place = np.full(len(classes), len(kept))
        place[kept] = np.arange(len(kept))
        true, decided = place[true], place[decided]
        classes = [*(classes[j] for j in kept), "others"]
    table = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(table, (true, decided), 1)
    return Confusion(tuple(classes), table)


def residual_data(found: HeldOut) -> Residuals:
    """Return true and predicted numbers; of many rows every few."""
    step = max(len(found.truth) // _MOST_POINTS, 1)
    true = np.asarray(found.truth, dtype=np.float64)[::step]
    return Residuals(true, np.asarray(found.values, dtype=np.float64)[::step])


def draw_confusion(data: Confusion) -> Figure:
    """Draw counts on shares of the true class."""
    n = len(data.labels)
    size = 1.6 + 0.42 * max(n, 3)
    drawn, (ax,) = figure(size + 0.8, size)
    shares = data.counts / np.maximum(data.counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    for i in range(n):
        for j in range(n):
            colour = "white" if shares[i, j] > 0.55 else DARK
            ax.text(j, i, f"{data.counts[i, j]:,}", ha="center", va="center", color=colour)
    names = [label if len(label) <= 16 else f"{label[:15]}…" for label in data.labels]
    ax.set_xticks(range(n), names, rotation=45 if n > 3 else 0, ha="right" if n > 3 else "center")
    ax.set_yticks(range(n), names)
    ax.set_xlabel("predicted out of fold")
    ax.set_ylabel("true")
    return drawn


def draw_residuals(data: Residuals) -> Figure:
    """Draw predicted against true numbers, and residuals against predictions."""
    drawn, (left, right) = figure(8.4, 3.4, 1, 2)
    both = np.concatenate([data.true, data.predicted])
    ends = [float(both.min()), float(both.max())]
    left.plot(ends, ends, color=LIGHT, lw=1.2)
    left.plot(data.true, data.predicted, "o", ms=2.5, color=BLUE, alpha=0.4)
    left.set_xlabel("true")
    left.set_ylabel("predicted out of fold")
    right.axhline(0.0, color=LIGHT, lw=1.2)
    right.plot(data.predicted, data.true - data.predicted, "o", ms=2.5, color=BLUE, alpha=0.4)
    right.set_xlabel("predicted out of fold")
    right.set_ylabel("true - predicted")
    return drawn


def draw_column_importance(data: ColumnImportance) -> Figure:
    """Draw the rise of the loss for the most important columns."""
    n = min(len(data.names), _MOST_COLUMNS)
    drawn, (ax,) = figure(6.4, 0.9 + 0.24 * n)
    rows = range(n)
    ax.barh(rows, data.means[:n], xerr=data.spreads[:n], color=BLUE, ecolor=DARK,
            error_kw={"lw": 0.8})  # fmt: skip
    names = [name if len(name) <= 32 else f"{name[:31]}…" for name in data.names[:n]]
    ax.set_yticks(rows, names)
    ax.invert_yaxis()
    ax.axvline(0.0, color=DARK, lw=0.8)
    ax.set_xlabel("rise of the loss when the column is shuffled")
    return drawn


def draw_expected(data: tuple[Expected, ...], metric: str) -> Figure:
    """Draw achieved against expected scores, with the intervals of the expectation."""
    drawn, (ax,) = figure(4.6, 3.6)
    expected = np.array([e.expected for e in data])
    achieved = np.array([e.achieved for e in data])
    spans = np.array([[e.expected - e.low, e.high - e.expected] for e in data]).T
    spans = np.clip(np.nan_to_num(spans), 0.0, None)
    ends = [float(min(expected.min(), achieved.min())), float(max(expected.max(), achieved.max()))]
    ax.plot(ends, ends, color=LIGHT, lw=1.2)
    ax.errorbar(expected, achieved, xerr=spans, fmt="o", ms=4, color=BLUE, ecolor=LIGHT, lw=0.8)
    ax.set_xlabel(f"{metric} expected by the memory")
    ax.set_ylabel(f"{metric} achieved out of fold")
    return drawn
