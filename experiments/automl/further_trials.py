"""What do further trials add to an ensemble of the first sixteen?

    python experiments/automl/further_trials.py FOLDER [FOLDER ...] [--docs]

A folder holds the trials of `kept_trials.py --trials 40 --listed 16`: the first sixteen are of the
recommended list, the others are searched for. Greedy selection among the first trials has a loss
on the test rows, with all members fitted on all rows. Relative changes beyond 20 % count as 20 %.
`--docs` writes the table of the evidence page.
"""

from __future__ import annotations

import argparse
import runpy
import warnings
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

WAYS = runpy.run_path(str(Path(__file__).parent / "ways.py"))
_FIRST = 16
_MORE = (24, 32, 40)


def losses_on(path: Path) -> dict[str, object]:
    """Return the test loss with the first trials of a table."""
    trials = WAYS["trials_of"](path)
    kind = "regression" if trials.truth.classes is None else "classification"
    found: dict[str, object] = {"table": path.stem, "kind": kind}
    for n in (_FIRST, *_MORE):
        some = trials.first(n)
        found[f"{n} trials"] = some.test_loss(WAYS["GREEDY"](some))
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
        rows = pd.DataFrame([losses_on(path) for path in paths])
    found: pd.DataFrame = WAYS["against"](rows, f"{_FIRST} trials")
    print(found.round(4).to_string(index=False))
    if asked.docs:
        WAYS["write_parts"](WAYS["PAGE"], {"further trials": WAYS["as_text"](found)})
    return found


if __name__ == "__main__":
    main()
