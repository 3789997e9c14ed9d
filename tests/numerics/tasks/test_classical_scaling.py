"""Coordinates have the distances of points; the map has two axes, whatever the distances are."""

from __future__ import annotations

import numpy as np
import pytest

from metalearn.numerics.tasks.classical_scaling import classical_map, classical_scaling


def test_coordinates_have_the_distances(rng):
    at = rng.normal(size=(12, 3))
    distances = np.linalg.norm(at[:, None] - at[None], axis=2)
    found = classical_scaling(distances, 10)
    assert found.shape == (12, 3)
    np.testing.assert_allclose(np.linalg.norm(found[:, None] - found[None], axis=2), distances)


def test_axes_have_their_largest_coordinate_positive_and_variance_descends(rng):
    at = rng.normal(size=(12, 3))
    found = classical_scaling(np.linalg.norm(at[:, None] - at[None], axis=2), 3)
    assert (np.diff(found.var(axis=0)) < 0).all()
    assert (found.max(axis=0) == np.abs(found).max(axis=0)).all()


def test_axes_that_are_not_euclidean_are_left_out():
    """The middle of a star is at distance 1 of three tips, which are 2 apart."""
    star = 2.0 * (1.0 - np.eye(4))
    star[0, 1:] = star[1:, 0] = 1.0
    assert classical_scaling(star, 4).shape == (4, 2)


def test_the_map_of_points_in_the_plane_keeps_their_distances(rng):
    points = rng.normal(size=(20, 2))
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    places = classical_map(distances)
    found = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.testing.assert_allclose(found, distances, atol=1e-9)


def test_two_tasks_are_enough_for_a_map():
    places = classical_map(np.array([[0.0, 1.0], [1.0, 0.0]]))
    assert places.shape == (2, 2)
    assert abs(places[0, 0] - places[1, 0]) == pytest.approx(1.0)


def test_tasks_at_one_place_are_one_point_of_the_map():
    assert not classical_map(np.zeros((3, 3))).any()
