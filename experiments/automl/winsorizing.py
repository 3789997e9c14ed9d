"""Is an ensemble of numbers better if no member may be far from the median of all members?

    python experiments/automl/winsorizing.py FOLDER [FOLDER ...] [--docs]

A folder holds trials of `kept_trials.py`. The members of greedy selection are held within the
distance from their median that they have on a share of the held-out rows. Root mean squared errors
on the test rows are compared with those of the plain weighted mean; relative changes beyond 20 %
count as 20 %. `--docs` writes the table of the evidence page.
"""

from __future__ import annotations

import argparse
import runpy
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from metalearn.automl.winsorizing import usual_distances, winsorized

WAYS = runpy.run_path(str(Path(__file__).parent / "ways.py"))
_SHARES = (1.0, 0.99, 0.98, 0.95)


def losses_on(path: Path) -> dict[str, object] | None:
    """Return the test loss with each share; None for a table of classes."""
    trials = WAYS["trials_of"](path)
    if trials.truth.classes is not None:
        return None
    weights = WAYS["without_few"](trials)
    used = np.flatnonzero(weights)
    held_out, test = trials.held_out[used], trials.test[used]
    found = {"table": path.stem, "kind": "regression",
             "mean": trials.objective.loss(trials.test_truth, weights[used] @ test)}  # fmt: skip
    for share in _SHARES:
        near = winsorized(test, usual_distances(held_out, share))
        found[f"within {share:.0%}"] = trials.objective.loss(
            trials.test_truth, weights[used] @ near
        )
    return found


def main(arguments: Sequence[str] | None = None) -> pd.DataFrame:
    """Compare, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--docs", action="store_true", help="write the evidence page")
    asked = parser.parse_args(arguments)
    paths = sorted(path for folder in asked.folders for path in folder.glob("*.npz"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = pd.DataFrame([row for path in paths if (row := losses_on(path)) is not None])
    found: pd.DataFrame = WAYS["against"](rows, "mean")
    print(found.round(4).to_string(index=False))
    if asked.docs:
        WAYS["write_parts"](WAYS["PAGE"], {"winsorizing": WAYS["as_text"](found)})
    return found


if __name__ == "__main__":
    main()
