"""The comparison of meta-trained surrogates runs in smoke mode, and resumes."""

from __future__ import annotations

import csv
import runpy
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "experiments"


@pytest.fixture
def rows_of(shared_data, monkeypatch, tmp_path):
    """Run an experiment in smoke mode, and return the rows of a CSV file that it writes."""

    def run(experiment, data, file, *words):
        given = [str(shared_data / data), "--smoke", "--out", str(tmp_path), *words]
        monkeypatch.setattr(sys, "argv", ["run.py", *given])
        runpy.run_path(str(FOLDER / experiment / "run.py"), run_name="__main__")
        return list(csv.DictReader((tmp_path / file).read_text().splitlines()))

    return run


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tst-svm", "pimp-rf", "yahpo"])
def test_a_corner_is_played_once(name, rows_of, capsys):
    methods = ["default", "fsbo-frozen", "random"]
    words = ["--set", name, "--budget", "4"]
    for _ in range(2):  # the second time there is nothing left to do
        rows = rows_of("few_shot", "metadatasets", f"{name}/curves.csv", *words,
                       "--methods", *methods)  # fmt: skip
        assert len(rows) == len(methods) * 2 * 4
    assert "| default |" in capsys.readouterr().out
    rows = rows_of("few_shot", "metadatasets", f"{name}/coverage.csv", *words,
                   "--part", "coverage", "--methods", "fsbo-frozen")  # fmt: skip
    assert all(0.0 <= float(row["coverage"]) <= 1.0 for row in rows)


@pytest.mark.slow
def test_few_shot_learning_runs(rows_of, capsys):
    assert len(rows_of("few_shot_learning", "tables", "accuracy.csv")) == 2 * 2 * 8
    assert "| prototypes |" in capsys.readouterr().out


@pytest.mark.slow
def test_learned_optimizers_are_compared(rows_of, capsys):
    assert len(rows_of("learned_optimizer", "tables", "shares.csv")) == 3 * 4 * 3
    assert "| quadratics | best of three |" in capsys.readouterr().out


@pytest.mark.slow
def test_embeddings_are_compared(rows_of, capsys):
    rows = rows_of("embeddings", "tables", "embeddings.csv")
    assert {row["method"] for row in rows} >= {"meta-features", "aligned", "dataset2vec"}
    assert "| aligned |" in capsys.readouterr().out


@pytest.mark.slow
def test_weights_are_transferred(rows_of, capsys):
    assert len(rows_of("weight_transfer", "tables", "tables.csv")) == 3 * 2
    assert "| digits | transfer, all |" in capsys.readouterr().out
