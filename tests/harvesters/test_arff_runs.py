"""Tables of OpenML runs: the shared random forest, and hostile variants."""

from __future__ import annotations

from pathlib import Path

import arff
import numpy as np
import pandas as pd
import pytest

from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.errors import InputError
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


def test_the_shared_set_equals_the_raw_runs(shared_data: Path) -> None:
    path = shared_data / "metadatasets" / "pimp-rf" / "random_forest.arff.gz"
    head = []
    for i, line in enumerate(lines(path)):
        head.append(line)
        if i > 5000:
            break
    reference = arff.loads("".join(head))
    names = [name for name, _ in reference["attributes"]]
    raw = pd.DataFrame(reference["data"], columns=names)
    batches = list(read(path))
    loaded = load(batches[:2])
    rows = loaded.tables["evaluations"].iloc[: len(raw)]
    np.testing.assert_array_equal(rows["value"], raw["predictive_accuracy"])
    assert [int(key.split(":")[1]) for key in rows["task"]] == list(raw["task_id"].astype(int))
    assert len(loaded.tables["evaluations"]) == len(loaded.tables["configurations"]) == 47_000
    assert len(loaded.tables["tasks"]) == 94
    texts = loaded.tables["configurations"].set_index("configuration")["hyperparameters"]
    first = Configuration.from_json("openml-flow-6969", texts[rows["configuration"].iloc[0]])
    values = first.hyperparameters
    assert values["randomforestclassifier__min_samples_leaf"] == 18
    assert values["randomforestclassifier__max_depth"] is None
    assert values["randomforestclassifier__bootstrap"] is True
    assert not loaded.rejected
    space = Space.from_json("a", loaded.tables["algorithms"]["space"].iloc[0])
    axes = {axis.name.split("__")[-1]: axis for axis in space.axes}
    assert axes["min_samples_leaf"].kind == "integer"
    assert (axes["min_samples_leaf"].lower, axes["min_samples_leaf"].upper) == (1, 20)
    assert axes["max_features"].kind == "float"
    assert not any(axis.log for axis in space.axes)
    assert axes["n_estimators"].choices == (100,)
    features = loaded.tables["meta_features"]
    assert set(features["extractor"]) == {"openml"}
    assert features["name"].nunique() == 119


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
        (HEAD.replace("task_id", "task"), "task_id"),
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
