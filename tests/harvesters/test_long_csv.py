"""The plain format: what it takes, what it refuses, and that everything comes back."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metalearn.core.configuration import Configuration
from metalearn.errors import InputError, UsageError
from metalearn.harvesters import long_table
from metalearn.harvesters.long_csv import read
from metalearn.harvesters.options import Options
from tests.harvesters.published import load

PLAIN = """task,algorithm,hp_C,hp_kernel,metric,value,seconds
iris,svc,1,rbf,accuracy,0.9,1.5
iris,svc,0.5,linear,accuracy,0.8,
wine,svc,1,rbf,accuracy,0.7,2
"""


def table(folder: Path, text: str) -> Path:
    path = folder / "runs.csv"
    path.write_text(text)
    return path


def test_columns_of_hyperparameters(tmp_path: Path) -> None:
    loaded = load(read(table(tmp_path, PLAIN)))
    np.testing.assert_array_equal(loaded.matrix(), [[0.9, 0.8], [0.7, np.nan]])
    assert list(loaded.tables["configurations"]["hyperparameters"]) == [
        '{"C":1.0,"kernel":"rbf"}', '{"C":0.5,"kernel":"linear"}',
    ]  # fmt: skip
    np.testing.assert_array_equal(loaded.tables["evaluations"]["fit_s"], [1.5, np.nan, 2])
    assert not loaded.rejected


def test_a_column_of_json_and_all_optional_columns(tmp_path: Path) -> None:
    text = (
        "task,name,dataset,kind,procedure,algorithm,configuration,metric,direction,value,fold,"
        "seed,fidelity,status,reason,seconds,predict_seconds\n"
        'a,A,openml:3,regression,5-fold,gbt,"{""n"": 3, ""x"": null}",pinball,minimize,0.25,1,7,'
        "0.5,ok,,1,2\n"
        'a,A,openml:3,,5-fold,gbt,"{""n"": 4}",pinball,,,1,7,0.5,timeout,too slow,60,\n'
    )
    tables = load(read(table(tmp_path, text))).tables
    task = tables["tasks"].iloc[0]
    assert (task["task"], task["name"], task["dataset"]) == ("a@5-fold", "A", "openml:3")
    assert (task["kind"], task["family"]) == ("regression", "openml:3")
    metric = tables["metrics"].iloc[0]
    assert (metric["metric"], metric["greater_is_better"]) == ("pinball", False)
    rows = tables["evaluations"]
    assert list(rows["status"]) == ["ok", "timeout"]
    assert list(rows["reason"].fillna("")) == ["", "too slow"]
    assert list(rows["value"].fillna(-1)) == [0.25, -1]
    assert rows[["fold", "seed", "fidelity", "fit_s"]].to_numpy().tolist() == [
        [1, 7, 0.5, 1], [1, 7, 0.5, 60],
    ]  # fmt: skip
    assert tables["configurations"]["hyperparameters"][0] == '{"n":3,"x":null}'


def test_gzip_byte_order_mark_and_declared_columns(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv.gz"
    text = "\ufefftask,depth,metric,value\r\nt,3,rmse,0.5\r\n"
    path.write_bytes(gzip.compress(text.encode()))
    tables = load(read(path, Options(hyperparameters=("depth",)))).tables
    assert tables["configurations"]["hyperparameters"][0] == '{"depth":3}'
    assert tables["tasks"]["kind"][0] == "regression"


def test_meta_features_are_joined_by_data_set_or_task(tmp_path: Path) -> None:
    features = tmp_path / "f.csv"
    features.write_text("id,size,skew\n3,150,0.5\nwine,178,\n")
    path = table(
        tmp_path, "task,dataset,algorithm,metric,value\na,openml:3,x,auc,1\nwine,,x,auc,0\n"
    )
    got = load(read(path, Options(meta_features=features))).tables["meta_features"]
    assert list(zip(got["task"], got["name"], got["value"].fillna(-1), strict=True)) == [
        ("a", "size", 150), ("a", "skew", 0.5), ("wine", "size", 178), ("wine", "skew", -1),
    ]  # fmt: skip


def test_rows_that_cannot_be_used_are_counted_with_their_line(tmp_path: Path) -> None:
    text = (
        "task,algorithm,configuration,metric,value,fold,fidelity,status\n"
        't,a,"{""n"": 1}",accuracy,0.5,0,1,ok\n'
        ",a,{},accuracy,0.5,0,1,ok\n"
        't,a,"[1]",accuracy,0.5,0,1,ok\n'
        't,a,"{""n"": {}}",accuracy,0.5,0,1,ok\n'
        't,a,"{""n"": NaN}",accuracy,0.5,0,1,ok\n'
        "t,a,{},accuracy,NaN,0,1,ok\n"
        "t,a,{},accuracy,1e999,0,1,ok\n"
        "t,a,{},accuracy,fast,0,1,ok\n"
        "t,a,{},accuracy,99,0,1,ok\n"
        "t,a,{},fun,0.5,0,1,ok\n"
        "t,a,{},accuracy,0.5,0.5,1,ok\n"
        "t,a,{},accuracy,0.5,99999999999999999999,1,ok\n"
        "t,a,{},accuracy,0.5,0,2,ok\n"
        "t,a,{},accuracy,0.5,0,1,burnt\n"
        "t,a,{},accuracy\n"
    )
    loaded = load(read(table(tmp_path, text)))
    assert list(loaded.tables["evaluations"]["value"]) == [0.5]
    reasons = {reason.split(" (first")[0]: n for reason, n in loaded.rejected.items()}
    assert reasons == {
        "task names no task": 1,
        "configuration is not a flat JSON object, or the algorithm is missing": 3,
        "accuracy is missing": 1,
        "accuracy is infinite": 1,
        "accuracy is not a number": 1,
        "accuracy is outside its range": 1,
        "metric 'fun' is not known and has no direction": 1,
        "fold is not a whole number": 2,
        "fidelity is not a share in (0, 1]": 1,
        "status is not known": 1,
        "row has the wrong number of fields": 1,
    }
    assert any("line 16" in reason for reason in loaded.rejected)


def test_huge_integers_stay_exact(tmp_path: Path) -> None:
    big = 12345678901234567890123
    path = table(tmp_path, f"task,hp_n,metric,value\nt,{big},accuracy,1\nt,2,accuracy,0.5\n")
    texts = load(read(path)).tables["configurations"]["hyperparameters"]
    assert texts[0] == f'{{"n":{big}}}'


def test_repeated_rows_become_their_median_even_across_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"t,{i % 7},accuracy,{i / 100}\n" for i in range(35)]
    path = table(tmp_path, "task,hp_n,metric,value\n" + "".join(rows))
    whole = load(read(path))
    monkeypatch.setattr("metalearn.harvesters.chunks.CHUNK_ROWS", 4)
    monkeypatch.setattr(long_table, "_REMEMBERED", 5)
    chunks = load(read(path))
    expected = [np.median([i / 100 for i in range(k, 35, 7)]) for k in range(7)]
    for loaded in (whole, chunks):
        got = loaded.matrix().to_numpy()[0]
        np.testing.assert_allclose(got, expected)
        assert loaded.rejected == {"evaluation is repeated (median kept)": 28}
    assert chunks.largest <= 4
    assert chunks.n_batches > 5


def test_good_values_count_before_failures(tmp_path: Path) -> None:
    text = "task,algorithm,metric,value,status\nt,a,auc,,failed\nt,a,auc,0.5,ok\n"
    rows = load(read(table(tmp_path, text))).tables["evaluations"]
    assert rows[["value", "status"]].to_numpy().tolist() == [[0.5, "ok"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "empty"),
        ("task,metric,value\n", "configuration"),
        (PLAIN.split("\n", 1)[0] + "\n", "no rows"),
        (PLAIN.replace(",", ";"), "semicolons"),
        (PLAIN.replace(",", "\t"), "tabs"),
        (PLAIN.replace("value", "vlaue", 1), "columns missing: value"),
        (
            "task,algorithm,C,metric,value\nt,a,1,auc,1\nt,a,2,auc,0\n",
            "line 3.*--hyperparameter C",
        ),
        (PLAIN.replace("hp_kernel", "hp_C", 1), "columns occur twice: hp_C"),
        ("task,configuration,hp_C,metric,value\nt,{},1,auc,1\n", "not both"),
        ("task,algorithm,metric,direction,value\nt,a,x,up,1\n", "line 2: direction"),
        ("task,algorithm,metric,direction,value\nt,a,auc,min,1\n", "line 2: 'auc' is known"),
        ("task,algorithm,metric,direction,value\nt,a,x,min,1\nt,a,x,max,1\n", "line 3"),
        ("task,kind,algorithm,metric,value\nt,clustering,a,auc,1\n", "line 2: kind"),
        ("task,name,algorithm,metric,value\nt,A,a,auc,1\nt,B,a,auc,1\n", "line 3"),
        ('task,algorithm,metric,value\nt,"a,auc,1\n', "no evaluation"),
    ],
)
def test_what_cannot_be_read_is_an_error(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        list(read(table(tmp_path, text)))


@pytest.mark.parametrize("name", ["secondz", "comment", "metric_CRPS", "run_id"])
def test_columns_beside_are_left_out_and_counted(tmp_path: Path, name: str) -> None:
    changed = PLAIN.replace("seconds", name, 1)
    loaded = load(read(table(tmp_path, changed)))
    plain = load(read(table(tmp_path, PLAIN)))
    columns = ["task", "configuration", "metric", "value"]
    pd.testing.assert_frame_equal(
        loaded.tables["evaluations"][columns], plain.tables["evaluations"][columns]
    )
    n_rows = len(PLAIN.strip().splitlines()) - 1
    counted = {reason: n for reason, n in loaded.rejected.items() if repr(name) in reason}
    assert list(counted.values()) == [n_rows]
    assert ("did you mean 'seconds'" in next(iter(counted))) == (name == "secondz")


def test_columns_beside_an_algorithm_do_no_harm_unless_rows_differ_in_them_alone(
    tmp_path: Path,
) -> None:
    text = "task,algorithm,note,metric,value\nt,a,x,auc,0.5\nt,b,y,auc,0.25\n"
    assert len(load(read(table(tmp_path, text))).tables["evaluations"]) == 2
    with pytest.raises(InputError, match="take these columns out"):
        list(read(table(tmp_path, text.replace(",b,", ",a,"))))


def test_score_task_and_direction_can_be_named(tmp_path: Path) -> None:
    """`auc` is roc_auc, an alias; `badness` is nobody's metric, hence its direction is said."""
    text = "which,algorithm,auc,badness\nt,a,0.5,7\nu,a,0.25,8\n"
    path = table(tmp_path, text)
    with pytest.raises(
        InputError, match=r"type: metalearn import long-csv runs\.csv --task-column which"
    ):
        list(read(path))
    got = load(read(path, Options(score="auc", task_column="which"))).tables["evaluations"]
    assert got[["task", "metric", "value"]].to_numpy().tolist() == [
        ["t", "roc_auc", 0.5], ["u", "roc_auc", 0.25],
    ]  # fmt: skip
    options = Options(score="badness", direction="minimize", task_column="which")
    loaded = load(read(path, options))
    assert list(loaded.tables["evaluations"]["value"]) == [7, 8]
    assert not loaded.tables["metrics"]["greater_is_better"].any()
    with pytest.raises(UsageError, match="no column 'absent'"):
        list(read(path, Options(score="absent")))
    renamed = "problem,algorithm,metric,result\nt,a,odd,7\nu,a,odd,8\n"
    options = Options(score="result", direction="minimize")
    loaded = load(read(table(tmp_path, renamed), options))
    assert list(loaded.tables["evaluations"]["value"]) == [7, 8]
    assert list(loaded.tables["metrics"]["greater_is_better"]) == [False]


