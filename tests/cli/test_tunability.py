"""`metalearn tunability` on a small store."""

from __future__ import annotations

import json

import pytest

from metalearn.cli import main
from tests.importance.planted_store import planted_store


@pytest.fixture(scope="module")
def kb(planted_file):
    return str(planted_file)


def test_json_has_defaults_to_paste(kb, capsys, tmp_path):
    command = ["tunability", "svm", "--kb", kb, "--json", "--out", str(tmp_path)]
    assert main([*command, "--defaults", "2"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n_tasks"] == 3
    assert found["items"][0]["item"] == "all"
    assert found["default"]["C"] > 1.0
    assert len(found["default_set"]) == 2
    assert "no variance" in found["notes"]["planted:flat"]
    for name in ("tunability.svg", "tunability.png", "tunability_pairs.csv", "defaults.json"):
        assert (tmp_path / name).stat().st_size > 30


def test_table(kb, capsys):
    assert main(["tunability", "svm", "--kb", kb, "--order", "1"]) == 0
    printed = capsys.readouterr().out
    assert "optimal default" in printed
    assert "gamma" in printed


def test_symbolic_defaults_need_tasks(kb, capsys):
    assert main(["tunability", "svm", "--kb", kb, "--order", "1", "--symbolic"]) == 1
    assert "at least 10 tasks" in capsys.readouterr().err


@pytest.mark.slow
def test_symbolic_defaults_on_many_tasks(tmp_path, capsys):
    kb = str(planted_store(tmp_path / "many.duckdb", n_runs=25, n_more=9))
    out = tmp_path / "out"
    command = ["tunability", "svm", "--kb", kb, "--order", "1", "--symbolic", "--out", str(out)]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["symbolic"]
    assert {entry["hyperparameter"] for entry in found["defaults"]} == {"gamma", "C"}
    assert found["symbols"] == []  # all planted tasks have the same size
    assert not any(entry["is_better"] for entry in found["defaults"])
    assert (out / "symbolic.csv").read_text().startswith("hyperparameter,constant,formula")
    assert main(command) == 0
    assert "use the constants" in capsys.readouterr().out
