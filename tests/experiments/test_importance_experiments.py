"""The experiments on importance, tunability and priors run in their smoke mode."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.experiments.running import EXPERIMENTS, run_script
from tests.importance.planted_store import planted_store


def smoke(monkeypatch, name, *words):
    run_script(monkeypatch, f"{name}/run.py", *words, "--smoke")


@pytest.mark.slow
def test_importance_of_random_forest_agrees_with_the_published(shared_data, monkeypatch, tmp_path):
    smoke(monkeypatch, "importance_random_forest", shared_data / "metadatasets", "--out", tmp_path)
    found = pd.read_csv(tmp_path / "result.csv").set_index("quantity")["value"]
    assert found["r_main_effects"] >= 0.99
    assert found["r_pairs"] >= 0.9  # eight cells only
    assert (tmp_path / "published_against_ours.svg").exists()
    assert (tmp_path / "priors.png").exists()


def test_published_tunability_cell_by_cell(shared_data, monkeypatch, tmp_path):
    smoke(monkeypatch, "tunability_published", shared_data / "metadatasets", "--out", tmp_path)
    found = pd.read_csv(tmp_path / "result.csv")
    assert len(found) == 3
    assert (found["largest_difference"] < 1e-6).all()


@pytest.mark.slow
def test_priors_on_held_out_tasks(shared_data, monkeypatch, tmp_path):
    smoke(monkeypatch, "priors_held_out", shared_data / "metadatasets", "--out", tmp_path)
    found = pd.read_csv(tmp_path / "result.csv").set_index(["sampler", "k"])
    assert found.loc[("prior", 1), "regret"] < found.loc[("uniform", 1), "regret"]


@pytest.mark.slow
def test_priors_on_held_out_tasks_of_a_store(monkeypatch, tmp_path):
    kb = planted_store(tmp_path / "planted.duckdb", n_runs=40)
    smoke(monkeypatch, "priors_held_out", "--kb", kb, "--algorithm", "svm", "--out", tmp_path)
    found = pd.read_csv(tmp_path / "result.csv").set_index(["sampler", "k"])
    assert found.loc[("prior", 1), "regret"] < found.loc[("uniform", 1), "regret"]


@pytest.mark.slow
def test_analyses_of_a_store(monkeypatch, tmp_path):
    kb = planted_store(tmp_path / "planted.duckdb", n_runs=60)
    smoke(monkeypatch, "importance_bundled", "--kb", kb, "--out", tmp_path / "out")
    found = pd.read_csv(tmp_path / "out" / "result.csv")
    assert found["hyperparameter"].iloc[0] == "gamma"
    assert "no variance" in (tmp_path / "out" / "notes.txt").read_text()
    (verdict,) = pd.read_csv(tmp_path / "out" / "verdicts.csv")["verdict"]
    assert verdict in ("fair", "doubtful")
    assert (tmp_path / "out" / "importance_bundled.png").exists()
    docs = tmp_path / "docs"
    (docs / "figures").mkdir(parents=True)
    page = docs / "evidence" / "importance.md"
    page.parent.mkdir()
    page.write_text("<!-- bundled data -->\n<!-- end bundled data -->\n")
    run_script(monkeypatch, "importance_bundled/page.py", tmp_path / "out", docs)
    assert f"| {verdict} |" in page.read_text()
    assert (docs / "figures" / "importance_bundled.svg").exists()


@pytest.mark.slow
def test_analyses_of_a_store_with_too_few_runs_say_so(monkeypatch, tmp_path):
    kb = planted_store(tmp_path / "planted.duckdb", n_runs=2)
    smoke(monkeypatch, "importance_bundled", "--kb", kb, "--out", tmp_path / "out")
    assert pd.read_csv(tmp_path / "out" / "verdicts.csv")["verdict"].tolist() == ["too few"]
    assert len(pd.read_csv(tmp_path / "out" / "result.csv")) == 0


def test_speed_of_ours_is_measured(monkeypatch, tmp_path):
    smoke(monkeypatch, "importance_speed", "--out", tmp_path)
    found = pd.read_csv(tmp_path / "result.csv")
    assert set(found["tool"]) >= {"metalearn"}
    assert (found["processor_s"] > 0).all()


@pytest.mark.parametrize("name", ["importance_bundled", "importance_speed", "priors_held_out"])
def test_questions_and_commands_are_stated(name):
    text = (EXPERIMENTS / name / "run.py").read_text()
    assert f"python experiments/{name}/run.py" in text
