"""The comparison of meta-trained surrogates runs in smoke mode, and resumes."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest

from tests.experiments.running import EXPERIMENTS, run_script


def searches(tasks: dict[str, int]) -> pd.DataFrame:
    """Return curves of methods that were each played on so many of the first tasks."""
    return pd.DataFrame(
        {"method": method, "task": f"t{task:02d}", "at": at, "loss": 1.0 / (at + task),
         "low": 0.0, "high": 1.0, "seconds": 0.01}
        for method, n in tasks.items() for task in range(n) for at in (1, 3, 5, 10, 20)
    )  # fmt: skip


def test_the_search_that_a_network_does_has_a_table_of_its_own(monkeypatch):
    monkeypatch.syspath_prepend(str(EXPERIMENTS.parent))
    from experiments.few_shot.docs import parts_of
    from experiments.few_shot.tables import fullest

    assert fullest(pd.Series({"default": 26, "rgpe": 20, "random": 26, "taf": 2})) == [
        "default", "rgpe", "random",
    ]  # fmt: skip
    played = {"default": 8, "fsbo": 4, "rgpe": 4, "soft-taf": 4, "random": 8, "taf": 1,
              "recurrent": 6, "recurrent-long": 6, "design": 6,
              "gaussian-process": 6}  # fmt: skip
    parts = parts_of(searches(played), "tst-svm")
    assert {name: text.splitlines()[-1] for name, text in parts.items()} == {
        "tst-svm": "4 tasks.", "recurrent": "6 tasks.",
        "recurrent paired": "| design ahead of recurrent-long | 6 | "
                            "+0.000 (+0.000 to +0.000) | +0.000 (+0.000 to +0.000) |",
    }  # fmt: skip
    assert "recurrent" not in parts["tst-svm"]
    assert "| taf |" not in parts["tst-svm"]
    assert "| design |" in parts["recurrent"]
    assert "| gaussian-process |" in parts["recurrent"]
    assert set(parts_of(searches(played), "yahpo")) == {"yahpo"}
    del played["recurrent-long"]  # a table of all its methods is not replaced by one of some
    assert set(parts_of(searches(played), "tst-svm")) == {"tst-svm", "recurrent paired"}


def test_methods_are_paired_over_the_tasks_of_both(monkeypatch):
    monkeypatch.syspath_prepend(str(EXPERIMENTS.parent))
    from experiments.few_shot.paired import ahead, paired_table

    curves = searches({"default": 5, "fsbo": 4, "rgpe": 3})
    better = curves["method"] == "fsbo"
    curves.loc[better, "loss"] = curves.loc[better, "loss"] - 0.01
    np.testing.assert_allclose(ahead(curves, "fsbo", "rgpe"), np.full(3, 0.01), rtol=0.2)
    np.testing.assert_allclose(ahead(curves, "default", "fsbo"), np.full(4, -0.01), rtol=0.2)
    assert len(ahead(curves, "fsbo", "rgpe", 10)) == 3
    assert ahead(curves, "soft-taf-deep", "default") is None
    (row,) = paired_table({"pimp-rf": curves}).splitlines()[2:]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[:2] == ["pimp-rf", "3 or 4"]
    assert [cell[:5] for cell in cells[2:]] == ["+0.01", "", "+0.01", ""]


def test_a_coverage_that_was_not_measured_is_left_blank(monkeypatch):
    monkeypatch.syspath_prepend(str(EXPERIMENTS.parent))
    from experiments.few_shot.tables import coverage_table

    played = [("tst-svm", "fsbo"), ("tst-svm", "rgpe"), ("pimp-rf", "fsbo")]
    covered = pd.DataFrame(
        {"set": name, "method": method, "task": task, "known": known, "coverage": share}
        for name, method in played for known in (5, 10, 20)
        for task, share in (("a", 0.7), ("b", 0.9))
    )  # fmt: skip
    lines = coverage_table(covered).splitlines()
    assert lines[2:] == [
        "| fsbo |" + " 80 % (70 to 90) |" * 6,
        "| rgpe |" + " 80 % (70 to 90) |" * 3 + "  |" * 3,
    ]


@pytest.mark.slow
def test_a_learned_policy_is_compared(monkeypatch, tmp_path, capsys):
    kept = tmp_path / "evaluation.json"
    for words in (["--smoke", "--out", str(tmp_path)], ["--evaluation", str(kept)]):
        run_script(monkeypatch, "learned_policy/run.py", *words)
        printed = capsys.readouterr().out
        assert "| `portfolio` | 0." in printed
        assert "12 tasks, 20 configurations" in printed


@pytest.fixture
def rows_of(shared_data, monkeypatch, tmp_path):
    """Run an experiment in smoke mode, and return the rows of a CSV file that it writes."""

    def run(experiment, data, file, *words):
        given = [str(shared_data / data), "--smoke", "--out", str(tmp_path), *words]
        run_script(monkeypatch, f"{experiment}/run.py", *given)
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
    assert len(rows_of("learned_optimizer", "tables", "shares.csv")) == 3 * 2 * 4 * 3
    assert "| quadratics | rates | best of three |" in capsys.readouterr().out


@pytest.mark.slow
def test_embeddings_are_compared(rows_of, capsys):
    rows = rows_of("embeddings", "tables", "embeddings.csv")
    assert {row["method"] for row in rows} >= {"meta-features", "aligned", "dataset2vec"}
    assert "| aligned |" in capsys.readouterr().out


@pytest.mark.slow
def test_weights_are_transferred(rows_of, capsys):
    assert len(rows_of("weight_transfer", "tables", "tables.csv")) == 3 * 2
    assert "| digits | transfer, all |" in capsys.readouterr().out
