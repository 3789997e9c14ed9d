"""The comparison of warm and cold searches runs in its smoke mode."""

from __future__ import annotations

import json

import pytest

from tests.experiments.running import run_script


@pytest.mark.slow
@pytest.mark.parametrize("part", ["yahpo", "quantile-xgboost"])
def test_a_corner_of_a_published_set(part, shared_data, monkeypatch, tmp_path, capsys):
    pytest.importorskip("onnxruntime")
    words = [str(shared_data), "--parts", part, "--smoke", "--out", str(tmp_path)]
    run_script(monkeypatch, "warm_against_cold/run.py", *words)
    document = json.loads((tmp_path / part / "evaluation.json").read_text())
    assert {row["optimizer"] for row in document["results"]} >= {"bayesian", "tpe", "random x4"}
    assert "warm default" in capsys.readouterr().out
