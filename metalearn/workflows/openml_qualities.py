"""OpenML's qualities of a table, computed from our own meta-features where they follow exactly.

Harvested tasks are described by OpenML's qualities. A table that is not on OpenML is compared with
them by counts and the entropy of the classes (on 14 tables of OpenML, all of these agree).
OpenML's percentages have two units, and its moments include the codes of categories; neither is
computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.task import Kind

__all__ = ["openml_qualities", "vector_of"]

_OTHER = "LogNumberOfInstances"  # auto-sklearn's: it uses some of the same names for other values


def vector_of(names: Sequence[str], values: Mapping[str, float], kind: Kind) -> Floats:
    """Return the meta-features of a table under a store's names, `(len(names),)`; NaN = unknown.

    Args:
        names: Names of the store's meta-features, ours or OpenML's.
        values: Our meta-features of the table.
        kind: Kind of task.
    """
    if any(name not in values for name in names) and _OTHER not in names:
        values = {**openml_qualities(values, kind), **values}
    return np.array([values.get(name, np.nan) for name in names], dtype=np.float64)


def openml_qualities(values: Mapping[str, float], kind: Kind) -> dict[str, float]:
    """Return OpenML's qualities of a table; it counts the target among the features.

    Args:
        values: Name -> value, NaN where it could not be computed: `nr_inst`, `nr_attr` and so on.
        kind: Kind of task: the target is symbolic or numeric.

    Returns:
        Name -> value, finite ones only; empty without `nr_inst`, `nr_attr`, `nr_num`, `nr_cat`.

    >>> openml_qualities({"nr_inst": 150, "nr_attr": 4, "nr_num": 4, "nr_cat": 0},
    ...                  "regression")["NumberOfNumericFeatures"]
    5.0
    """
    got = {name: float(value) for name, value in values.items() if np.isfinite(value)}
    if not {"nr_inst", "nr_attr", "nr_num", "nr_cat"} <= got.keys() or got["nr_inst"] < 1:
        return {}
    n, is_classes = got["nr_inst"], kind == "classification"
    found = {
        "NumberOfInstances": n,
        "NumberOfFeatures": got["nr_attr"] + 1,
        "NumberOfNumericFeatures": got["nr_num"] + (not is_classes),
        "NumberOfSymbolicFeatures": got["nr_cat"] + is_classes,
        "Dimensionality": (got["nr_attr"] + 1) / n,
    }
    if "nr_missing" in got:
        found["NumberOfMissingValues"] = got["nr_missing"]
    if "missing_row_share" in got:
        found["NumberOfInstancesWithMissingValues"] = got["missing_row_share"] * n
    if is_classes and {"nr_class", "majority_share", "minority_share", "class_ent"} <= got.keys():
        found |= {
            "NumberOfClasses": got["nr_class"],
            "MajorityClassSize": got["majority_share"] * n,
            "MinorityClassSize": got["minority_share"] * n,
            "ClassEntropy": got["class_ent"],
        }
    return found
