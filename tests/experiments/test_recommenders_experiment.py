"""The comparison of recommenders runs in its smoke mode."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from tests.experiments.running import EXPERIMENTS, run_script


@pytest.mark.slow
def test_comparison_on_a_corner_of_a_published_set(shared_data, monkeypatch, tmp_path, capsys):
    words = ["--data", str(shared_data / "metadatasets"), "--sets", "aslib", "--smoke"]
    run_script(monkeypatch, "recommenders/run.py", *words, "--out", tmp_path)
    document = json.loads((tmp_path / "aslib" / "evaluation.json").read_text())
    assert {row["recommender"] for row in document["results"]} == {
        "average-rank", "portfolio", "default", "random", "oracle",
    }  # fmt: skip
    assert "| default |" in capsys.readouterr().out


@pytest.mark.slow
def test_powers_of_the_regret_of_lists(monkeypatch, tmp_path):
    bundled = EXPERIMENTS.parent / "data"
    run_script(monkeypatch, "recommenders/lists.py", "--kb", bundled, "--smoke", "--out", tmp_path)
    found = pd.read_csv(tmp_path / "lists.csv")
    assert found.groupby("power").size().nunique() == 1
    assert found["won"].isin([0.0, 0.5, 1.0]).all()
    assert (found["k = 3"] >= found["k = 20"]).all()


@pytest.mark.slow
def test_published_tasks_are_compared_and_resumed(shared_data, monkeypatch, tmp_path, capsys):
    words = [str(shared_data / "metadatasets"), "--smoke", "--resume", "--out", str(tmp_path)]
    for _ in range(2):  # the second time there is nothing left to do
        run_script(monkeypatch, "published_experience/run.py", *words)
        found = (tmp_path / "regrets.csv").read_text().splitlines()
        assert len(found) == 1 + 2 * 4
    assert "| half from oboe |" in capsys.readouterr().out
