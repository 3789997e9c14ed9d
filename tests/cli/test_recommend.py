"""`metalearn recommend` as its users meet it: tables, JSON, pages, and every kind of bad input."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from metalearn.cli import main

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "examples" / "customers.csv"
BUNDLED = str(ROOT / "data")


def ask(*words: str) -> int:
    return main(["recommend", *words, "--kb", BUNDLED])


def test_the_document_has_the_agreed_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(str(TABLE), "--target", "churned", "--ignore", "customer", "-k", "3", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["task"] == {
        "name": "customers", "kind": "classification", "n_rows": 900, "n_features": 10,
        "n_classes": 2,
    }  # fmt: skip
    assert [entry["rank"] for entry in document["configurations"]] == [1, 2, 3]
    for entry in document["configurations"]:
        assert entry["score_low"] <= entry["expected_score"] <= entry["score_high"]
        assert entry["expected_seconds"] > 0
        assert {"task", "similarity", "score"} == set(entry["evidence"][0])


def test_table_page_and_observations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    observed = tmp_path / "observed.json"
    observed.write_text('[{"algorithm": "naive_bayes", "hyperparameters": '
                        '{"var_smoothing": 1e-09}, "score": 0.7}]')  # fmt: skip
    words = (str(TABLE), "--target", "churned", "-k", "4", "--html", str(page))
    assert ask(*words, "--observed", str(observed)) == 0
    out = capsys.readouterr().out
    assert "customers: classification, 900 rows" in out
    text = page.read_text()
    assert text.count("<tr><td") == 4
    assert "naive_bayes" not in out
    assert not re.search(r"https?://", text)


def write(path: Path, frame: pd.DataFrame) -> Path:
    frame.to_csv(path, index=False)
    return path


ROWS = pd.DataFrame({"a": range(12), "b": range(12), "y": list("uv") * 6})
BAD = {
    "no such column": (ROWS, "target", 1, "there is no column 'target'; it has 'a', 'b', 'y'"),
    "target all missing": (ROWS.assign(y=None), "y", 1, "missing in all 12 rows"),
    "one class": (ROWS.assign(y="u"), "y", 1, "one value only"),
    "few rows": (ROWS.head(9), "y", 1, "9 rows with a target; at least 10"),
    "infinite": (ROWS.assign(a=[float("inf"), *range(11)]), "y", 1, "infinite values in ['a']"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_tables(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame, target, code, message = BAD[case]
    assert ask(str(write(tmp_path / "t.csv", frame)), "--target", target) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert "Traceback" not in captured.err


def test_bad_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty, binary, doubled = (tmp_path / name for name in ("empty.csv", "binary.csv", "two.csv"))
    empty.touch()
    binary.write_bytes(bytes(range(256)) * 20)
    doubled.write_text("a,a,y\n" + "1,2,u\n3,4,v\n" * 8)
    for path, message in (
        (tmp_path / "none.csv", "there is no file"),
        (tmp_path, "is a folder"),
        (empty, "is empty"),
        (binary, "is a binary file"),
        (doubled, "duplicate column names ['a']"),
    ):
        assert ask(str(path), "--target", "y") == 1
        assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--metric", "beauty"), "unknown metric 'beauty'"),
        (("--metric", "rmse"), "is a metric for regression"),
        (("--recommender", "oracle"), "unknown recommender 'oracle'; known: "),
        (("--algorithm", "perceptron"), "unknown algorithm 'perceptron'"),
        (("-k", "0"), "k must be at least 1"),
        (("--time-budget", "-3"), "must be positive"),
    ],
)
def test_wrong_options(
    words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(str(TABLE), "--target", "churned", *words) == 2
    assert message in capsys.readouterr().err


def test_without_a_target(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(str(TABLE)) == 2
    assert "--target COL" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"not a database at all" * 500, b""])
def test_a_store_that_is_none(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kb = tmp_path / "kb.duckdb"
    kb.write_bytes(content)
    assert main(["recommend", str(TABLE), "--target", "churned", "--kb", str(kb)]) == 1
    error = capsys.readouterr().err
    assert "kb.duckdb" in error
    assert "Traceback" not in error
