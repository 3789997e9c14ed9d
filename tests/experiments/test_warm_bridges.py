"""The experiment on warm studies runs in its smoke mode."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pandas as pd
import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "experiments" / "warm_bridges" / "run.py"


def test_warm_against_cold(shared_data, monkeypatch, tmp_path):
    pytest.importorskip("optuna")
    pytest.importorskip("smac")
    words = [shared_data / "tables" / "index.csv", "--kb", SCRIPT.parents[2] / "data"]
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *map(str, words), "--out", str(tmp_path),
                                      "--work", str(tmp_path / "work"),
                                      "--names", "penguins,spect", "--smoke"])  # fmt: skip
    runpy.run_path(str(SCRIPT), run_name="__main__")
    found = pd.read_csv(tmp_path / "result.csv")
    assert set(found["optimizer"]) == {"Optuna TPE", "SMAC3"}
    assert (found["n_tables"] == 2).all()
    assert (tmp_path / "warm_against_cold.png").exists()
