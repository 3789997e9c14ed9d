"""`metalearn import`: one JSON document or a table, messages instead of tracebacks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metalearn.cli import main

TEXT = "task,algorithm,hp_C,metric,value\nt,a,1,auc,0.5\nt,a,2,auc,nan\n"


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    path = tmp_path / "runs.csv"
    path.write_text(TEXT)
    return path


def test_json_holds_the_report(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", "long-csv", str(runs), "--kb", str(tmp_path / "k.db"), "--json"]) == 0
    out = capsys.readouterr().out
    report = json.loads(out)
    assert report["evaluations"] == {"new": 1, "changed": 0, "unchanged": 0}
    assert report["tasks"]["new"] == report["configurations"]["new"] == 1
    assert report["rejected"] == {"roc_auc is missing (first: line 3)": 1}
    assert report["seconds"] > 0


def test_the_table_and_the_default_store(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METALEARN_KB", str(tmp_path / "mine.db"))
    assert main(["import", "long-csv", str(runs)]) == 0
    out = capsys.readouterr().out
    assert "evaluations" in out
    assert "rejected 1: roc_auc is missing" in out
    assert (tmp_path / "mine.db").exists()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["long-csv", "absent.csv"], 1, "nothing of that name"),
        (["telex", "absent.csv"], 2, "unknown format 'telex'; known: oboe, aslib"),
        (["oboe", ".", "--seed", "3"], 2, "--seed has a meaning for yahpo only"),
        (["long-csv", "absent.csv", "--meta-features", "nope"], 1, "nothing of that name"),
    ],
)
def test_errors_are_messages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, message: str
) -> None:
    assert main(["import", *words, "--kb", str(tmp_path / "k.db")]) == code
    err = capsys.readouterr().err
    assert message in err
    assert "Traceback" not in err
    assert not (tmp_path / "k.db").exists()


def test_hyperparameters_can_be_declared(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("task,depth,metric,value\nt,1,auc,0.5\n")
    kb = str(tmp_path / "k.db")
    assert main(["import", "long-csv", str(path), "--kb", kb]) == 1
    assert main(["import", "long-csv", str(path), "--kb", kb, "--hyperparameter", "depth"]) == 0
