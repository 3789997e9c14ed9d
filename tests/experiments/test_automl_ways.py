"""Ways of combining kept trials are compared, and the page gets their table."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from tests.experiments.running import EXPERIMENTS

AUTOML = EXPERIMENTS / "automl"
SHARED = EXPERIMENTS.parents[1] / "shared" / "data" / "tables"


def kept(folder, kind, n=60, m=10):
    """Trials of members with independent errors, as `kept_trials.py` writes them."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, n) if kind == "classification" else rng.normal(size=n)

    def predictions():
        if kind == "regression":
            return y + rng.normal(size=(m, n))
        right = np.clip(0.7 + 0.2 * rng.normal(size=(m, n)), 0.05, 0.95)
        return np.where(np.eye(2)[y] == 1, right[..., None], 1 - right[..., None])

    rows = [rng.permutation(n) for _ in range(2)]
    np.savez(
        folder / f"{kind}-0.npz", kind=kind, y_train=y, y_test=y, test=predictions(),
        limits=[] if kind == "classification" else [-9.0, 9.0],
        **{f"rows_{i}": rows[i] for i in (0, 1)},
        **{f"fold_{i}": np.arange(n) // 20 for i in (0, 1)},
        **{f"held_out_{i}": predictions()[:, rows[i]] for i in (0, 1)},
    )  # fmt: skip


def test_ways_are_compared_with_greedy_selection(tmp_path):
    script = runpy.run_path(str(AUTOML / "ways.py"))
    for kind in ("classification", "regression"):
        kept(tmp_path, kind)
    found = script["main"]([str(tmp_path), "--out", str(tmp_path)])
    assert (tmp_path / "ways.csv").exists()
    single = found[found["way"] == "best single"]
    assert (single["behind"] == 1).all()  # errors are independent: a mean has less
    lines = script["as_text"](found).splitlines()
    assert len(lines) == 2 + found["way"].nunique()
    assert {line.count("|") for line in lines} == {6}


def test_further_trials_with_independent_errors_help(tmp_path):
    for kind in ("classification", "regression"):
        kept(tmp_path, kind, m=40)
    found = runpy.run_path(str(AUTOML / "further_trials.py"))["main"]([str(tmp_path)])
    assert set(found["way"]) == {"24 trials", "32 trials", "40 trials"}
    assert (found[found["way"] == "40 trials"]["ahead"] == 1).all()


def test_winsorizing_is_for_numbers(tmp_path):
    for kind in ("classification", "regression"):
        kept(tmp_path, kind)
    found = runpy.run_path(str(AUTOML / "winsorizing.py"))["main"]([str(tmp_path)])
    assert list(found["kind"]) == ["regression"] * 4
    assert found["change"].abs().max() < 0.2


@pytest.mark.slow  # asks the bundled store
@pytest.mark.skipif(not SHARED.exists(), reason="needs the shared tables")
def test_trials_are_kept(tmp_path):
    script = runpy.run_path(str(AUTOML / "kept_trials.py"))
    words = "--names", "iris", "--trials", "4", "--listed", "2", "--out", str(tmp_path)
    script["main"]([str(SHARED / "index.csv"), *words])
    (path,) = Path(tmp_path).glob("*.npz")
    trials_of = runpy.run_path(str(AUTOML / "ways.py"))["trials_of"]
    once, twice = trials_of(path), trials_of(path, 2)
    assert once.test.shape == (4, 50, 3)
    assert (len(once.fold_of), len(twice.fold_of)) == (100, 200)
