"""The experiments on meta-features run in their smoke mode."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from tests.experiments.running import run_script


def smoke(monkeypatch, script, *words):
    run_script(monkeypatch, f"metafeatures/{script}", *words, "--smoke")


@pytest.mark.slow
def test_our_values_agree_with_pymfe_and_come_sooner(monkeypatch, tmp_path):
    pytest.importorskip("pymfe")
    smoke(monkeypatch, "compare.py", "--out", tmp_path)
    (result,) = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    parts = result["agreement"].values()
    assert not any(part["apart"] for part in parts)
    assert sum(part["equal"] for part in parts) > 150
    together = result["runs"]["together"]
    assert together["pymfe"]["cpu_s"] > 10 * together["metalearn"]["cpu_s"]


@pytest.mark.slow  # grows forests in ten folds, several times
def test_groups_are_compared(shared_data, monkeypatch, tmp_path):
    index = shared_data / "tables" / "index.csv"
    smoke(monkeypatch, "groups.py", "--tables", index, "--out", tmp_path)
    found = pd.read_csv(tmp_path / "groups.csv").set_index("groups")
    assert found.loc["none", "cpu_s"] == 0
    assert found.loc["all", "cpu_s"] > 0
    assert found.filter(like="regret").notna().all(axis=None)
