"""Processor seconds and peak memory of commands on stores and lakes of millions of evaluations.

python -m experiments.scale.stores [--only NAME ...] [--folder DIR]

Each question runs in a process of its own. Stores, lakes and tables of one and ten million
evaluations are made in the folder if they are not there (three minutes, 2 GB).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from experiments.scale.alone import Question, answer_alone, timed
from experiments.scale.worlds import store_of, table_of
from metalearn.errors import StoreError
from metalearn.store import export_parquet, merge, open_store
from metalearn.workflows.import_published import import_published


def _import(size: str, form: str, folder: Path) -> dict[str, float]:
    table = table_of(size, form, folder)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        kb = Path(work) / "made.duckdb"
        return {"first": timed(lambda: import_published("long-csv", table, kb))[0]}


def _merge(size: str, folder: Path) -> dict[str, float]:
    other = store_of(size, folder)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        kb = Path(work) / "merged.duckdb"
        first, again = (timed(lambda: merge(other, kb))[0] for _ in range(2))
    return {"first": first, "again": again}


def _export(size: str, folder: Path) -> dict[str, float]:
    kb = store_of(size, folder)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        lake = Path(work) / "lake"
        first, again = (timed(lambda: export_parquet(kb, lake))[0] for _ in range(2))
    return {"first": first, "again": again}


def _lake_of(size: str, folder: Path) -> Path:
    lake = folder / f"{size}.lake"
    return lake if lake.exists() else export_parquet(store_of(size, folder), lake)


def _verify(place: Path) -> dict[str, float]:
    with open_store(place) as store:
        seconds, problems = timed(store.verify)
    if problems:
        raise StoreError(f"{place} should be intact, but has {problems[0]}; delete it")
    return {"first": seconds}


def _questions(size: str) -> dict[str, Question]:
    return {
        f"import, {size}, CSV": lambda folder: _import(size, "csv", folder),
        f"import, {size}, Parquet": lambda folder: _import(size, "parquet", folder),
        f"import, {size}, Parquet, shuffled": lambda folder: _import(
            size, "shuffled.parquet", folder
        ),
        f"merge, {size}, into an empty store": lambda folder: _merge(size, folder),
        f"export, {size}": lambda folder: _export(size, folder),
        f"verify, {size}, store": lambda folder: _verify(store_of(size, folder)),
        f"verify, {size}, lake": lambda folder: _verify(_lake_of(size, folder)),
    }


if __name__ == "__main__":
    answer_alone(
        "experiments.scale.stores", __doc__, _questions("1m") | _questions("10m"),
        {"first": "first, s", "again": "again, s", "peak": "peak, GB"},
    )  # fmt: skip
