"""The tables of an evaluation beside its figures: one JSON document, one CSV a table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

__all__ = ["write_tables"]


def write_tables(
    folder: Path, document: Mapping[str, object], tables: Mapping[str, pd.DataFrame]
) -> list[Path]:
    """Write `evaluation.json` and a CSV for each table, six digits; return the paths.

    The folder is made if it is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "evaluation.json"]
    paths[0].write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    for name, table in tables.items():
        paths.append(folder / f"{name}.csv")
        table.to_csv(paths[-1], index=False, float_format="%.6g")
    return paths
