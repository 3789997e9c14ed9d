"""Masses of counted cells: kernels and quantiles written out."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from metalearn.numerics.density.counted_cells import masses


def test_masses_are_those_of_kernels_and_quantiles_written_out():
    rng = np.random.default_rng(0)
    for n_cells in (1, 3, 7, 20, 50):
        cells = [
            np.clip((rng.random(n) ** 2 * n_cells).astype(np.int64), 0, n_cells - 1)
            for n in (0, 1, 2, 3, 40, 200, 333)
        ]
        counts = np.array([np.bincount(at, minlength=n_cells) for at in cells], dtype=np.float64)
        expected = [slow_masses(at, n_cells) for at in cells]
        np.testing.assert_allclose(masses(counts, is_ordered=True), expected, rtol=1e-12)


def test_masses_of_categories_are_counts_and_one_uniform_kernel():
    np.testing.assert_allclose(
        masses(np.array([[3.0, 0.0], [0.0, 0.0]]), is_ordered=False), [[7 / 8, 1 / 8], [0.5, 0.5]]
    )


def slow_masses(at, n_cells):
    counts = np.bincount(at, minlength=n_cells).astype(np.float64)
    if len(at):
        low, high = np.quantile(at, [0.25, 0.75])
        spread = min(at.std(ddof=1) if len(at) > 1 else 0.0, (high - low) / 1.34)
        width = max(1.059 * spread * len(at) ** -0.2, 0.5 / 1.64)
        edges = np.arange(n_cells + 1) - 0.5
        kernels = np.diff(ndtr((edges - np.arange(n_cells)[:, None]) / width), axis=1)
        counts = counts @ (kernels / kernels.sum(axis=1, keepdims=True))
    return (counts + 1 / n_cells) / (len(at) + 1)
