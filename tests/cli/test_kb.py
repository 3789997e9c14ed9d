"""`metalearn kb`: tables for people, JSON for programs, exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from metalearn.cli import main
from metalearn.store import writing
from tests.store.worlds import batch


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kb") / "kb.duckdb"
    with writing(path) as writer:
        writer.load(batch())
    return path


def run(*words: str | Path) -> int:
    return main(["kb", *map(str, words)])


def printed(capsys: pytest.CaptureFixture[str]) -> Any:  # Any: the JSON document
    return json.loads(capsys.readouterr().out)


def test_info(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("info", "--kb", kb, "--json") == 0
    about = printed(capsys)
    assert about["rows"]["evaluation"] == 48
    assert len(about["snapshot"]) == 64
    assert run("info", "--kb", kb) == 0
    text = capsys.readouterr().out
    assert about["snapshot"] in text
    assert "log_loss" in text


def test_info_of_the_default_store(
    kb: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METALEARN_KB", str(kb))
    assert run("info", "--json") == 0
    assert printed(capsys)["path"] == str(kb)


def test_sql(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    question = "SELECT task, n_rows, 'nan'::DOUBLE AS x, '\\x00'::BLOB AS b FROM task LIMIT 1"
    assert run("sql", question, "--kb", kb, "--json") == 0
    assert printed(capsys) == [{"task": "table:t0000", "n_rows": 100, "x": None, "b": "00"}]
    assert run("sql", "SELECT count(*) AS n FROM evaluation", "--kb", kb) == 0
    assert capsys.readouterr().out.split() == ["n", "48"]
    assert run("sql", "DROP TABLE task", "--kb", kb) == 1
    assert "only reads" in capsys.readouterr().err


def test_verify(kb: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", "--kb", kb) == 0
    assert run("backup", tmp_path / "b.duckdb", "--kb", kb) == 0
    with duckdb.connect(str(tmp_path / "b.duckdb")) as connection:
        connection.execute("UPDATE evaluation_row SET fidelity = 2")
    capsys.readouterr()
    assert run("verify", "--kb", tmp_path / "b.duckdb", "--json") == 1
    problems = printed(capsys)["problems"]
    assert {"evaluation", "snapshot"} == {problem["table"] for problem in problems}
    assert run("verify", "--kb", tmp_path / "b.duckdb") == 1
    assert "impossible fold" in capsys.readouterr().out


def test_export_and_merge(kb: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lake, copy = tmp_path / "lake", tmp_path / "copy.duckdb"
    assert run("export", "--format", "parquet", lake, "--kb", kb, "--json") == 0
    assert printed(capsys) == {"path": str(lake)}
    assert run("merge", lake, "--kb", copy) == 0
    assert "48" in capsys.readouterr().out
    assert run("merge", kb, "--kb", copy, "--json") == 0
    assert printed(capsys)["unchanged"]["evaluations"] == 48


def test_errors_have_no_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("info", "--kb", tmp_path / "nothing.duckdb") == 1
    message = capsys.readouterr().err
    assert "there is no store" in message
    assert "Traceback" not in message
    with pytest.raises(SystemExit) as stop:
        run("polish")
    assert stop.value.code == 2
