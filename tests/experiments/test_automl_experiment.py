from __future__ import annotations

import runpy
from pathlib import Path

import pandas as pd
import pytest

RUN = Path(__file__).resolve().parents[2] / "experiments" / "automl" / "run.py"


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
            {"table": t, "split": 0, "budget": 10.0, "system": s, "loss": loss}
            for t, ours, peer in (("a", 1.0, 2.0), ("b", 1.0, 0.5), ("c", 0.1, 0.2))
            for s, loss in (("ours", ours), ("peer", peer))
        ]
    )
    (row,) = compared(rows).to_dict("records")
    assert row["ahead"] == pytest.approx(2 / 3)
    assert (row["against"], row["n_tables"]) == ("peer", 3)
