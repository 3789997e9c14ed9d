"""Records the sequence of a learner: `python -m tests.recorded.sequences NAME`."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from metalearn.learners import get
from metalearn.learners.common_list import algorithm_list

FOLDER = Path(__file__).parent / "sequences"
LENGTH = 32


def sequence_rows(name: str) -> list[tuple[str, str, str]]:
    """Return kind, position and key of the first configurations of a learner."""
    return [
        (kind, str(position), configuration.key)
        for kind in get(name).kinds
        for position, configuration in enumerate(algorithm_list(name, kind, LENGTH))
    ]


def record(name: str) -> None:
    """Write the sequence of a learner; what is recorded must never change."""
    file = FOLDER / f"{name}.csv"
    if file.exists():
        raise SystemExit(f"{file} is there: a recorded sequence never changes")
    with file.open("w", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(("kind", "position", "key"))
        writer.writerows(sequence_rows(name))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in sys.argv[1:]:
        record(name)
