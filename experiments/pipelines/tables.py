"""Small tables whose features interact: six published ones and two planted ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from metalearn.learners.tables import Table, as_table, load_table

__all__ = ["NAMES", "PLANTED", "interaction_table"]

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "tables"
NAMES = ("xor", "ratio", "tic-tac-toe", "balance-scale", "car", "vowel", "kr-vs-kp", "sonar")
"""The tables that results are reported on."""
PLANTED = ("xor", "ratio")


def interaction_table(name: str, folder: Path = FOLDER) -> Table:
    """Return a table by name; planted ones have 400 rows and ten columns.

    `xor`: the parity of the signs of three of ten columns. `ratio`: whether the ratio of two of
    ten positive columns is above its median.
    """
    if name in PLANTED:
        return as_table(*_planted(name), name=name)
    stored = pd.read_csv(folder / "index.csv").set_index("name").loc[name]
    return load_table(folder / stored["file"], str(stored["target"]))


def _planted(name: str) -> tuple[pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(sum(map(ord, name)))
    X = rng.normal(size=(400, 10))
    if name == "ratio":
        X = np.exp(X)
    value = {
        "xor": np.prod(np.sign(X[:, :3]), axis=1),
        "ratio": X[:, 0] / X[:, 1],
    }[name]
    y = np.where(value > np.median(value), "yes", "no")
    if name == "xor":
        y = np.where(value > 0, "yes", "no")
    return pd.DataFrame(X).add_prefix("x"), pd.Series(y, name="y")
