"""The expansion of points for kernels: inactive axes, indicators, and joint spaces."""

from __future__ import annotations

import numpy as np

from metalearn.core.joint_space import JointSpace
from metalearn.learners import get
from metalearn.surrogates.points import Points


def _joint() -> JointSpace:
    parts = [get(name).space("classification") for name in ("svc", "naive_bayes", "mlp")]
    return JointSpace("three", parts)


def test_inactive_axes_are_at_their_default_with_an_indicator() -> None:
    space = get("svc").space("classification")
    points = Points.of(space)
    rbf, poly = space.encode([
        {"C": 1.0, "class_weight": "none", "gamma": 0.05, "kernel": "rbf"},
        {"C": 1.0, "class_weight": "none", "gamma": 0.05, "kernel": "poly", "degree": 3,
         "coef0": 0.0},
    ])  # fmt: skip
    one, other = points.expand(np.stack([rbf, poly]))
    # The kernel's indicators and the two conditions (degree; coef0) differ, the defaults do not.
    assert np.sum((one - other) ** 2) == np.float64(1.0 + 2.0)
    assert points.n_active == points.n_groups == 6 + 2


def test_the_conditions_of_a_joint_space_are_the_algorithm_and_those_of_its_parts() -> None:
    joint = _joint()
    points = Points.of(joint)
    own = sum(Points.of(part).n_groups for part in joint.parts)
    assert points.n_groups == 1 + own
    assert points.n_active == 1 + 8  # svc has six axes and two conditions


def test_points_of_one_algorithm_differ_in_its_own_axes_only() -> None:
    joint = _joint()
    points = Points.of(joint)
    rng = np.random.default_rng(0)
    part = joint.part_of("mlp")
    own = part.encode(part.sample(20, rng))
    apart = points.expand(joint.lifted("mlp", own))
    alone = Points.of(part).expand(own)
    for i in range(20):
        lifted = np.sum((apart[0] - apart[i]) ** 2)
        np.testing.assert_allclose(lifted, np.sum((alone[0] - alone[i]) ** 2))
