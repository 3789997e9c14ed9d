"""The experiment on functions with known shares: its answers are right, and it runs."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))

from experiments.importance_analytic.functions import CHOOSE, REPORT, space_of  # noqa: E402
from metalearn.core.history import History  # noqa: E402
from metalearn.importance import fanova_task  # noqa: E402
from tests.experiments.running import run_script  # noqa: E402


@pytest.mark.parametrize("function", [*CHOOSE, *REPORT], ids=lambda f: f.name)
def test_exact_shares_agree_with_sampling(function):
    # Saltelli et al. 2010: V_j = E[f(B) (f(A with column j of B) - f(A))].
    rng = np.random.default_rng(0)
    n, n_axes = 100_000, len(function.shares)
    A, B = rng.random((n, n_axes)), rng.random((n, n_axes))
    f_a, f_b = function.f(A), function.f(B)
    for j in range(min(n_axes, 4)):
        mixed = A.copy()
        mixed[:, j] = B[:, j]
        centred = f_b - f_b.mean()
        share = float((centred * (function.f(mixed) - f_a)).mean() / f_a.var())
        assert share == pytest.approx(function.shares[j], abs=0.02)


@pytest.mark.slow
def test_it_runs_in_smoke_mode(monkeypatch, tmp_path):
    run_script(monkeypatch, "importance_analytic/run.py", "--out", tmp_path, "--smoke")
    found = pd.read_csv(tmp_path / "result.csv")
    means = found[found["part"] == "reported on"].set_index("tool")["all"]
    assert means["ours"] < 0.8 * means["ours before"]
    assert "Optuna" in set(found["tool"])


@pytest.mark.slow
def test_the_size_of_leaves_runs_in_smoke_mode(monkeypatch, tmp_path):
    run_script(monkeypatch, "importance_analytic/leaves.py", "--out", tmp_path, "--smoke")
    found = pd.read_csv(tmp_path / "leaves.csv").set_index(["part", "leaves"])["all"]
    assert found["reported on"].min() < found["reported on", "1"]


def test_every_axis_is_tried_at_every_split_by_default():
    # Skewed runs, one idle axis: share 1 and 0 under any measure.
    function = next(f for f in CHOOSE if f.name == "log_2")
    rng = np.random.default_rng(0)
    points = rng.random((300, 2))
    points[:, 0] = 10.0 ** (-6 * points[:, 0])
    history = History(points, function.f(points))
    found = fanova_task(space_of(function), history, rng).share
    assert found[:2] == pytest.approx([1.0, 0.0], abs=0.05)
