"""Is an ensemble of numbers better if no member may be far from the median of all members?

    python experiments/automl/winsorizing.py FOLDER [FOLDER ...] [--docs]

A folder holds trials of `kept_trials.py`. The members of greedy selection are held within the
distance from their median that they have on a share of the held-out rows. Root mean squared errors
on the test rows are compared with those of the plain weighted mean; relative changes beyond 20 %
count as 20 %. `--docs` writes the table of the evidence page.
"""

from __future__ import annotations

import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from metalearn.automl.winsorizing import usual_distances, winsorized

WAYS = runpy.run_path(str(Path(__file__).parent / "ways.py"))
_SHARES = (1.0, 0.99, 0.98, 0.95)


def losses_of(trials: Any) -> dict[str, float]:
    """Return the test loss of the plain mean, and with each share."""
    weights = WAYS["without_few"](trials)
    used = np.flatnonzero(weights)
    held_out, test = trials.held_out[used], trials.test[used]
    found = {"mean": test}
    for share in _SHARES:
        found[f"within {share:.0%}"] = winsorized(test, usual_distances(held_out, share))
    truth, loss = trials.test_truth, trials.objective.loss
    return {name: loss(truth, weights[used] @ members) for name, members in found.items()}


def main(arguments: Sequence[str] | None = None) -> pd.DataFrame:
    """Compare, and print."""
    found: pd.DataFrame = WAYS["compare"](
        arguments, __doc__, losses_of, "mean", "winsorizing", kinds=["regression"]
    )
    return found


if __name__ == "__main__":
    main()
