"""ASlib scenarios: the shared one, a runtime scenario, missing files."""

from __future__ import annotations

from pathlib import Path

import arff
import numpy as np
import pandas as pd
import pytest

from metalearn.errors import InputError
from metalearn.harvesters.aslib import read
from tests.harvesters.published import load

RUNS = """@RELATION runs
@ATTRIBUTE instance_id STRING
@ATTRIBUTE repetition NUMERIC
@ATTRIBUTE algorithm STRING
@ATTRIBUTE runtime NUMERIC
@ATTRIBUTE runstatus {ok, timeout, memout, not_applicable, crash, other}
@DATA
"""
DESCRIPTION = """scenario_id: SAT
performance_measures: runtime
performance_type: runtime
maximize: false
metainfo_algorithms:
  minisat: {configuration: '-a 1', deterministic: true}
  lingeling: {configuration: '', deterministic: true}
"""


def scenario(folder: Path, rows: str = "b,1,minisat,2.5,ok\n", said: str = DESCRIPTION) -> Path:
    (folder / "algorithm_runs.arff").write_text(RUNS + rows)
    (folder / "description.txt").write_text(said)
    return folder


def test_the_shared_scenario_equals_the_raw_runs(shared_data: Path) -> None:
    folder = shared_data / "metadatasets" / "aslib-openml-weka-2017"
    loaded = load(read(folder))
    reference = arff.loads((folder / "algorithm_runs.arff").read_text())
    raw = pd.DataFrame(reference["data"], columns=[n for n, _ in reference["attributes"]])
    wide = raw.pivot(index="instance_id", columns="algorithm", values="predictive_accuracy")
    wide = wide.loc[raw["instance_id"].unique(), raw["algorithm"].unique()]
    np.testing.assert_array_equal(loaded.matrix().to_numpy(), wide.to_numpy())
    assert list(loaded.tables["tasks"]["name"]) == list(wide.index)
    assert list(loaded.tables["configurations"]["algorithm"]) == list(wide.columns)
    assert list(loaded.tables["metrics"]["metric"]) == ["accuracy"]
    assert not loaded.rejected
    features = loaded.tables["meta_features"]
    assert features["name"].nunique() == 103
    assert features["value"].isna().sum() == 884
    assert (features["reason"].notna() == features["value"].isna()).all()


def test_runtimes_keep_status_and_direction(tmp_path: Path) -> None:
    rows = (
        "b,1,minisat,2.5,ok\nb,1,lingeling,5000,timeout\na,1,minisat,?,memout\n"
        "a,2,lingeling,1.5,ok\na,1,lingeling,?,ok\na,1,minisat,1,burnt\nc,1,unknown,3,ok\n"
    )
    loaded = load(read(scenario(tmp_path, rows)))
    got = loaded.tables["evaluations"]
    assert list(got["status"]) == ["ok", "timeout", "crashed", "ok"]
    assert list(got["reason"].fillna("")) == ["", "timeout", "out of memory", ""]
    np.testing.assert_array_equal(got["value"], [2.5, np.nan, np.nan, 1.5])
    np.testing.assert_array_equal(got["seed"], [1, 1, 1, 2])
    np.testing.assert_array_equal(got["fit_s"], [2.5, 5000, np.nan, 1.5])
    metric = loaded.tables["metrics"].iloc[0]
    assert (metric["metric"], metric["greater_is_better"]) == ("runtime", False)
    assert list(loaded.tables["tasks"]["task"]) == ["aslib:SAT:00000:b", "aslib:SAT:00001:a"]
    assert list(loaded.tables["configurations"]["hyperparameters"])[:2] == [
        '{"configuration":"-a 1"}', "{}",
    ]  # fmt: skip
    assert {reason.split(" (")[0] for reason in loaded.rejected} == {
        "runtime is missing", "status is not known", "configuration is not described",
    }  # fmt: skip


@pytest.mark.parametrize("missing", ["description.txt", "algorithm_runs.arff"])
def test_missing_files_are_named(tmp_path: Path, missing: str) -> None:
    (scenario(tmp_path) / missing).unlink()
    with pytest.raises(InputError, match=f"missing: {missing}"):
        list(read(tmp_path))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", "performance_measures"),
        ("a: [1", "not YAML"),
        ("performance_measures: [speed]\n", "maximize"),
        ("performance_measures: [speed]\nmaximize: [true]\n", "missing: speed"),
    ],
)
def test_a_description_that_does_not_describe_is_an_error(
    tmp_path: Path, said: str, expected: str
) -> None:
    with pytest.raises(InputError, match=expected):
        list(read(scenario(tmp_path, said=said)))


def test_files_under_other_names(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "metadatasets" / "aslib-openml-weka-2017"
    for old, new in (("description.txt", "about.yaml"), ("algorithm_runs.arff", "runs.arff"),
                     ("cv.arff", "cv.arff"), ("readme.txt", "readme.txt")):  # fmt: skip
        (tmp_path / new).write_bytes((source / old).read_bytes())
    assert sum(len(batch.evaluations) for batch in read(tmp_path)) == 3150  # as README says
