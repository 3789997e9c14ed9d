"""One fit of AutoGluon, run by its own interpreter: only its packages are there."""

from __future__ import annotations

import runpy
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd

PRESETS = {"agm": "medium_quality", "agb": "best_quality"}


def one_fit(job: dict[str, Any]) -> dict[str, Any]:
    """Fit on one split, and return the row."""
    from autogluon.tabular import TabularPredictor

    shared = runpy.run_path(str(Path(__file__).with_name("run.py")))
    frame = pd.read_csv(Path(job["data"]).with_suffix(".csv"))
    kind = job["kind"]
    A, B, ya, yb = shared["split"](frame, job["target"], kind, job["split"])
    name = (
        "regression" if kind == "regression" else "binary" if ya.nunique() == 2 else "multiclass"
    )
    metric = {"rmse": "root_mean_squared_error"}.get(job["metric"], job["metric"])
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        model = TabularPredictor("__y", problem_type=name, eval_metric=metric, verbosity=0,
                                 path=folder)  # fmt: skip
        model.fit(A.assign(__y=ya.to_numpy()), time_limit=job["budget"],
                  presets=PRESETS[job["system"]], num_cpus=1)  # fmt: skip
        fit_s = time.monotonic() - started
        said = model.predict_proba(B) if metric == "log_loss" else model.predict(B)
    loss = shared["loss_of"](kind, yb, said.to_numpy(), int(ya.nunique()), job["metric"])
    return {"loss": loss, "fit_s": fit_s}
