"""The experiment on warm studies runs in its smoke mode."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.experiments.running import EXPERIMENTS, run_script


@pytest.mark.slow
def test_warm_against_cold(shared_data, monkeypatch, tmp_path):
    pytest.importorskip("optuna")
    pytest.importorskip("smac")
    words = [shared_data / "tables" / "index.csv", "--kb", EXPERIMENTS.parent / "data",
             "--out", tmp_path, "--work", tmp_path / "work", "--names", "haberman,penguins",
             "--smoke"]  # fmt: skip
    run_script(monkeypatch, "warm_bridges/run.py", *words)
    found = pd.read_csv(tmp_path / "result.csv")
    kinds = set(zip(found["optimizer"], found["study"], strict=True))
    assert kinds == {("Optuna TPE", "warm"), ("Optuna TPE", "listed"), ("SMAC3", "warm")}
    assert (found["n_tables"] == 2).all()
    assert (tmp_path / "warm_against_cold.png").exists()
    assert (pd.read_csv(tmp_path / "overhead.csv")["warm_start_s"] > 0).all()
