"""Add the scores of the dummy to a meta-dataset: the same tables, the same rows and folds.

    python experiments/bundled_data/dummy.py TABLES --kb bundled.duckdb --export data

Tasks are found by the content of their table and their procedure. It needs no fit, so it takes
the time of reading the tables.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.store import merge, open_store
from metalearn.store.exporting import export_parquet
from metalearn.store.files import PROVENANCE
from metalearn.workflows.tables.index import TableEntry, table_entries
from metalearn.workflows.writeback.records import (
    dummy_record,
    journal_of,
    publish_journal,
    task_record,
)


def main() -> None:
    """Parse, measure, store, export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", type=Path, help="index CSV, as for build.py")
    parser.add_argument("--kb", type=Path, required=True,
                        help="store to add to: a DuckDB file, or an exported folder")  # fmt: skip
    parser.add_argument("--export", type=Path, help="write the Parquet folder here")
    parser.add_argument("--smoke", action="store_true", help="three tables")
    arguments = parser.parse_args()
    entries = table_entries(arguments.tables)[: 3 if arguments.smoke else None]
    with tempfile.TemporaryDirectory() as scratch:
        kb, built = arguments.kb, ""
        if kb.is_dir():
            built = json.loads((kb / PROVENANCE).read_text())["built"]
            kb = Path(scratch) / "with_dummy.duckdb"
            merge(arguments.kb, kb)
        print(f"{add_dummies(entries, kb)} of {len(entries)} tables are tasks of the store")
        if arguments.export:
            note = built if built.endswith("dummy.py") else f"{built}; dummy by dummy.py"
            print(export_parquet(kb, arguments.export, built=note))


def add_dummies(entries: list[TableEntry], kb: Path) -> int:
    """Store the dummy of every table that is a task of the store; return how many there were."""
    with open_store(kb) as store:
        known = store.tasks().set_index("task")
    n = 0
    with journal_of(kb) as journal:
        for entry in entries:
            table = entry.load()
            digest = f"@{table.digest()}"
            for key in [key for key in known.index if digest in key]:
                row = known.loc[key]
                prepared = PreparedTask(table, Procedure(**json.loads(row["procedure"])))
                described = task_record(
                    prepared.task, row["target"], row["procedure"], row["family"]
                )
                journal.append(described | {"task": key, "table": row["name"]})
                journal.append(dummy_record(key, prepared))
                n += 1
        publish_journal(journal, kb)
    return n


if __name__ == "__main__":
    main()
