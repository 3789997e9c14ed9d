"""Kernels on the unit interval: mass, agreement with SciPy, samplers against densities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest, truncnorm

from metalearn.errors import ShapeError
from metalearn.numerics.density.kde import CategoryKernels, CellKernels, UnitKernels, bandwidth


def test_truncated_gaussian_equals_scipy():
    kernels = UnitKernels(np.array([0.0, 0.3, 0.95]), 0.2)
    u = np.linspace(0, 1, 11)
    for i, c in enumerate(kernels.centres):
        theirs = truncnorm((0 - c) / 0.2, (1 - c) / 0.2, loc=c, scale=0.2)
        assert kernels.density(u)[:, i] == pytest.approx(theirs.pdf(u))
        assert kernels.cumulative(u)[:, i] == pytest.approx(theirs.cdf(u), abs=1e-12)
        drawn = kernels.draw(np.full(2000, i), np.random.default_rng(i))
        assert kstest(drawn, theirs.cdf).pvalue > 0.001


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.floats(0.02, 0.5))
def test_densities_integrate_to_one(centres, width):
    kernels = UnitKernels(np.array(centres), width)
    edges = np.linspace(0, 1, 2001)
    u = (edges[1:] + edges[:-1]) / 2
    assert kernels.density(u).mean(axis=0) == pytest.approx(np.ones(len(centres)), abs=5e-3)
    cells = CellKernels(kernels, np.array([0.0, 0.1, 0.6, 1.0]))
    middle = np.array([0.05, 0.3, 0.8])
    mass = cells.density(middle) * np.array([0.1, 0.5, 0.4])[:, None]
    assert mass.sum(axis=0) == pytest.approx(np.ones(len(centres)))


def test_cells_and_categories_draw_what_they_say():
    rng = np.random.default_rng(0)
    edges = np.arange(5) / 4
    cells = CellKernels(UnitKernels(np.array([0.3]), 0.25), edges)
    categories = CategoryKernels(np.array([2]), 4, 0.5)
    middle = (edges[1:] + edges[:-1]) / 2
    for kernels in (cells, categories):
        drawn = kernels.draw(np.zeros(4000, dtype=np.int64), rng)
        counts = np.array([(np.isclose(drawn, m)).sum() for m in middle])
        expected = kernels.density(middle)[:, 0] / 4
        assert counts.sum() == 4000
        assert chisquare(counts, expected * 4000).pvalue > 0.001
    # Additive smoothing: (1 + 0.5 / 4) / 1.5 of the mass stays.
    assert categories.density(np.array([0.6]))[0, 0] / 4 == pytest.approx(1.125 / 1.5)


def test_cells_are_the_mean_of_their_halves():
    # Few cells are looked up, many are computed where asked.
    kernels = UnitKernels(np.array([0.0, 0.31, 0.9]), 0.07)
    coarse, fine = (CellKernels(kernels, np.arange(n + 1) / n) for n in (1000, 2000))
    middle = (np.arange(0, 1000, 37) + 0.5) / 1000
    halves = (fine.density(middle - 0.00025) + fine.density(middle + 0.00025)) / 2
    np.testing.assert_allclose(coarse.density(middle), halves, rtol=1e-6, atol=1e-12)


def test_bandwidth_rule():
    # A fine uniform grid: sd 0.289, IQR 0.5, so 1.06 min(0.289, 0.373) n^-0.2.
    points = (np.arange(1000) + 0.5) / 1000
    weights = np.ones(1000)
    assert bandwidth(points, weights) == pytest.approx(1.06 * 12**-0.5 * 1000**-0.2, rel=1e-3)
    assert bandwidth(points, weights * 7) == bandwidth(points, weights)
    assert bandwidth(np.full(9, 0.4), np.ones(9)) == 0.05
    assert bandwidth(np.array([0.0, 1.0] * 500), np.ones(1000)) == 0.5
    assert bandwidth(0.5 + points / 1000, weights) == 0.02
    with pytest.raises(ShapeError):
        bandwidth(points, weights[:3])
