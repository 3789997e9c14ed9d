"""The comparison of meta-trained surrogates runs in smoke mode, and resumes."""

from __future__ import annotations

import csv
import runpy
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "experiments" / "few_shot"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tst-svm", "pimp-rf", "yahpo"])
def test_a_corner_is_played_once(name, shared_data, monkeypatch, tmp_path, capsys):
    methods = ["default", "fsbo-frozen", "random"]
    words = [str(shared_data / "metadatasets"), "--set", name, "--smoke", "--budget", "4",
             "--out", str(tmp_path)]  # fmt: skip
    for _ in range(2):  # the second time there is nothing left to do
        monkeypatch.setattr(sys, "argv", ["run.py", *words, "--methods", *methods])
        runpy.run_path(str(FOLDER / "run.py"), run_name="__main__")
        rows = list(csv.DictReader((tmp_path / name / "curves.csv").read_text().splitlines()))
        assert len(rows) == len(methods) * 2 * 4
    assert "| default |" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["run.py", *words, "--part", "coverage", "--methods",
                                      "fsbo-frozen"])  # fmt: skip
    runpy.run_path(str(FOLDER / "run.py"), run_name="__main__")
    rows = list(csv.DictReader((tmp_path / name / "coverage.csv").read_text().splitlines()))
    assert all(0.0 <= float(row["coverage"]) <= 1.0 for row in rows)


@pytest.mark.slow
def test_few_shot_learning_runs(shared_data, monkeypatch, tmp_path, capsys):
    script = FOLDER.parent / "few_shot_learning" / "run.py"
    words = [str(shared_data / "tables"), "--smoke", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["run.py", *words])
    runpy.run_path(str(script), run_name="__main__")
    rows = list(csv.DictReader((tmp_path / "accuracy.csv").read_text().splitlines()))
    assert len(rows) == 2 * 2 * 8
    assert "| prototypes |" in capsys.readouterr().out


@pytest.mark.slow
def test_learned_optimizers_are_compared(shared_data, monkeypatch, tmp_path, capsys):
    script = FOLDER.parent / "learned_optimizer" / "run.py"
    words = [str(shared_data / "tables"), "--smoke", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["run.py", *words])
    runpy.run_path(str(script), run_name="__main__")
    rows = list(csv.DictReader((tmp_path / "shares.csv").read_text().splitlines()))
    assert len(rows) == 3 * 4 * 3
    assert "| quadratics | best of three |" in capsys.readouterr().out


@pytest.mark.slow
def test_embeddings_are_compared(shared_data, monkeypatch, tmp_path, capsys):
    script = FOLDER.parent / "embeddings" / "run.py"
    words = [str(shared_data / "tables"), "--smoke", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["run.py", *words])
    runpy.run_path(str(script), run_name="__main__")
    rows = list(csv.DictReader((tmp_path / "embeddings.csv").read_text().splitlines()))
    assert {row["method"] for row in rows} >= {"meta-features", "aligned", "dataset2vec"}
    assert "| aligned |" in capsys.readouterr().out
