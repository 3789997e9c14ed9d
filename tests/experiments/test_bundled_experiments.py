"""The experiments on the bundled meta-dataset run in their smoke mode."""

from __future__ import annotations

import pandas as pd
import pytest

from metalearn.store import open_store
from tests.experiments.running import EXPERIMENTS, run_script


def smoke(monkeypatch: pytest.MonkeyPatch, script: str, *words: object) -> None:
    run_script(monkeypatch, script, *words, "--smoke")


@pytest.mark.slow
def test_interval_coverage(monkeypatch, tmp_path):
    bundled = EXPERIMENTS.parent / "data"
    smoke(monkeypatch, "interval_coverage/run.py", "--kb", bundled, "--out", tmp_path)
    found = pd.read_csv(tmp_path / "coverage.csv").groupby("place")["inside"].mean()
    assert set(found.index) == {"first", "first five", "all", "first, single folds"}
    assert found.between(0.3, 1.0).all()  # seven tasks only


@pytest.mark.slow
def test_intervals_beyond_the_known_sizes(monkeypatch, tmp_path):
    bundled = EXPERIMENTS.parent / "data"
    smoke(monkeypatch, "interval_coverage/largest.py", "--kb", bundled, "--out", tmp_path)
    found = pd.read_csv(tmp_path / "largest.csv").groupby("left_out")["inside"].mean()
    assert set(found.index) == {"most columns", "most rows", "fewest rows"}
    assert found.between(0.3, 1.0).all()


@pytest.mark.slow
def test_readme_figure(monkeypatch, tmp_path):
    smoke(monkeypatch, "readme_figure/run.py", "--out", tmp_path)
    found = pd.read_csv(tmp_path / "regret_bundled.csv")
    assert set(found["kind"]) == {"classification", "regression"}
    assert found["regret_mean"].between(0.0, 1.0).all()
    assert (tmp_path / "regret_bundled.png").exists()


@pytest.mark.slow
def test_recommend_cost(monkeypatch, tmp_path):
    smoke(monkeypatch, "recommend_cost/run.py", "--out", tmp_path)
    found = pd.read_csv(tmp_path / "cost.csv")
    assert (found["processor_s"] > 0).all()


def test_example_table_is_the_one_in_the_repository(monkeypatch, tmp_path):
    target = tmp_path / "customers.csv"
    run_script(monkeypatch, "example_table/make.py", target)
    assert target.read_bytes() == (EXPERIMENTS.parent / "examples" / "customers.csv").read_bytes()


@pytest.mark.slow
def test_bundled_data_builds(shared_data, monkeypatch, tmp_path):
    index = shared_data / "tables" / "index.csv"
    words = (index, "--kb", tmp_path / "kb.duckdb", "--configurations", 1, "--jobs", 1)
    smoke(monkeypatch, "bundled_data/build.py", *words, "--export", tmp_path / "out")
    assert (tmp_path / "out" / "provenance.json").exists()


@pytest.mark.slow
def test_joint_space(monkeypatch, tmp_path):
    smoke(
        monkeypatch, "joint_space/run.py", "--kb", EXPERIMENTS.parent / "data", "--out", tmp_path
    )
    found = pd.read_csv(tmp_path / "result.csv")
    methods = {"bayesian, all", "bayesian, svc", "recommender, all", "random, all"}
    assert set(found["method"]) == methods
    assert set(found["evaluations"]) == {3, 6}
    assert found["regret"].between(0.0, 1.0).all()


@pytest.mark.slow
def test_first_recommendation(shared_data, monkeypatch, tmp_path):
    pytest.importorskip("flaml")
    monkeypatch.syspath_prepend(EXPERIMENTS / "first_recommendation")
    index = shared_data / "tables" / "index.csv"
    smoke(monkeypatch, "first_recommendation/run.py", index, "--out", tmp_path)
    found = pd.read_csv(tmp_path / "fits.csv")
    assert set(found["table"]) == {"glass", "servo"}
    assert {"first", "best-of-five", "boosting", "flaml"} <= set(found["system"])
    assert found["score"].notna().all()


def test_preparing(monkeypatch, capsys):
    smoke(monkeypatch, "seconds_at_size/preparing.py")
    assert "| 1,000 | 39 categories |" in capsys.readouterr().out


@pytest.mark.slow
def test_seconds_at_size(shared_data, monkeypatch, tmp_path):
    index = shared_data / "tables" / "index.csv"
    smoke(monkeypatch, "seconds_at_size/run.py", index, "--out", tmp_path)
    found = pd.read_csv(tmp_path / "fits.csv")
    assert set(found["n_rows"]) == {100, 300}
    assert (found[["expected_s", "measured_s"]] > 0).all(axis=None)


def test_the_page_lists_what_the_bundled_data_hold():
    from experiments.bundled_data.contents import PAGE, as_markdown, counts

    assert as_markdown(counts(EXPERIMENTS.parent / "data")) in PAGE.read_text(encoding="utf-8")


@pytest.mark.slow
def test_stored_seconds(monkeypatch, tmp_path):
    bundled = EXPERIMENTS.parent / "data"
    smoke(monkeypatch, "seconds_at_size/stored.py", "--kb", bundled, "--out", tmp_path)
    found = pd.read_csv(tmp_path / "stored.csv")
    assert set(found["kind"]) == {"classification", "regression"}
    assert (found[["expected_s", "measured_s"]] > 0).all(axis=None)


@pytest.mark.slow
def test_larger_tables_are_measured_at_size(shared_data, monkeypatch, tmp_path):
    index = pd.read_csv(shared_data / "tables" / "index.csv")
    chosen = index[index["name"].isin(["soil", "servo"])]
    files = [str(shared_data / "tables" / file) for file in chosen["file"]]
    chosen.assign(file=files).to_csv(tmp_path / "index.csv", index=False)
    words = ["--kb", tmp_path / "kb.duckdb", "--start", EXPERIMENTS.parent / "data", "--jobs", 1]
    size = ["--rows", 2500, "--share", 0.01]
    smoke(monkeypatch, "bundled_data/build.py", tmp_path / "index.csv", *words, *size)
    with open_store(tmp_path / "kb.duckdb") as store:
        tasks = store.tasks()
        assert [*tasks["name"]] == ["soil"]  # the other one is small
        assert '"max_rows": 2500' in tasks["procedure"][0]
        assert store.meta_dataset("r2").n_configurations == 2
    words = ["--kb", tmp_path / "kb.duckdb", "--rows", 2500, "--share", 0]
    smoke(monkeypatch, "bundled_data/build.py", tmp_path / "index.csv", *words, "--export",
          tmp_path / "exported")  # fmt: skip
    with open_store(tmp_path / "exported") as store:
        assert store.meta_dataset("r2").n_configurations == 2


def test_rankings_at_size(monkeypatch, tmp_path, capsys):
    bundled = EXPERIMENTS.parent / "data"
    smoke(monkeypatch, "rankings_at_size/run.py", "--kb", bundled, "--out", tmp_path)
    found = pd.read_csv(tmp_path / "regrets.csv")
    assert set(found["kind"]) == {"classification", "regression"}
    assert found["chosen"].mean() < 0.5 * found["random"].mean()
    assert "| extra_trees |" in capsys.readouterr().out
