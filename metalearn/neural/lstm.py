"""A long short-term memory cell with its derivative in closed form.

Hochreiter & Schmidhuber 1997, with a forget gate (Gers, Schmidhuber & Cummins 2000). One cell is
one step for automatic differentiation, so that an unrolled network of some hundred cells is
differentiated in milliseconds.
"""

from __future__ import annotations

from typing import Any

import numpy

from metalearn.core.arrays import Floats
from metalearn.neural.autodiff import defvjp_argnums, primitive

__all__ = ["lstm_cell", "lstm_weights"]

_REMEMBER = 1.0  # first offset of the forget gate (Jozefowicz et al. 2015)


def lstm_weights(n_inputs: int, n_units: int, rng: numpy.random.Generator) -> Floats:
    """Return a random matrix `(n_inputs + n_units + 1, 4 n_units)`.

    Rows: inputs, last outputs, offset. Columns: input, forget and output gate, candidate.
    """
    weights = rng.normal(size=(n_inputs + n_units + 1, 4 * n_units))
    weights /= numpy.sqrt(n_inputs + n_units)
    weights[-1] = 0.0
    weights[-1, n_units : 2 * n_units] = _REMEMBER
    return numpy.asarray(weights)


@primitive  # type: ignore[untyped-decorator]  # of a package without types
def lstm_cell(weights: Floats, inputs: Floats, state: Floats) -> Floats:
    """Return the next state `(n, 2 n_units)`: outputs, then memory.

    Args:
        weights: See `lstm_weights`.
        inputs: `(n, n_inputs)`.
        state: `(n, 2 n_units)`; zeros at the start.
    """
    gates, _ = _gates(weights, inputs, state)
    i, f, o, candidate = gates
    memory = f * state[:, state.shape[1] // 2 :] + i * candidate
    return numpy.concatenate([o * numpy.tanh(memory), memory], axis=1)


def _gates(weights: Floats, inputs: Floats, state: Floats) -> tuple[list[Floats], Floats]:
    """Return input, forget and output gate and the candidate, and the rows they come from."""
    n = state.shape[1] // 2
    rows = numpy.concatenate([inputs, state[:, :n], numpy.ones((len(inputs), 1))], axis=1)
    z = rows @ weights
    sigmoid = 1.0 / (1.0 + numpy.exp(-numpy.clip(z[:, : 3 * n], -30.0, 30.0)))
    return [*numpy.split(sigmoid, 3, axis=1), numpy.tanh(z[:, 3 * n :])], rows


def _derivatives(
    argnums: tuple[int, ...], ans: Floats, args: tuple[Floats, ...], _: dict[str, Any]
) -> Any:
    weights, inputs, state = args
    n = state.shape[1] // 2
    (i, f, o, candidate), rows = _gates(weights, inputs, state)
    old, memory = state[:, n:], ans[:, n:]
    squashed = numpy.tanh(memory)

    def pulled(upper: Floats) -> tuple[Floats, ...]:
        out = upper[:, :n]
        inner = upper[:, n:] + out * o * (1.0 - squashed**2)
        z = numpy.concatenate(
            [
                inner * candidate * i * (1.0 - i),
                inner * old * f * (1.0 - f),
                out * squashed * o * (1.0 - o),
                inner * i * (1.0 - candidate**2),
            ],
            axis=1,
        )
        back = z @ weights.T
        n_inputs = inputs.shape[1]
        all_of = (
            rows.T @ z,
            back[:, :n_inputs],
            numpy.concatenate([back[:, n_inputs : n_inputs + n], inner * f], axis=1),
        )
        return tuple(all_of[k] for k in argnums)

    return pulled


defvjp_argnums(lstm_cell, _derivatives)
