"""Tables of OpenML runs: the shared random forest, and hostile variants."""

from __future__ import annotations

from pathlib import Path

import arff
import numpy as np
import pandas as pd
import pytest

from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.errors import InputError, UsageError
from metalearn.harvesters.arff_runs import read
from metalearn.harvesters.files import lines
from metalearn.harvesters.options import Options
from tests.harvesters.published import load

HEAD = """% {"flow_id": 5, "col_parameters": ["leaf", "share"], "col_measures": ["accuracy"]}
@RELATION openml-meta-flow-5
@ATTRIBUTE leaf {1, 2, 10}
@ATTRIBUTE share NUMERIC
@ATTRIBUTE accuracy NUMERIC
@ATTRIBUTE task_id NUMERIC
@DATA
"""


@pytest.fixture
def first_runs(shared_data: Path, tmp_path: Path) -> Path:
    """The first eight tasks of the shared set, under another name, unpacked."""
    source = shared_data / "metadatasets" / "pimp-rf" / "random_forest.arff.gz"
    path = tmp_path / "other-name.arff"
    path.write_text("".join(line for i, line in enumerate(lines(source)) if i < 4017))
    return path


def test_rows_equal_the_raw_runs(first_runs: Path, shared_data: Path) -> None:
    reference = arff.loads(first_runs.read_text())
    names = [name for name, _ in reference["attributes"]]
    raw = pd.DataFrame(reference["data"], columns=names)
    qualities = shared_data / "metadatasets" / "pimp-published" / "task_qualities.json.gz"
    loaded = load(read(first_runs, Options(meta_features=qualities)))
    rows = loaded.tables["evaluations"]
    assert not loaded.rejected
    np.testing.assert_array_equal(rows["value"], raw["predictive_accuracy"])
    assert [int(key.split(":")[1]) for key in rows["task"]] == list(raw["task_id"].astype(int))
    texts = loaded.tables["configurations"].set_index("configuration")["hyperparameters"]
    made = [
        Configuration.from_json("f", texts[key]).hyperparameters for key in rows["configuration"]
    ]
    prefix = "randomforestclassifier__"
    for name in ("min_samples_leaf", "min_samples_split"):
        assert [m[prefix + name] for m in made] == list(raw[prefix + name].astype(int))
    assert [m[prefix + "bootstrap"] for m in made] == list(raw[prefix + "bootstrap"] == "True")
    assert {m[prefix + "max_depth"] for m in made} == {None}
    shares = [m[prefix + "max_features"] for m in made]
    np.testing.assert_allclose(shares, raw[prefix + "max_features"], rtol=1e-11)
    features = loaded.tables["meta_features"]
    assert set(features["extractor"]) == {"openml"}
    assert features["name"].nunique() == 119


def test_the_space_of_the_shared_runs(first_runs: Path) -> None:
    loaded = load(read(first_runs))
    assert list(loaded.tables["algorithms"]["algorithm"]) == ["openml-flow-6969"]
    space = Space.from_json("a", loaded.tables["algorithms"]["space"].iloc[0])
    axes = {axis.name.split("__")[-1]: axis for axis in space.axes}
    assert axes["min_samples_leaf"].kind == "integer"
    assert (axes["min_samples_leaf"].lower, axes["min_samples_leaf"].upper) == (1, 20)
    assert (axes["min_samples_split"].lower, axes["min_samples_split"].upper) == (2, 20)
    assert axes["max_features"].kind == "float"
    assert not any(axis.log for axis in space.axes)
    assert axes["n_estimators"].choices == (100,)


def test_rows_that_cannot_be_used_are_counted_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "runs.arff"
    path.write_text(
        HEAD + "1,0.5,0.9,3\n2,1,0.8,3\n10,0.5,?,3\n1,0.7,inf,3\n1,0.8,97.5,3\n1,0.9\n"
        "1,0.4,oops,3\n1,0.3,0.5,none\n1,1e999,0.5,3\n"
    )
    loaded = load(read(path))
    assert list(loaded.tables["evaluations"]["value"]) == [0.9, 0.8]
    assert loaded.rejected == {
        "accuracy is missing (first: line 10)": 1,
        "accuracy is infinite (first: line 11)": 1,
        "accuracy is outside its range (first: line 12)": 1,
        "row has the wrong number of fields (first: line 13)": 1,
        "accuracy is not a number (first: line 14)": 1,
        "task_id names no task (first: line 15)": 1,
        "a hyperparameter is not finite or the algorithm is missing (first: line 16)": 1,
    }


