"""The hypervolume against counting cells of a grid, and against fronts in closed form."""

import itertools

import numpy as np
import pytest

from metalearn.core.arrays import Floats
from metalearn.errors import ShapeError
from metalearn.numerics.search.hypervolume import hypervolume


def by_cells(points: Floats, reference: Floats) -> float:
    """Return the volume by brute force: every cell between consecutive coordinates."""
    edges = [
        np.unique([*column[column < end], end])
        for column, end in zip(points.T, reference, strict=True)
    ]
    total = 0.0
    for cell in itertools.product(*(range(len(edge) - 1) for edge in edges)):
        low = np.array([edge[i] for edge, i in zip(edges, cell, strict=True)])
        width = [edge[i + 1] - edge[i] for edge, i in zip(edges, cell, strict=True)]
        total += float(np.prod(width)) * bool((points <= low).all(axis=1).any())
    return total


@pytest.mark.parametrize("n_losses", [1, 2, 3, 4])
def test_equals_the_count_of_cells(n_losses: int, rng: np.random.Generator) -> None:
    for n in (1, 2, 7):
        points = np.vstack([rng.random((n, n_losses)), np.full((1, n_losses), 1.2)])
        points[0] = points[-2]  # one point twice
        reference = np.full(n_losses, 0.9)
        found = hypervolume(points, reference)
        assert found == pytest.approx(by_cells(points, reference), rel=1e-12)


def test_a_dense_front_comes_close_to_the_integral() -> None:
    x = np.linspace(0.0, 1.0, 4001)
    found = hypervolume(np.column_stack([x, 1.0 - np.sqrt(x)]), np.array([1.1, 1.1]))
    assert found == pytest.approx(1.21 - 1 / 3, abs=5e-4)


def test_order_does_not_matter_and_more_points_never_hurt(rng: np.random.Generator) -> None:
    points, reference = rng.random((12, 3)), np.ones(3)
    whole = hypervolume(points, reference)
    assert hypervolume(points[::-1], reference) == pytest.approx(whole, rel=1e-12)
    assert hypervolume(points[:6], reference) <= whole


def test_nothing_inside_is_nothing() -> None:
    assert hypervolume(np.empty((0, 2)), np.ones(2)) == 0.0
    assert hypervolume(np.array([[0.5, 1.0], [np.inf, 0.0]]), np.ones(2)) == 0.0


def test_refuses_other_shapes() -> None:
    with pytest.raises(ShapeError, match="n_losses"):
        hypervolume(np.zeros((3, 2)), np.ones(3))
