"""Embeddings of raw tables (Dataset2Vec, Jomaa, Schmidt-Thieme & Grabocka 2021).

A table is a set of columns and classes, each a set of rows. The embedding is

    e = f(mean over columns i and classes c of g(mean over rows j of h(x_ij, y_jc))),

so that the order of rows, columns and classes does not matter, and any number of them fits.
Columns are standardized, classes are one-hot; of a regression task the standardized target is the
only "class". All three networks have tanh units, where the paper has ReLU and residual layers.

Two losses train it: whether two samples are of the same table (the paper's), and how far distances
are from the disagreement of two tasks about configurations, 1 - rank correlation of their losses
(as learned metrics of tasks, Kim et al. 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from metalearn.core.arrays import Bools, Floats
from metalearn.neural.autodiff import np, value_and_grad
from metalearn.neural.network import Weights, mlp, mlp_weights
from metalearn.neural.training import Estimate

__all__ = [
    "Samples",
    "Table",
    "embed",
    "embedding_distances",
    "identification_loss",
    "identification_step",
    "initial_encoder",
    "metric_loss",
    "metric_step",
    "samples",
]

_CELL, _COLUMN, _TABLE = (2, 32, 32, 32), (32, 32, 32), (32, 64, 32)
_ROWS, _COLUMNS, _CLASSES = (16, 64), (2, 12), 4
_LEAST = 1e-9

Table = tuple[Floats, Floats]
"""Standardized columns `(n_rows, n_columns)`, and classes one-hot or the standardized target,
`(n_rows, n_classes)`; finite."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Parts of tables, padded to one size.

    Attributes:
        X: `(n_samples, n_rows, n_columns)`.
        Y: `(n_samples, n_rows, n_classes)`.
        rows: `(n_samples, n_rows)`; False where padded.
        columns: `(n_samples, n_columns)`; False where padded.
        classes: `(n_samples, n_classes)`; False where padded.
    """

    X: Floats
    Y: Floats
    rows: Bools
    columns: Bools
    classes: Bools


def initial_encoder(rng: numpy.random.Generator) -> Weights:
    """Return random weights of the three networks, named `h.`, `g.` and `f.`."""
    sizes = {"h": _CELL, "g": _COLUMN, "f": _TABLE}
    return {
        f"{part}.{name}": value
        for part, widths in sizes.items()
        for name, value in mlp_weights(widths, rng).items()
    }


def samples(tables: Sequence[Table]) -> Samples:
    """Return whole tables as one padded batch."""
    shapes = [(*X.shape, Y.shape[1]) for X, Y in tables]
    n_rows, n_columns, n_classes = (max(sizes) for sizes in zip(*shapes, strict=True))
    n = len(tables)
    found = Samples(
        numpy.zeros((n, n_rows, n_columns)),
        numpy.zeros((n, n_rows, n_classes)),
        *(numpy.zeros((n, size), numpy.bool_) for size in (n_rows, n_columns, n_classes)),
    )
    for i, ((X, Y), (rows, columns, classes)) in enumerate(zip(tables, shapes, strict=True)):
        found.X[i, :rows, :columns], found.Y[i, :rows, :classes] = X, Y
        found.rows[i, :rows] = found.columns[i, :columns] = found.classes[i, :classes] = True
    return found


def embed(weights: Any, batch: Samples) -> Any:
    """Return embeddings `(n_samples, 32)`, the same for any padding and any order within."""
    shape = (*batch.X.shape, batch.Y.shape[2])
    cells = numpy.stack(
        [
            numpy.broadcast_to(batch.X[:, :, :, None], shape),
            numpy.broadcast_to(batch.Y[:, :, None, :], shape),
        ],
        axis=-1,
    )
    row_shares = batch.rows / batch.rows.sum(axis=1, keepdims=True)
    of_rows = np.sum(
        np.tanh(mlp(_part(weights, "h"), cells)) * row_shares[:, :, None, None, None], axis=1
    )
    pairs = batch.columns[:, :, None] & batch.classes[:, None, :]
    pair_shares = pairs / pairs.sum(axis=(1, 2), keepdims=True)
    of_pairs = np.sum(
        np.tanh(mlp(_part(weights, "g"), of_rows)) * pair_shares[:, :, :, None], axis=(1, 2)
    )
    return mlp(_part(weights, "f"), of_pairs)


def embedding_distances(embedded: Any) -> Any:
    """Return `(n, n)` Euclidean distances of embeddings `(n, width)`."""
    off = embedded[:, None, :] - embedded[None, :, :]
    return np.sqrt(np.sum(off**2, axis=2) + _LEAST)


def identification_loss(weights: Any, batch: Samples, table: Floats) -> Any:
    """Return the log loss of p = exp(-distance) for "two samples are of the same table".

    Args:
        weights: See `initial_encoder`.
        batch: At least two samples.
        table: `(n_samples,)` number of the table of each.

    Pairs of the same table and of different ones have equal weight in all.
    """
    first, second = numpy.triu_indices(len(table), 1)
    apart = embedding_distances(embed(weights, batch))[first, second]
    same = table[first] == table[second]
    shares = numpy.where(same, 0.5 / max(same.sum(), 1), 0.5 / max((~same).sum(), 1))
    log_other = np.log(1.0 - np.exp(-apart) + _LEAST)
    return np.sum(shares * np.where(same, apart, -log_other))


def metric_loss(weights: Any, batch: Samples, disagreement: Floats) -> Any:
    """Return the mean squared error of distances as predictions of a disagreement of tasks.

    Args:
        weights: See `initial_encoder`.
        batch: One sample of each task.
        disagreement: `(n_samples, n_samples)`, 0 for the same order of configurations, 1 for
            unrelated, 2 for opposite ones.
    """
    first, second = numpy.triu_indices(len(disagreement), 1)
    apart = embedding_distances(embed(weights, batch))[first, second]
    return np.mean((apart - disagreement[first, second]) ** 2)


def identification_step(tables: Sequence[Table], n_tables: int = 4) -> Estimate:
    """Return the loss and gradient on two random samples of each of some random tables."""
    slope = value_and_grad(identification_loss)

    def step(weights: Weights, rng: numpy.random.Generator) -> tuple[float, Weights]:
        chosen = rng.choice(len(tables), min(n_tables, len(tables)), replace=False)
        which = numpy.repeat(chosen, 2)
        batch = samples([_drawn(tables[int(table)], rng) for table in which])
        value, gradient = slope(weights, batch, which)
        return float(value), gradient

    return step


def metric_step(
    tables: Sequence[Table], disagreement: Floats, n_tables: int = 8, identified: float = 0.1
) -> Estimate:
    """Return loss and gradient of distances against disagreement, on samples of random tables.

    Args:
        tables: One of each task.
        disagreement: `(n_tasks, n_tasks)`, see `metric_loss`.
        n_tables: Tables of a step.
        identified: Weight of `identification_step`, which regularizes.
    """
    slope, regularizer = value_and_grad(metric_loss), identification_step(tables)

    def step(weights: Weights, rng: numpy.random.Generator) -> tuple[float, Weights]:
        chosen = rng.choice(len(tables), min(n_tables, len(tables)), replace=False)
        batch = samples([_drawn(tables[table], rng) for table in chosen])
        value, gradient = slope(weights, batch, disagreement[numpy.ix_(chosen, chosen)])
        other, more = regularizer(weights, rng)
        total = {name: gradient[name] + identified * more[name] for name in weights}
        return float(value) + identified * other, total

    return step


def _drawn(table: Table, rng: numpy.random.Generator) -> Table:
    """Return random rows, columns and classes of a table; numbers of rows are log-uniform."""
    X, Y = table
    low, high = numpy.log(_ROWS)
    n_rows = min(round(float(numpy.exp(rng.uniform(low, high)))), len(X))
    n_columns = min(int(rng.integers(_COLUMNS[0], _COLUMNS[1] + 1)), X.shape[1])
    rows = rng.choice(len(X), n_rows, replace=False)
    columns = rng.choice(X.shape[1], n_columns, replace=False)
    classes = rng.choice(Y.shape[1], min(_CLASSES, Y.shape[1]), replace=False)
    return X[numpy.ix_(rows, columns)], Y[numpy.ix_(rows, classes)]


def _part(weights: Any, part: str) -> Any:
    """Return the weights of one of the networks."""
    start = f"{part}."
    return {name[len(start) :]: weights[name] for name in weights if name.startswith(start)}