def test_damaged_files_are_errors(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    packed = gzip.compress(PLAIN.encode() * 500)
    path.write_bytes(packed[: len(packed) - 9])
    with pytest.raises(InputError, match="cut off"):
        list(read(path))
    path.write_bytes(b"PK\x03\x04 this is no archive")
    with pytest.raises(InputError, match="damaged"):
        list(read(path))
    path.write_bytes(PLAIN.encode() + "näher,svc,1,rbf,accuracy,1,1\n".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        list(read(path))
    path.write_bytes(b"\x00\x01\x02" * 50)
    with pytest.raises(InputError):
        list(read(path))
    with pytest.raises(InputError, match="folder"):
        list(read(tmp_path))


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1).filter(
    lambda t: t == t.strip()
)
values = (
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | texts
    | st.floats(allow_nan=False, allow_infinity=False)
)  # fmt: skip
rows = st.lists(
    st.tuples(
        texts, texts, st.dictionaries(texts, values, max_size=4),
        st.floats(0, 1), st.integers(-1, 50), st.integers(0, 2**40),
    ),
    min_size=1, max_size=12,
    unique_by=lambda row: (row[0], Configuration(row[1], row[2]).key, row[4], row[5]),
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows)
def test_what_is_written_comes_back(
    written: list[tuple[str, str, dict[str, object], float, int, int]],
) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(["task", "algorithm", "configuration", "metric", "value", "fold", "seed"])
    for task, algorithm, values_, value, fold, seed in written:
        text = json.dumps(values_)
        writer.writerow([task, algorithm, text, "accuracy", repr(value), fold, seed])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.csv"
        path.write_text(stream.getvalue(), encoding="utf-8", newline="")
        loaded = load(read(path))
    assert not loaded.rejected
    got = {
        (r.task, r.configuration, r.fold, r.seed): r.value
        for r in loaded.tables["evaluations"].itertuples()
    }
    assert got == {
        (task, Configuration(algorithm, values_).key, fold, seed): value
        for task, algorithm, values_, value, fold, seed in written
    }
