from __future__ import annotations

import numpy as np

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
    table, names = encode_configurations(rows)
    columns = dict(zip(names, table.T, strict=True))
    nan = np.nan
    expected = {
        "algorithm=svc": [1, 1, 1, 0, 0],
        "algorithm=tree": [0, 0, 0, 1, 1],
        "svc.C": [0, 1, 0.5, nan, nan],  # four decades: logarithmic
        "svc.gamma": [0, nan, nan, nan, nan],
        "svc.kernel=linear": [0, 1, 1, 0, 0],
        "svc.kernel=rbf": [1, 0, 0, 0, 0],
        "tree.depth": [nan, nan, nan, 0, nan],
        "tree.depth=None": [0, 0, 0, 0, 1],
        "tree.max_features": [nan, nan, nan, nan, 0],
        "tree.max_features=sqrt": [0, 0, 0, 1, 0],
    }
    assert set(columns) == set(expected)
    for name, column in expected.items():
        np.testing.assert_allclose(columns[name], column, err_msg=name)


def test_constants_tell_nothing_and_few_decades_stay_linear() -> None:
    rows = [Configuration("knn", {"k": k, "p": 2, "fast": k > 3}) for k in (1, 3, 9)]
    table, names = encode_configurations(rows)
    assert names == ("knn.fast", "knn.k")
    np.testing.assert_allclose(table[:, 1], [0.0, 0.25, 1.0])
    np.testing.assert_array_equal(table[:, 0], [0.0, 0.0, 1.0])


def test_nothing_to_encode() -> None:
    assert encode_configurations([])[0].shape == (0, 0)
    assert encode_configurations([Configuration("a", {})])[0].shape == (1, 0)


def test_order_of_configurations_only_permutes_rows(rng: np.random.Generator) -> None:
    rows = [Configuration("a", {"x": float(v), "y": "abc"[i % 3]}) for i, v in enumerate(range(9))]
    order = rng.permutation(9)
    table, names = encode_configurations(rows)
    shuffled, same = encode_configurations([rows[i] for i in order])
    assert names == same
    np.testing.assert_array_equal(shuffled, table[order])
