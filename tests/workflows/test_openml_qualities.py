"""OpenML's qualities of a table, from our own meta-features."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metalearn.learners.table_files import load_frame
from metalearn.metafeatures import extract
from metalearn.workflows.openml_qualities import openml_qualities, vector_of

GROUPS = ("simple", "target", "information")


@pytest.mark.parametrize("name", ["diabetes", "balance-scale", "breast-w"])
def test_they_are_what_openml_says(shared_data: Path, name: str) -> None:
    index = pd.read_csv(shared_data / "tables" / "index.csv").set_index("name")
    row = index.loc[name]
    packed = shared_data / "metadatasets" / "pimp-published" / "task_qualities.json.gz"
    told = json.loads(gzip.decompress(packed.read_bytes()))
    (openml,) = (
        task for task in told.values()
        if (task["NumberOfInstances"], task["NumberOfFeatures"], task["NumberOfClasses"])
        == (row["rows"], row["n_features"] + 1, row["n_classes"])
    )  # fmt: skip
    frame = load_frame(shared_data / "tables" / row["file"])
    X, y = frame.drop(columns=row["target"]), frame[row["target"]]
    ours = extract(X, y, kind="classification", groups=GROUPS)
    found = openml_qualities(ours.values, "classification")
    assert len(found) == 11
    known = {n: v for n, v in found.items() if n in openml}
    assert known == pytest.approx({n: openml[n] for n in known}, rel=1e-6)


def test_vectors_follow_the_names_of_the_store() -> None:
    values = {"nr_inst": 10.0, "nr_attr": 2.0, "nr_num": 2.0, "nr_cat": 0.0, "mean.mean": np.nan}
    names = ("NumberOfFeatures", "nr_attr", "mean.mean", "J48")
    assert vector_of(names, values, "classification")[:2].tolist() == [3.0, 2.0]
    assert np.isnan(vector_of(names, values, "classification")[2:]).all()
    other = ("NumberOfFeatures", "LogNumberOfInstances")  # auto-sklearn counts without the target
    assert np.isnan(vector_of(other, values, "classification")).all()
    assert openml_qualities({"nr_inst": 0.0}, "regression") == {}
