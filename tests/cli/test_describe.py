"""`metalearn describe` and `metalearn similar` at the command line."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from metalearn.cli import main
from metalearn.learners.tables import load_table
from metalearn.metafeatures import EXTRACTOR, GROUPS
from metalearn.workflows.describe import DescribeRequest, describe_many


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=60), "colour": rng.choice(["red", "blue"], 60)})
    frame["label"] = np.where(frame["x"] > 0, "yes", "no")
    frame.loc[3, "x"] = np.nan
    path = tmp_path / "small.csv"
    frame.to_csv(path, index=False)
    return path


def _run(capsys, *words):
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out, err


def test_json_is_one_document(table, capsys):
    code, out, _ = _run(capsys, "describe", table, "--target", "label", "--json")
    document = json.loads(out)
    assert code == 0
    assert document["task"] == {
        "name": "small", "kind": "classification", "n_rows": 60, "n_features": 2, "n_classes": 2,
    }  # fmt: skip
    assert document["extractor"] == EXTRACTOR
    values = document["meta_features"]
    assert values["nr_missing"] == 1
    assert {name for name, value in values.items() if value is None} == set(document["reasons"])
    assert set(document["seconds"]) <= set(GROUPS.names())


def test_people_get_a_table_with_reasons(table, capsys):
    code, out, _ = _run(
        capsys, "describe", table, "--target", "label", "--groups", "simple,target,statistical"
    )
    assert code == 0
    assert "nr_inst" in out
    assert "60 rows, 2 columns, 2 classes" in out
    assert "landmarkers" not in out


def test_the_summary_comes_last_and_is_no_part_of_the_document(table, capsys):
    _, out, _ = _run(capsys, "describe", table, "--target", "label")
    assert out.splitlines()[-1].startswith("Easy: a simple model predicts almost everything.")
    assert "A small table: 60 rows, 2 columns (1 numeric, 1 categorical).\n" in out
    _, out, _ = _run(capsys, "describe", table, "--target", "label", "--groups", "information")
    assert "extractor metalearn" in out.splitlines()[-1]


def test_budget_and_groups_reach_the_extraction(table, capsys):
    words = ("describe", table, "--target", "label", "--json", "--time-budget", "1e-9")
    code, out, _ = _run(capsys, *words, "--groups", "general")
    document = json.loads(out)
    assert code == 0
    assert all("time budget" in reason for reason in document["reasons"].values())
    assert _run(capsys, "describe", table, "--target", "label", "--groups", "other")[0] == 2


HOSTILE = {
    "all missing": "p,q,y\n" + ",,a\n,,b\n" * 20,
    "constant": "p,q,y\n" + "1,x,a\n1,x,b\n" * 20,
    "one row a class": "p,y\n" + "".join(f"{i % 7},c{i}\n" for i in range(40)),
    "one class": "p,y\n" + "".join(f"{i % 7},c\n" for i in range(40)),
    "huge": "p,q,y\n" + "1e308,inf,a\n-1e308,1,b\n1e-308,-inf,a\n" * 20,
    "strings": "p,q,y\n" + "".join(f'"a, ""{i}""",1+{i}j,{"uv"[i % 2]}\n' for i in range(40)),
    "dates": "d,y\n" + "".join(f"2020-01-{i % 28 + 1:02},{'uv'[i % 2]}\n" for i in range(40)),
    "one row": "p,q,y\n1,x,a\n",
    "one column": "p,y\n" + "".join(f"{i},{'uv'[i % 2]}\n" for i in range(40)),
    "constant target": "p,y\n" + "".join(f"{i},3.5\n" for i in range(40)),
    "huge target": "p,y\n" + "".join(f"{i},{'-' * (i % 2)}1e308\n" for i in range(40)),
    "few targets": "p,y\n" + "".join(f"{i},{'' if i > 3 else i * 1.5}\n" for i in range(40)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_tables_are_described_with_reasons(name, tmp_path, capsys):
    path = tmp_path / "hostile.csv"
    path.write_text(HOSTILE[name], encoding="utf-8")
    code, out, err = _run(capsys, "describe", path, "--target", "y", "--groups", "all", "--json")
    document = json.loads(out)
    assert code == 0
    expected = ("rows without a target were left out", "so few rows a class")
    assert err == "" or any(part in err for part in expected)
    empty = {name for name, value in document["meta_features"].items() if value is None}
    assert empty == set(document["reasons"])
    assert document["meta_features"]["nr_attr"] == len(HOSTILE[name].split("\n")[0].split(",")) - 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("p,q,y\n", "no rows"),
        ("p,y\n1,\n2,\n", "missing in all 2 rows"),
        ("a,a,y\n1,2,u\n", "duplicate column names"),
        (",,y\n1,2,u\n", "2 columns have no name"),
        ("y\nu\nv\n", "one column only"),
        ("", "is empty"),
    ],
)
def test_what_is_no_table_is_refused_in_one_line(text, complaint, tmp_path, capsys):
    path = tmp_path / "hostile.csv"
    path.write_text(text, encoding="utf-8")
    code, out, err = _run(capsys, "describe", path, "--target", "y", "--json")
    assert (code, out) == (1, "")
    assert complaint in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_many_tables_are_described_in_their_order(table, n_jobs):
    tables = [load_table(table, "label"), load_table(table, "colour")]
    request = DescribeRequest(groups=("simple",))
    found = describe_many(tables, request, n_jobs=n_jobs)
    assert [item.task.name for item in found] == ["small", "small"]
    assert found[0].features.values["nr_cat"] == 1
    assert found[1].features.values["nr_cat"] == 1


def test_a_page_says_it_in_words_and_numbers(table, capsys, tmp_path):
    page = tmp_path / "page.html"
    code, _, err = _run(capsys, "describe", table, "--target", "label", "--html", page)
    text = page.read_text(encoding="utf-8")
    assert code == 0
    assert f"wrote {page}" in err
    assert "A small table" in text
    assert "nr_inst" in text
    code, _, err = _run(capsys, "describe", tmp_path, "--target", "label", "--html", page)
    assert code != 0
    assert "of one table" in err


def test_similar_lists_known_tasks(table, capsys, tmp_path):
    page, folder = tmp_path / "page.html", tmp_path / "map"
    words = ("similar", table, "--target", "label", "-n", 4, "--json")
    code, out, _ = _run(capsys, *words, "--html", page, "--out", folder)
    document = json.loads(out)
    assert code == 0
    assert len(document["neighbours"]) == 4
    assert document["n_known"] > 50
    assert "<svg" in page.read_text(encoding="utf-8")
    assert {path.name for path in folder.iterdir()} == {
        "similar.svg", "similar.png", "similar.csv",
    }  # fmt: skip
