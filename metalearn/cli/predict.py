"""`metalearn predict MODEL TABLE`: the predictions of a fitted model for the rows of a table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from metalearn.errors import InputError, UsageError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["add_arguments", "run"]

_FORMATS = (".csv", ".csv.gz", ".parquet", ".pq")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("model", metavar="MODEL", type=Path, help="a file written by metalearn fit --output")
    add("table", metavar="TABLE", help="CSV, Parquet or ARFF file (also .gz), or openml:ID")
    add("--proba", action="store_true", help="also the probability of each class")
    add("--output", type=Path, metavar="FILE",
        help="write to this file, .csv or .parquet (default: CSV to standard output)")  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from metalearn.automl.model_file import load_model, read_metadata
    from metalearn.workflows.fit.rows import predictions_of, rows_for

    output: Path | None = arguments.output
    if output is not None and not output.name.lower().endswith(_FORMATS):
        raise UsageError(
            f"--output: {output.name!r} has none of the endings {', '.join(_FORMATS)}"
        )
    metadata = read_metadata(arguments.model)
    if arguments.proba and metadata["task"] != "classification":
        raise UsageError(f"--proba: {str(arguments.model)!r} predicts numbers, not classes")
    model = load_model(arguments.model)
    frame = _rows(arguments.table)
    target = metadata["about"].get("target")
    rows, notes = rows_for(model, frame, name=arguments.table, target=target)
    table = predictions_of(model, rows, proba=arguments.proba)
    _write(table, output)
    for note in (*frame.attrs.get("notes", ()), *notes):
        print(f"note: {note}", file=sys.stderr)
    return 0


def _rows(source: str) -> pd.DataFrame:
    from metalearn.learners.table_files import load_frame

    if source.startswith("openml:"):
        from metalearn.harvesters.openml.tables import fetch_table

        return fetch_table(source)[0]
    return load_frame(Path(source), least=1)


def _write(table: pd.DataFrame, output: Path | None) -> None:
    if output is None:
        print(table.to_csv(index=False), end="")
        return
    try:
        if output.name.lower().endswith((".parquet", ".pq")):
            table.to_parquet(output, index=False)
        else:
            table.to_csv(output, index=False)
    except OSError as error:
        raise InputError(
            f"cannot write {str(output)!r}: {error.strerror or error}; free space or name another "
            "file"
        ) from error
