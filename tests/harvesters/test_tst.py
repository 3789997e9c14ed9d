"""TST's files: the grid behind the scaled numbers, scores, sparse rows, hostile variants."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.errors import InputError
from metalearn.harvesters.tst import read
from tests.harvesters.published import Loaded, load

FEATURES = " ".join(["0.5"] * 22)


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "metadatasets" / "tst-svm"


@pytest.fixture(scope="module")
def loaded(folder: Path) -> Loaded:
    return load(read(folder))


@pytest.mark.slow
def test_the_shared_set_equals_the_raw_files(folder: Path, loaded: Loaded) -> None:
    matrix = loaded.matrix()
    assert matrix.shape == (50, 288)
    assert not loaded.rejected
    for task, row in matrix.iterrows():
        raw = np.loadtxt(folder / f"{str(task).removeprefix('tst:')}.gz")
        np.testing.assert_array_equal(row.to_numpy(), raw[:, 0])
    features = loaded.tables["meta_features"]
    a9a = features[features["task"] == "tst:A9A"].sort_values("name")["value"]
    np.testing.assert_array_equal(a9a, np.loadtxt(folder / "A9A.gz")[0, 7:])


def test_hyperparameters_are_the_published_grid(loaded: Loaded) -> None:
    configurations = [json.loads(t) for t in loaded.tables["configurations"]["hyperparameters"]]
    by_kernel = {
        k: [c for c in configurations if c["kernel"] == k] for k in ("rbf", "polynomial", "linear")
    }
    assert {k: len(c) for k, c in by_kernel.items()} == {
        "rbf": 168, "polynomial": 108, "linear": 12,
    }  # fmt: skip
    assert sorted({c["C"] for c in configurations}) == [2.0**i for i in range(-5, 7)]
    assert sorted({c["gamma"] for c in by_kernel["rbf"]}) == [
        1e-4, 1e-3, 0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000,
    ]  # fmt: skip
    assert sorted({c["degree"] for c in by_kernel["polynomial"]}) == list(range(2, 11))
    assert set(by_kernel["linear"][0]) == {"kernel", "C"}
    space = Space.from_json("tst-svm", loaded.tables["algorithms"]["space"][0])
    axes = {axis.name: axis for axis in space.axes}
    assert all(axes[name].log for name in ("C", "gamma", "degree"))
    unit = space.encode([Configuration("tst-svm", c) for c in configurations])
    gamma = unit[[c["kernel"] == "rbf" for c in configurations], space.names.index("gamma")]
    np.testing.assert_allclose([gamma.min(), gamma.max()], [0, 1])


def test_sparse_adaboost_files(tmp_path: Path) -> None:
    ln = np.log(3) / np.log(30)
    rows = ["0.75 0:1.0 1:1.0 2:0.5 23:0.25", f"0.5 0:0.25 1:{ln} 2:0.5 23:0.25"]
    (tmp_path / "iris").write_text("\n".join(rows) + "\n")
    loaded = load(read(tmp_path))
    texts = list(loaded.tables["configurations"]["hyperparameters"])
    assert texts == [
        '{"iterations":10000,"product_terms":30}', '{"iterations":10,"product_terms":3}',
    ]  # fmt: skip
    assert list(loaded.tables["evaluations"]["value"]) == [0.75, 0.5]
    features = loaded.tables["meta_features"].set_index("name")["value"]
    assert (features["tst_01"], features["tst_02"], features["tst_22"]) == (0.5, 0, 0.25)


def test_another_layout_keeps_the_columns_that_vary(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("0.5 1 0 7 3\n0.6 2 0 7 3\n0.7 2 1 7 3\n")
    loaded = load(read(tmp_path))
    assert loaded.tables["configurations"]["hyperparameters"][0] == '{"x1":1.0,"x2":0.0}'
    assert list(loaded.tables["meta_features"]["value"]) == [7, 3]


def test_unusable_lines_are_counted(tmp_path: Path) -> None:
    good = f"0.9 1 0 0 0.5 -0.5 0 {FEATURES}"
    two_kernels = f"0.9 1 1 0 0.5 -0.5 0 {FEATURES}"
    percent = f"90 1 0 0 0.5 -0.25 0 {FEATURES}"
    not_finite = f"nan 1 0 0 0.5 0.25 0 {FEATURES}"
    again = good.replace("0.9", "0.7", 1)
    (tmp_path / "d").write_text("\n".join([good, two_kernels, percent, not_finite, again]))
    (tmp_path / "README").write_text("about the data\n")
    loaded = load(read(tmp_path))
    assert list(loaded.tables["evaluations"]["value"]) == [0.8]
    assert sorted(loaded.rejected.values()) == [1, 1, 1, 1, 1]
    assert any("README" in reason for reason in loaded.rejected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "found none"),
        ("a b c\n", "found none"),
        (f"0.9 1 0 0 0.5 -0.5 0 {FEATURES}\n0.8 1 0 0\n", "line 2"),
        (f"0.9,1,0,0,0.5,-0.5,0,{FEATURES.replace(' ', ',')}\n", "found none"),
        ("0.9 1 2 3\n0.9 1 2 3\n", "constant columns"),
        (f"90 1 0 0 0.5 -0.5 0 {FEATURES}\n", "no accuracy"),
    ],
)
def test_what_is_not_such_a_set_is_an_error(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "d").write_text(text)
    with pytest.raises(InputError, match=expected):
        list(read(tmp_path))
