"""Experiments on several objectives, hypergradients and populations: smoke modes that resume."""

from __future__ import annotations

import csv
import runpy
import sys
from pathlib import Path

import pytest

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "result", "n_rows"),
    [("objectives", "functions.csv", 9), ("objectives", "trials.csv", 30),
     ("hypergradients", "result.csv", 3), ("population", "result.csv", 1)],
)  # fmt: skip
def test_a_corner_is_computed_once(name, result, n_rows, shared_data, monkeypatch, tmp_path):
    words = [str(shared_data / "tables"), "--smoke", "--out", str(tmp_path)]
    if name == "objectives":
        words += ["--part", result.split(".")[0].replace("trials", "tables")]
    for _ in range(2):  # the second time there is nothing left to do
        monkeypatch.setattr(sys, "argv", ["run.py", *words])
        runpy.run_path(str(EXPERIMENTS / name / "run.py"), run_name="__main__")
        rows = list(csv.DictReader((tmp_path / result).read_text().splitlines()))
        assert len(rows) == n_rows
