"""Processor seconds of opening a store: first in a process, and again after it was closed.

python -m experiments.scale.opening [--only NAME ...] [--folder DIR] [--code DIR]

Each question runs in a process of its own, which opens and closes another store before, so that
imports are not measured. *Again* is the median of 21 further openings. Stores of one and ten
million evaluations are made in the folder if they are not there (two minutes).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

from experiments.scale.alone import Question, answer_alone, timed
from experiments.scale.worlds import large_store, store_of
from metalearn.store import open_store

_N_AGAIN = 21


def _open(place: Path | None) -> dict[str, float]:
    """Return milliseconds; None opens the bundled store."""

    def seconds() -> float:
        spent, store = timed(lambda: open_store(place))
        store.close()
        return spent

    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "other.duckdb"
        large_store(other, 2, 2)
        open_store(other).close()
    first = seconds()
    return {"first": 1e3 * first, "again": 1e3 * median(seconds() for _ in range(_N_AGAIN))}


_QUESTIONS: dict[str, Question] = {
    "the bundled store": lambda _: _open(None),
    "1 million evaluations": lambda folder: _open(store_of("1m", folder)),
    "10 million evaluations": lambda folder: _open(store_of("10m", folder)),
}


if __name__ == "__main__":
    answer_alone(
        "experiments.scale.opening", __doc__, _QUESTIONS,
        {"first": "first, ms", "again": "again, ms", "peak": "peak, GB"},
    )  # fmt: skip
