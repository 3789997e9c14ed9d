from __future__ import annotations

import runpy
from pathlib import Path

import pandas as pd
import pytest

RUN = Path(__file__).resolve().parents[2] / "experiments" / "automl" / "run.py"


@pytest.mark.slow  # spends whole budgets
def test_smoke(tmp_path):
    main = runpy.run_path(str(RUN))["main"]
    rows = main(["--smoke", "--systems", "hgb,ours", "--budgets", "6", "--out", str(tmp_path)])
    assert rows["loss"].notna().all()
    assert (tmp_path / "ahead.csv").exists()
    assert rows["cpu_s"].min() > 0


def test_how_often_ahead():
    compared = runpy.run_path(str(RUN))["compared"]
    rows = pd.DataFrame(
        [
            {"metric": "rmse", "table": t, "split": 0, "budget": 10.0, "system": s, "loss": loss}
            for t, ours, peer in (("a", 1.0, 2.0), ("b", 1.0, 0.5), ("c", 0.1, 0.2))
            for s, loss in (("ours", ours), ("peer", peer))
        ]
    )
    (row,) = compared(rows).to_dict("records")
    assert row["ahead"] == pytest.approx(2 / 3)
    assert (row["against"], row["n_tables"], row["n_fits"]) == ("peer", 3, 3)


def test_the_comparison_as_a_table():
    functions = runpy.run_path(str(RUN))
    rows = pd.DataFrame(
        [
            {
                "metric": metric,
                "table": "a",
                "split": s,
                "budget": b,
                "system": system,
                "loss": loss,
            }
            for metric, b in (("balanced_accuracy", 30.0), ("log_loss", 30.0), ("log_loss", 10.0))
            for s in (0, 1)
            for system, loss in (("ours", 0.5), ("flaml", 1.0), ("hgb", 0.25 + 0.5 * s))
        ]
    )
    lines = functions["as_markdown"](functions["compared"](rows)).splitlines()
    assert [line.split(" | ")[:3] for line in lines[2:]] == [
        ["| untuned HistGradientBoosting", "10", "log loss, RMSE"],
        ["| untuned HistGradientBoosting", "30", "log loss, RMSE"],
        ["| FLAML", "10", "log loss, RMSE"],
        ["| FLAML", "30", "log loss, RMSE"],
        ["| untuned HistGradientBoosting", "30", "balanced accuracy"],
        ["| FLAML", "30", "balanced accuracy"],
    ]
    assert lines[2].endswith("| 1 | 2 | 0.50 | 0.50 to 0.50 | -0.333 |")
    assert lines[4].endswith("| 1 | 2 | 1.00 | 1.00 to 1.00 | 0.500 |")


def test_the_area_under_the_curve_of_losses():
    areas = runpy.run_path(str(RUN))["areas"]
    same = {"metric": "rmse", "table": "a", "split": 0, "budget": 10.0}
    rows = pd.DataFrame(
        [
            {**same, "system": "ours", "curve": [[1.0, 3.0], [2.0, 1.0]]},
            {**same, "system": "cold", "curve": [[4.0, 2.0], [10.0, 2.0]]},
        ]
    )
    (row,) = areas(rows).to_dict("records")
    # Losses 3, 2 and 1 are 1, 0.5 and 0: (1 * 1 + 1 * 1) / 10 and (4 * 1 + 6 * 0.5) / 10.
    assert (row["ours"], row["cold"]) == (pytest.approx(0.2), pytest.approx(0.7))


@pytest.mark.slow
def test_the_limits_are_measured(tmp_path):
    limits = runpy.run_path(str(RUN.with_name("limits.py")))
    rows = limits["main"](["--smoke", "--out", str(tmp_path)])
    (row,) = rows.to_dict("records")
    assert row["orphans"] == 0
    assert row["peak_mb"] > 0
    assert row["is_late"] == (row["seconds"] > 1.05 * row["budget"] + 1.0)
    assert (tmp_path / "limits.csv").exists()
