"""The experiments on pipelines and tree search run and write their tables."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.experiments.running import EXPERIMENTS, run_script


def smoke(monkeypatch, folder, *words, script="run.py"):
    run_script(monkeypatch, f"{folder}/{script}", "--smoke", *words)


@pytest.mark.slow
def test_pipelines_are_compared_and_a_second_run_continues(monkeypatch, tmp_path):
    for _ in range(2):
        smoke(monkeypatch, "pipelines", "--out", tmp_path)
        searches = pd.read_csv(tmp_path / "searches.csv")
        assert len(searches) == 4 * 3
    found = pd.read_csv(tmp_path / "result.csv")
    assert len(found) == 4
    assert found["regret"].min() == 0.0


@pytest.mark.slow
def test_tree_search_is_compared_with_chance(monkeypatch, tmp_path):
    smoke(monkeypatch, "tree_search", "--kb", EXPERIMENTS.parent / "data", "--out", tmp_path)
    found = pd.read_csv(tmp_path / "regrets.csv")
    assert set(found["evaluations"]) == {5, 10, 20}
    assert found["regret"].between(0.0, 1.0).all()
    assert found["method"].nunique() == 4


@pytest.mark.slow
def test_planning_is_compared_at_equal_evaluations_and_seconds(monkeypatch, tmp_path):
    words = ("--kb", EXPERIMENTS.parent / "data", "--out", tmp_path)
    smoke(monkeypatch, "tree_search", *words, script="planning.py")
    found = pd.read_csv(tmp_path / "planning.csv")
    assert set(found["method"]) == {"planning", "planning, other tasks", "random"}
    assert set(found["budget"]) == {"evaluations", "seconds"}
    assert found["regret"].between(0.0, 1.0).all()


@pytest.mark.slow
def test_self_play_is_compared_with_the_prior(monkeypatch, tmp_path):
    words = ("--kb", EXPERIMENTS.parent / "data", "--out", tmp_path)
    smoke(monkeypatch, "tree_search", *words, script="self_play.py")
    found = pd.read_csv(tmp_path / "self_play.csv")
    assert set(found["method"]) == {"self-play", "prior", "random"}
    assert found["regret"].between(0.0, 1.0).all()


@pytest.mark.slow
def test_preparations_are_compared(monkeypatch, shared_data, tmp_path, capsys):
    words = ("--questions", "encoding,imputation", "--learners", "svc,k_nearest_neighbors")
    index = shared_data / "tables" / "index.csv"
    smoke(monkeypatch, "preparation", index, *words, "--best-of", 2, "--out", tmp_path)
    found = pd.read_csv(tmp_path / "scores.csv")
    assert len(found) == 2 * 2 * 2
    assert found[["today", "changed"]].stack().between(0.0, 1.0).all()
    assert "| imputation | `svc` | 2 |" in capsys.readouterr().out
