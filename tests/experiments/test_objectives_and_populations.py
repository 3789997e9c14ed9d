"""Experiments on several objectives, hypergradients and populations: smoke modes that resume."""

from __future__ import annotations

import csv

import pytest

from tests.experiments.running import EXPERIMENTS, run_script


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
        run_script(monkeypatch, f"{name}/run.py", *words)
        rows = list(csv.DictReader((tmp_path / result).read_text().splitlines()))
        assert len(rows) == n_rows


@pytest.mark.slow
def test_stored_fronts_are_covered(monkeypatch, tmp_path, capsys):
    words = ("--kb", EXPERIMENTS.parent / "data", "--out", tmp_path, "--smoke")
    for _ in range(2):
        run_script(monkeypatch, "objectives/stored.py", *words)
        rows = list(csv.DictReader((tmp_path / "stored.csv").read_text().splitlines()))
        assert len(rows) == 3 * 5 * 3
        assert all(0.0 <= float(row["share"]) <= 1.0 for row in rows)
    assert "`parego, warm` minus `random, twice`" in capsys.readouterr().out
