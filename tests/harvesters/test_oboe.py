"""OBOE's matrices: equal to the raw file, whatever the files are called, and hostile variants."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.errors import InputError
from metalearn.harvesters.oboe import read
from metalearn.harvesters.options import Options
from tests.harvesters.published import load

KNN = "\"{'algorithm': 'KNN', 'hyperparameters': {'n_neighbors': %s}}\""


def matrix(folder: Path, name: str, rows: list[str], columns: list[str] | None = None) -> Path:
    header = ",".join(["", *(columns or [KNN % 1, KNN % 3])])
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_the_shared_set_equals_the_raw_matrices(shared_data: Path) -> None:
    folder = shared_data / "metadatasets" / "oboe"
    loaded = load(read(folder))
    raw = pd.read_csv(folder / "error_matrix.csv.gz", index_col=0)
    seconds = pd.read_csv(folder / "runtime_matrix.csv.gz", index_col=0)
    assert not loaded.rejected
    assert loaded.largest <= 50_000
    np.testing.assert_array_equal(loaded.matrix().to_numpy(), raw.to_numpy())
    wide = loaded.tables["evaluations"].pivot(
        index="task", columns="configuration", values="fit_s"
    )
    order = loaded.matrix()
    np.testing.assert_array_equal(
        wide.loc[order.index, order.columns].to_numpy(), seconds.to_numpy()
    )
    tasks = loaded.tables["tasks"]
    assert [int(d.removeprefix("openml:")) for d in tasks["dataset"]] == list(raw.index)
    assert sorted(tasks["task"]) == list(tasks["task"])  # the store sorts by key: file order
    assert set(loaded.tables["metrics"]["metric"]) == {"balanced_error_rate"}
    assert not loaded.tables["metrics"]["greater_is_better"].any()
    assert (loaded.tables["evaluations"]["value"] == 0).sum() == 2035


def test_meta_features_are_joined_by_openml_id(shared_data: Path) -> None:
    folder = shared_data / "metadatasets"
    features = load(read(folder / "oboe")).tables["meta_features"]
    sizes = features[features["extractor"] == "oboe"]
    assert len(sizes) == 418 * 2
    joined = features[features["extractor"] == "auto-sklearn"]
    assert joined["task"].nunique() == 318
    assert joined["name"].nunique() == 46
    raw = pd.read_csv(folder / "pmf" / "data_feats_featurized.csv.gz", index_col=0)
    row = joined[joined["task"].str.endswith(":3")].set_index("name")["value"]
    np.testing.assert_allclose(row[list(raw.columns)], raw.loc[3])


def test_files_are_told_apart_by_content(tmp_path: Path) -> None:
    matrix(tmp_path, "b.csv", ["00007,0.5,0.25", "00003,0.125,0.75"])
    matrix(tmp_path, "a.csv", ["00007,12.5,1.5", "00003,0.1,2"])
    (tmp_path / "c.csv").write_text(",0,1\n3,150,5\n")
    loaded = load(read(tmp_path))
    np.testing.assert_array_equal(loaded.matrix(), [[0.5, 0.25], [0.125, 0.75]])
    assert list(loaded.tables["evaluations"]["fit_s"]) == [12.5, 1.5, 0.1, 2.0]
    assert list(loaded.tables["tasks"]["task"]) == ["oboe:00000:7", "oboe:00001:3"]
    assert loaded.tables["tasks"]["n_rows"].isna().tolist() == [True, False]


def test_runtimes_in_another_order_are_joined_by_id_and_header(tmp_path: Path) -> None:
    matrix(tmp_path, "e.csv", ["7,0.5,0.25", "3,0.125,0.75"])
    matrix(tmp_path, "t.csv", ["3,20,30"], [KNN % 3, KNN % 1])
    seconds = load(read(tmp_path)).tables["evaluations"]["fit_s"]
    np.testing.assert_array_equal(seconds, [np.nan, np.nan, 30, 20])


def test_a_repeated_column_gives_the_median_and_is_counted(tmp_path: Path) -> None:
    path = matrix(tmp_path, "e.csv", ["7,0.5,0.25,0.1"], [KNN % 1, KNN % 3, KNN % 1])
    loaded = load(read(path))
    np.testing.assert_allclose(loaded.matrix(), [[0.3, 0.25]])
    assert loaded.rejected == {"column repeats another one (median kept)": 1}


def test_cells_that_cannot_be_used_are_counted(tmp_path: Path) -> None:
    path = matrix(tmp_path, "e.csv", ["7,,0.25", "8,inf,nan", "9,oops,0.5", "10,0.1,1.5"])
    loaded = load(read(path))
    assert list(loaded.tables["evaluations"]["value"]) == [0.25, 0.5, 0.1]
    assert sum(loaded.rejected.values()) == 5


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "found none"),
        (f";{KNN % 1};{KNN % 3}\n7;0.5;0.25\n", "semicolons"),
        (f",{KNN % 1}\n", "only a header"),
        (f",{KNN % 1}\n7,0.5,0.6\n", "line 2"),
        (",\"{'algorithm': 'KNN'}\"\n7,0.5\n", "column 2"),
        (',"{broken"\n7,0.5\n', "column 2"),
        (f",{KNN % 1}\n7,50.0\n", r"in \[0, 1\], found none"),
    ],
)
def test_what_is_not_such_a_set_is_an_error(tmp_path: Path, content: str, expected: str) -> None:
    path = tmp_path / "e.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=expected):
        list(read(path))


def test_a_truncated_download_is_an_error(tmp_path: Path) -> None:
    rows = [f"{i},0.{i:06d},0.5" for i in range(20000)]
    whole = gzip.compress(matrix(tmp_path, "e.csv", rows).read_bytes())
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="cut off"):
        next(iter(read(path)))


def test_bytes_that_are_not_utf8_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_bytes(f",{KNN % 1}\n7,0.5\n".encode() + b"\xe9,0.5\n")
    with pytest.raises(InputError, match="UTF-8"):
        list(read(path))


def test_a_missing_path_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing of that name"):
        list(read(tmp_path / "nothing"))
    with pytest.raises(InputError, match="found none"):
        list(read(tmp_path))
    path = matrix(tmp_path, "e.csv", ["7,0.5,0.25"])
    with pytest.raises(InputError, match="meta-features"):
        list(read(path, Options(meta_features=tmp_path / "nothing")))


def test_every_space_holds_its_configurations(shared_data: Path) -> None:
    tables = load(read(shared_data / "metadatasets" / "oboe")).tables
    declared = tables["algorithms"].dropna(subset="space")
    assert set(tables["algorithms"]["algorithm"]) - set(declared["algorithm"]) == {
        "GNB", "Perceptron",
    }  # fmt: skip
    for _, row in declared.iterrows():
        space = Space.from_json(row["algorithm"], row["space"])
        mine = tables["configurations"].query("algorithm == @row.algorithm")
        made = [Configuration.from_json(row["algorithm"], t) for t in mine["hyperparameters"]]
        unit = space.encode(made)
        assert ((unit >= 0) & (unit <= 1) | np.isnan(unit)).all()
        if row["algorithm"] == "kSVM":
            axes = {axis.name: axis for axis in space.axes}
            assert axes["C"].log
            assert axes["kernel"].choices == ("rbf", "poly")
