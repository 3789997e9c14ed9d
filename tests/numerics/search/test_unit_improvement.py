import numpy as np
from scipy.special import ndtr
from scipy.stats import norm

from metalearn.numerics.search.unit_improvement import unit_improvement


def test_equals_the_formula_at_and_between_the_entries_of_the_table():
    u = np.concatenate([np.linspace(-12.0, 12.0, 20_001), np.arange(-9.0, 9.0, 1 / 256)])
    expected = u * ndtr(u) + norm.pdf(u)
    np.testing.assert_allclose(unit_improvement(u), expected, rtol=4e-16, atol=1e-15)


def test_rises_and_keeps_its_shape():
    u = np.linspace(-5.0, 5.0, 10_000).reshape(100, 100)
    found = unit_improvement(u)
    assert found.shape == u.shape
    assert (np.diff(found.ravel()) > 0).all()
    np.testing.assert_array_equal(unit_improvement(np.array([0.0])), norm.pdf(0.0))
