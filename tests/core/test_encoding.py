from __future__ import annotations

import numpy as np
import pytest

from metalearn.core import Configuration
from metalearn.core.encoding import encode_configurations


def test_columns_of_many_algorithms() -> None:
    rows = [
        Configuration("svc", {"C": 0.01, "kernel": "rbf", "gamma": 0.1}),
        Configuration("svc", {"C": 100.0, "kernel": "linear"}),
        Configuration("svc", {"C": 1.0, "kernel": "linear"}),
        Configuration("tree", {"max_features": "sqrt", "depth": 3}),
        Configuration("tree", {"max_features": 0.5, "depth": None}),
    ]
    encoded = encode_configurations(rows)
    columns = dict(zip(encoded.names, encoded.table.T, strict=True))
    nan = np.nan
    expected = {
        "algorithm=svc": [1, 1, 1, 0, 0],
        "algorithm=tree": [0, 0, 0, 1, 1],
        "svc.C": [0, 1, 0.5, nan, nan],
        "svc.gamma": [0.5, nan, nan, nan, nan],
        "svc.kernel=linear": [0, 1, 1, 0, 0],
        "svc.kernel=rbf": [1, 0, 0, 0, 0],
        "tree.depth": [nan, nan, nan, 0.5, nan],
        "tree.depth=None": [0, 0, 0, 0, 1],
        "tree.max_features": [nan, nan, nan, nan, 0.5],
        "tree.max_features=sqrt": [0, 0, 0, 1, 0],
    }
    assert set(columns) == set(expected)
    for name, column in expected.items():
        np.testing.assert_allclose(columns[name], column, err_msg=name)


def test_constants_tell_nothing_and_numbers_become_positions() -> None:
    rows = [Configuration("knn", {"k": k, "p": 2, "fast": k > 3}) for k in (1, 3, 9)]
    encoded = encode_configurations(rows)
    assert encoded.names == ("knn.fast", "knn.k")
    np.testing.assert_allclose(encoded.table[:, 1], [0.0, 0.5, 1.0])
    np.testing.assert_array_equal(encoded.table[:, 0], [0.0, 0.0, 1.0])


def test_nothing_to_encode() -> None:
    assert encode_configurations([]).table.shape == (0, 0)
    one = encode_configurations([Configuration("a", {})])
    assert one.table.shape == one.points().shape == (1, 0)


def test_order_of_configurations_only_permutes_rows(rng: np.random.Generator) -> None:
    rows = [Configuration("a", {"x": float(v), "y": "abc"[i % 3]}) for i, v in enumerate(range(9))]
    order = rng.permutation(9)
    encoded = encode_configurations(rows)
    shuffled = encode_configurations([rows[i] for i in order])
    assert encoded.names == shuffled.names
    np.testing.assert_array_equal(shuffled.table, encoded.table[order])
    np.testing.assert_array_equal(shuffled.points(), encoded.points()[order])


def test_points_put_grids_evenly_and_algorithms_apart() -> None:
    rows = [
        *(Configuration("svm", {"C": c, "kernel": "linear"}) for c in (0.01, 1.0, 100.0)),
        Configuration("svm", {"C": 1.0, "kernel": "rbf", "gamma": 0.1}),
        Configuration("svm", {"C": 1.0, "kernel": "rbf", "gamma": 10.0}),
        Configuration("knn", {"k": 3}),
    ]
    points = encode_configurations(rows).points()
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    assert distance[0, 1] == pytest.approx(0.5)
    assert distance[1, 2] == pytest.approx(0.5)
    assert distance[3, 4] == pytest.approx(1.0)
    assert distance[1, 3] > 1.0
    assert (distance[5, :5] >= 2.0).all()


def test_points_mark_each_condition_once() -> None:
    rows = [
        Configuration("net", {"solver": "sgd", "rate": r, "momentum": m})
        for r, m in ((0.1, 0.5), (0.2, 0.9))
    ]
    rows += [Configuration("net", {"solver": "lbfgs", "depth": d}) for d in (1, "auto")]
    encoded = encode_configurations(rows)
    points = encoded.points()
    assert np.isfinite(points).all()
    # rate and momentum are active with the same ones; depth is a number for one only
    assert points.shape[1] == len(encoded.names) + 1
