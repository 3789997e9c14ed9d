"""The comparison of cold optimizers runs in its smoke mode."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.experiments.running import run_script

CHEAP = "random,bayesian,tpe,hyperband,cma"


def run(monkeypatch: pytest.MonkeyPatch, out: Path, *words: str) -> None:
    run_script(monkeypatch, "optimizers/run.py", "--smoke", "--out", out, *words)


@pytest.mark.slow
def test_ours(monkeypatch, tmp_path):
    page = tmp_path / "page.md"
    marks = ("cold regret", "peers")
    page.write_text("".join(f"{m}\n<!-- {m} -->\n<!-- end {m} -->\n" for m in marks))
    run(monkeypatch, tmp_path, "--optimizers", CHEAP, "--peers", "", "--docs", str(page))
    first = pd.read_csv(tmp_path / "runs.csv")
    assert set(first["method"]) == set(CHEAP.split(","))
    assert (first["regret"] >= 0).all()
    assert set(first["seed"]) == {0, 1}
    assert "| `bayesian` |" in page.read_text()
    assert (tmp_path / "cold_optimizers.png").exists()
    run(monkeypatch, tmp_path, "--optimizers", CHEAP, "--peers", "")
    assert pd.read_csv(tmp_path / "runs.csv").equals(first)  # nothing is run twice


@pytest.mark.slow
def test_beside_peers(monkeypatch, tmp_path):
    pytest.importorskip("optuna")
    pytest.importorskip("cma")
    run(monkeypatch, tmp_path, "--optimizers", "bayesian,tpe,cma", "--peers", "Optuna TPE,pycma")
    versus = pd.read_csv(tmp_path / "versus_peers.csv")
    assert set(versus["peer"]) == {"Optuna TPE", "pycma"}
    assert set(versus.loc[versus["peer"] == "pycma", "function"]) == {"branin"}
    assert (versus["low"] <= versus["high"]).all()
