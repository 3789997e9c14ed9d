"""Multilayer perceptrons as functions of named weights.

Weights are a dictionary of arrays, so that they are differentiated, averaged and stored without a
class. Layer i has the matrix `w<i>` and the offset `b<i>`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy

from metalearn.core.arrays import Floats
from metalearn.neural.autodiff import defvjp, np, primitive

__all__ = ["Weights", "mlp", "mlp_weights", "n_layers"]

Weights = dict[str, Floats]
"""Arrays by name."""


def mlp_weights(sizes: Sequence[int], rng: numpy.random.Generator) -> Weights:
    """Return weights of layers between widths `sizes`, of variance 1 / inputs; offsets are 0."""
    weights: Weights = {}
    for i, (n_in, n_out) in enumerate(pairwise(sizes)):
        weights[f"w{i}"] = rng.normal(size=(n_in, n_out)) / numpy.sqrt(max(n_in, 1))
        weights[f"b{i}"] = numpy.zeros(n_out)
    return weights


def n_layers(weights: Weights) -> int:
    """Return the number of layers."""
    return sum(name[0] == "w" and name[1:].isdigit() for name in weights)


def mlp(weights: Weights, x: Any) -> Any:  # Any: arrays, or autograd's boxes around them
    """Return outputs `(..., n_out)` for inputs `(..., n_in)`; hidden units are tanh."""
    last = n_layers(weights) - 1
    for i in range(last + 1):
        x = _affine(x, weights[f"w{i}"], weights[f"b{i}"])
        if i < last:
            x = np.tanh(x)
    return x


@primitive  # type: ignore[untyped-decorator]  # of a package without types
def _affine(x: Floats, w: Floats, b: Floats) -> Floats:
    """Return x w + b in one step, because autograd spends more time per step than on these."""
    return numpy.asarray(x @ w + b)


# The derivatives use `np`, so that they can be differentiated again (second-order MAML).
defvjp(
    _affine,
    lambda _, _x, w, _b: lambda upper: np.matmul(upper, np.transpose(w)),
    lambda _, x, _w, _b: lambda upper: np.matmul(np.transpose(_rows(x)), _rows(upper)),
    lambda _, _x, _w, _b: lambda upper: np.sum(_rows(upper), axis=0),
)


def _rows(x: Any) -> Any:
    return np.reshape(x, (-1, x.shape[-1]))
