"""`metalearn tunability` on a small store."""

from __future__ import annotations

import json

import pytest

from metalearn.cli import main
from tests.importance.planted_store import planted_store


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    return str(planted_store(tmp_path_factory.mktemp("kb") / "planted.duckdb"))


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
