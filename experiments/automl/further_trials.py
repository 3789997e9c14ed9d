"""What do further trials add to an ensemble of the first sixteen?

    python experiments/automl/further_trials.py FOLDER [FOLDER ...] [--docs]

A folder holds the trials of `kept_trials.py --trials 40 --listed 16`: the first sixteen are of the
recommended list, the others are searched for. Greedy selection among the first trials has a loss
on the test rows, with all members fitted on all rows. Relative changes beyond 20 % count as 20 %.
`--docs` writes the table of the evidence page.
"""

from __future__ import annotations

import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

WAYS = runpy.run_path(str(Path(__file__).parent / "ways.py"))
_FIRST = 16
_MORE = (24, 32, 40)


def losses_of(trials: Any) -> dict[str, float]:
    """Return the test loss with the first trials of a table."""
    greedy = WAYS["GREEDY"]
    some = {f"{n} trials": trials.first(n) for n in (_FIRST, *_MORE)}
    return {name: part.test_loss(greedy(part)) for name, part in some.items()}


def main(arguments: Sequence[str] | None = None) -> pd.DataFrame:
    """Compare, and print."""
    found: pd.DataFrame = WAYS["compare"](
        arguments, __doc__, losses_of, f"{_FIRST} trials", "further trials"
    )
    return found


if __name__ == "__main__":
    main()
