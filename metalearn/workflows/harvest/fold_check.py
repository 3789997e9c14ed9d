"""Comparison of stored fold rows with the pages that they came from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from metalearn.core.records import Batch
from metalearn.workflows.harvest.folds import stored_folds
from metalearn.workflows.harvest.known_rows import KnownRows
from metalearn.workflows.harvest.replay import Replay
from metalearn.workflows.harvest.rows import KEY

__all__ = ["wrong_folds"]

_CONTENT = ["value", "fit_s", "predict_s"]
_TENTH_MS = 1e-4  # seconds are stored to that


def wrong_folds(kb: Path, replay: Replay) -> dict[int, Batch]:
    """Return the correct folds of every run with a wrong or missing fold.

    Args:
        kb: The store.
        replay: The replay of its pages.
    """
    wanted: dict[int, list[str]] = {}
    for function, cells in KnownRows(kb).folds.items():
        for runs in cells.values():
            for run in runs:
                wanted.setdefault(run, []).append(function)
    pages = replay.run_pages()
    expected = {
        run: replay.fold_rows(pages[run], sorted(functions))
        for run, functions in sorted(wanted.items())
        if run in pages  # lost pages are reported separately
    }
    frames = [batch.evaluations for batch in expected.values() if len(batch.evaluations)]
    if not frames:
        return {}
    true = pd.concat(frames, ignore_index=True)
    stored = stored_folds(kb).drop_duplicates(KEY)
    both = true.merge(stored, on=KEY, how="left", suffixes=("", "_stored"), indicator=True)
    is_wrong = (both["_merge"] != "both") | _differs(both)
    return {int(run): expected[int(run)] for run in sorted(set(both.loc[is_wrong, "seed"]))}


def _differs(both: pd.DataFrame) -> pd.Series[bool]:
    differs = both["reason"].fillna("") != both["reason_stored"].fillna("")
    for name in _CONTENT:
        tolerance = 0.0 if name == "value" else _TENTH_MS
        old = both[f"{name}_stored"].to_numpy(np.float64, na_value=np.nan)
        new = both[name].to_numpy(np.float64, na_value=np.nan)
        differs |= ~np.isclose(new, old, rtol=1e-6 if tolerance else 0.0, atol=tolerance,
                               equal_nan=True)  # fmt: skip
    return differs