def test_a_number_column_has_one_type(tmp_path: Path) -> None:
    path = tmp_path / "runs.arff"
    path.write_text(HEAD + "1,0.5,0.9,3\n2,1,0.8,3\n")
    texts = load(read(path)).tables["configurations"]["hyperparameters"]
    assert list(texts) == ['{"leaf":1,"share":0.5}', '{"leaf":2,"share":1.0}']


def test_repeated_runs_become_their_median(tmp_path: Path) -> None:
    path = tmp_path / "runs.arff"
    path.write_text(HEAD + "1,0.5,0.1,3\n2,1,0.8,3\n1,0.50,0.7,3\n1,.5,0.2,3\n")
    loaded = load(read(path))
    assert sorted(loaded.tables["evaluations"]["value"]) == [0.2, 0.8]
    assert loaded.rejected == {"evaluation is repeated (median kept)": 2}


def test_without_the_json_line_known_metrics_are_measures(tmp_path: Path) -> None:
    path = tmp_path / "runs.arff"
    path.write_text(HEAD.split("\n", 1)[1] + "1,0.5,0.9,3\n")
    loaded = load(read(path))
    assert list(loaded.tables["configurations"]["algorithm"]) == ["openml-flow-5"]
    assert list(loaded.tables["configurations"]["hyperparameters"]) == ['{"leaf":1,"share":0.5}']


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD.split("\n", 1)[1].replace("task_id", "number"), "--task-column number"),
        (HEAD.replace('"share"', '"shared"') + "1,0.5,0.9,3\n", "col_parameters"),
        (HEAD.replace("accuracy", "niceness") + "1,0.5,0.9,3\n", "direction"),
        (HEAD, "no rows"),
        (HEAD + "1,0.5,?,3\n", "accuracy is missing"),
    ],
)
def test_what_cannot_be_used_is_an_error(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "runs.arff"
    path.write_text(text)
    with pytest.raises(InputError, match=expected):
        list(read(path))


def test_meta_features_that_are_named_must_be_there(tmp_path: Path) -> None:
    path = tmp_path / "runs.arff"
    path.write_text(HEAD + "1,0.5,0.9,3\n")
    features = tmp_path / "q.json"
    features.write_text('{"3": {"NumberOfClasses": 2, "X": NaN}, "4": {"X": 1}}')
    loaded = load(read(path, Options(meta_features=features)))
    assert loaded.tables["tasks"]["n_classes"].tolist() == [2]
    values = loaded.tables["meta_features"].set_index("name")["value"]
    assert values["NumberOfClasses"] == 2
    assert np.isnan(values["X"])
    with pytest.raises(InputError, match="meta-features"):
        list(read(path, Options(meta_features=tmp_path / "absent.json")))


def test_other_names_of_the_task_and_side_columns(tmp_path: Path) -> None:
    path = tmp_path / "renamed.arff"
    head = HEAD.replace("task_id", "dataset").replace(
        '"col_measures": ["accuracy"]', '"col_measures": ["niceness", "accuracy"]'
    )
    head = head.replace("@ATTRIBUTE dataset NUMERIC", "@ATTRIBUTE niceness NUMERIC\n"
                        "@ATTRIBUTE dataset {iris,'k r'}")  # fmt: skip
    path.write_text(head + "1,0.5,0.9,7,iris\n2,0.5,0.8,7,'k r'\n")
    found = list(read(path))
    evaluations = pd.concat([batch.evaluations for batch in found])
    assert sorted(evaluations["value"]) == [0.8, 0.9]
    assert {name for b in found for name in b.tasks["name"]} == {"iris", "k r"}
    assert any("niceness" in reason for b in found for reason in b.rejected)
    named = list(read(path, Options(score="niceness", direction="minimize")))
    assert {m for b in named for m in b.metrics["metric"]} == {"accuracy", "niceness"}
    with pytest.raises(UsageError, match="--direction"):
        list(read(path, Options(score="niceness")))
    with pytest.raises(UsageError, match="no column 'x'"):
        list(read(path, Options(task_column="x")))
