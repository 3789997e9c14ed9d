"""`metalearn importance` on a small store: table, JSON, figures, errors."""

from __future__ import annotations

import json

import pytest

from metalearn.cli import main


@pytest.fixture(scope="module")
def kb(planted_file):
    return str(planted_file)


def test_json_names_the_planted_hyperparameter(kb, capsys):
    assert main(["importance", "svm", "--kb", kb, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["metric"] == "accuracy"
    assert found["n_tasks"] == 3
    assert found["items"][0]["item"] == "gamma"
    assert found["ranks"]["items"][0] == "gamma"
    constant = [task for task in found["tasks"] if task["task"].endswith("flat")]
    assert "no variance" in constant[0]["note"]
    assert set(constant[0]["share"].values()) == {None}


def test_table_and_figures(kb, capsys, tmp_path):
    assert main(["importance", "svm", "--kb", kb, "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    assert "gamma" in printed.out
    assert "no variance" in printed.err
    for name in ("main_effects", "interactions", "average_ranks", "marginals"):
        for kind in ("svg", "png", "csv"):
            assert (tmp_path / f"{name}.{kind}").stat().st_size > 50
    assert len(list(tmp_path.glob("surface_*.csv"))) == 2


def test_ped_anova_of_a_branch(kb, capsys):
    command = ["importance", "svm", "--kb", kb, "--method", "ped-anova", "--json"]
    assert main([*command, "--where", "kernel=rbf"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["method"] == "ped-anova"
    assert "kernel" not in [item["item"] for item in found["items"]]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["svm", "--where", "kernel"], 2, "NAME=VALUE"),
        (["nothing"], 2, "unknown algorithm"),
        (["svm", "--metric", "r2"], 2, "unknown metric"),
    ],
)
def test_errors_say_what_to_do(kb, capsys, words, code, says):
    assert main(["importance", *words, "--kb", kb]) == code
    assert says in capsys.readouterr().err


def test_pooled_tasks_are_one(kb, capsys):
    assert main(["importance", "svm", "--kb", kb, "--pool", "--json", "--order", "1"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [task["task"] for task in found["tasks"]] == ["3 tasks pooled"]
    assert found["metric"] == "mean_rank"
    assert found["items"][0]["item"] == "gamma"
