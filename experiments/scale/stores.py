"""Processor seconds and peak memory of commands on stores and lakes of millions of evaluations.

python -m experiments.scale.stores [--only NAME ...] [--folder DIR]

Each question runs in a process of its own. Stores, lakes and tables of one and ten million
evaluations are made in the folder if they are not there (three minutes, 2 GB).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from experiments.scale.alone import Question, answer_alone, timed
from experiments.scale.worlds import table_of
from metalearn.workflows.import_published import import_published


def _import(size: str, form: str, folder: Path) -> dict[str, float]:
    table = table_of(size, form, folder)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        kb = Path(work) / "made.duckdb"
        return {"seconds": timed(lambda: import_published("long-csv", table, kb))[0]}


_QUESTIONS: dict[str, Question] = {
    f"import, {size} evaluations from {form}": (
        lambda folder, size=size, form=form: _import(size, form, folder)
    )
    for size in ("1m", "10m")
    for form in ("csv", "parquet")
}  # fmt: skip


if __name__ == "__main__":
    answer_alone(
        "experiments.scale.stores", __doc__, _QUESTIONS, {"seconds": "seconds", "peak": "peak, GB"}
    )
