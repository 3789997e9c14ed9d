"""Products of kernels in one matrix product are the products of the kernels."""

from __future__ import annotations

import numpy as np

from metalearn.numerics.density.kde import UnitKernels
from metalearn.numerics.density.unit_product import UnitProduct


def test_product_of_the_kernels_of_each_axis():
    rng = np.random.default_rng(0)
    centres, u = rng.random((30, 3)), rng.random((50, 3))
    centres[rng.random(centres.shape) < 0.2] = np.nan
    u[rng.random(u.shape) < 0.2] = np.nan
    u[0, 1], u[1] = 1.2, [0.0, 1.0, 0.5]
    widths = np.array([0.02, 0.2, 1.5])
    expected = np.ones((50, 30))
    for j, width in enumerate(widths):
        here, active = ~np.isnan(u[:, j]), ~np.isnan(centres[:, j])
        density = UnitKernels(centres[active, j], width).density(u[here, j])
        expected[np.ix_(here, active)] *= density
    found = UnitProduct.around(centres, widths).density(u)
    active = ~np.isnan(centres[:, 1])
    assert (found[0, active] == 0.0).all()
    np.testing.assert_allclose(found[1:], expected[1:], rtol=1e-9, atol=1e-300)


def test_no_axis():
    found = UnitProduct.around(np.empty((4, 0)), np.empty(0)).density(np.empty((2, 0)))
    np.testing.assert_array_equal(found, np.ones((2, 4)))
