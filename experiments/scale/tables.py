"""Processor seconds and peak memory of reading large tables, and of a recommendation for one.

python -m experiments.scale.tables [--only NAME ...] [--folder DIR]

Tables of a million rows are made in the folder if they are not there (two minutes, 3 GB).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from experiments.scale.alone import Question, answer_alone, timed

_N_ROWS = 1_000_000


def _table(n_columns: int, form: str, folder: Path) -> Path:
    place = folder / f"table-{n_columns}.{form}"
    if place.exists():
        return place
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    columns = {f"x{j}": np.round(rng.normal(size=_N_ROWS), 6) for j in range(n_columns - 1)}
    score = columns["x0"] + columns["x1"] + rng.normal(size=_N_ROWS)
    table = pa.table({**columns, "y": np.where(score > 0, "yes", "no")})
    if form == "csv":
        pa_csv.write_csv(table, place)
    else:
        pq.write_table(table, place)
    return place


def _read(n_columns: int, form: str, folder: Path) -> dict[str, float]:
    from metalearn.learners.tables import load_frame

    place = _table(n_columns, form, folder)
    return {"seconds": timed(lambda: load_frame(place))[0], "size": place.stat().st_size / 1e6}


def _recommend(n_columns: int, form: str, folder: Path) -> dict[str, float]:
    import metalearn

    place = _table(n_columns, form, folder)
    seconds, _ = timed(lambda: metalearn.recommend(place, "y"))
    return {"seconds": seconds, "size": place.stat().st_size / 1e6}


_QUESTIONS: dict[str, Question] = {
    "read, 1 million x 21, CSV": lambda folder: _read(21, "csv", folder),
    "read, 1 million x 21, Parquet": lambda folder: _read(21, "parquet", folder),
    "recommend, 1 million x 21, CSV": lambda folder: _recommend(21, "csv", folder),
    "recommend, 1 million x 100, CSV": lambda folder: _recommend(100, "csv", folder),
    "recommend, 1 million x 100, Parquet": lambda folder: _recommend(100, "parquet", folder),
}


if __name__ == "__main__":
    answer_alone(
        "experiments.scale.tables", __doc__, _QUESTIONS,
        {"size": "file, MB", "seconds": "seconds", "peak": "peak, GB"},
    )  # fmt: skip
