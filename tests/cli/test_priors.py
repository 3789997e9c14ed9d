"""`metalearn priors` on a small store."""

from __future__ import annotations

import json

import numpy as np
import pytest

from metalearn.cli import main
from metalearn.priors import from_json


@pytest.fixture(scope="module")
def kb(planted_file):
    return str(planted_file)


def test_json_and_figure(kb, capsys, tmp_path):
    command = ["priors", "svm", "--kb", kb, "--json", "--sample", "5", "--out", str(tmp_path)]
    assert main([*command, "--exclude", "planted:left"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n_tasks"] == 2
    gamma = found["densities"]["gamma"]
    best = gamma["values"][int(np.argmax(gamma["density"]))]
    assert 3e-3 < best < 0.4
    assert len(found["samples"]) == 5
    assert any("equal" in note for note in found["notes"])
    assert from_json((tmp_path / "prior.json").read_text()).pool.tasks == (
        "planted:middle", "planted:right",
    )  # fmt: skip
    assert (tmp_path / "priors.svg").exists()


def test_table(kb, capsys):
    assert main(["priors", "svm", "--kb", kb, "--top", "20", "--independent"]) == 0
    assert "gamma" in capsys.readouterr().out


@pytest.mark.parametrize("value", ["True", "true", "False"])
@pytest.mark.parametrize("command", ["priors", "importance", "tunability"])
def test_a_branch_of_a_truth_value(kb, capsys, command, value):
    words = ["--order", "1"] if command != "priors" else []
    assert main([command, "--where", f"shrinking={value}", "svm", "--kb", kb, *words]) == 0
    assert "gamma" in capsys.readouterr().out


def test_tasks_to_exclude_by_commas_and_repeated(kb, capsys):
    command = ["priors", "svm", "--kb", kb, "--json"]
    assert main([*command, "--exclude", "planted:left,planted:right"]) == 0
    assert json.loads(capsys.readouterr().out)["n_tasks"] == 1
    assert main([*command, "--exclude", "planted:left", "--exclude", "planted:right"]) == 0
    assert json.loads(capsys.readouterr().out)["n_tasks"] == 1
    assert main([*command, "--exclude", "planted:lft"]) == 2
    assert "known: planted:left" in capsys.readouterr().err
