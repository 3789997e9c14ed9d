"""The public face's own functions do what their commands do."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import metalearn
from metalearn.cli import main
from metalearn.errors import MetalearnError, UsageError


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.random((60, 3)), columns=["a", "b", "c"])
    frame["y"] = np.where(frame["a"] + 0.2 * rng.random(60) > 0.6, "u", "v")
    path = tmp_path_factory.mktemp("tables") / "small.csv"
    frame.to_csv(path, index=False)
    return path


def printed(capsys, *words):
    assert main([*map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_describe(table, capsys):
    found = metalearn.describe(table, "y", groups="simple").document()
    told = printed(capsys, "describe", table, "--target", "y", "--groups", "simple")
    assert found["meta_features"] == told["meta_features"]


def test_collect_then_similar_and_evaluate(table, tmp_path, capsys):
    kb = tmp_path / "kb.duckdb"
    report = metalearn.collect(table, kb, target="y", n_configurations=2)
    assert report.n_tasks == 1
    again = metalearn.collect(table, kb, target="y", n_configurations=2)
    assert (again.n_evaluations, again.n_known) == (0, 2)
    with pytest.raises(UsageError, match="positive"):
        metalearn.collect(table, kb, n_configurations=0)
    with pytest.raises(MetalearnError):
        metalearn.evaluate(kb)


def test_similar(table, capsys):
    found = metalearn.similar(table, "y", n=3).document()
    assert found == printed(capsys, "similar", table, "--target", "y", "-n", 3)


def test_names_are_listed():
    assert {"collect", "describe", "evaluate", "similar"} <= set(metalearn.__all__)
    assert "metalearn.workflows.face" not in metalearn.__dict__
