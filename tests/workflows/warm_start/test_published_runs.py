"""Published runs as source tasks: complete ones, on the axes of our learner."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from metalearn.errors import NotEnoughMetaDataError
from metalearn.learners import CATALOGUE
from metalearn.store import open_store
from metalearn.workflows.import_published import import_published
from metalearn.workflows.warm_start.stored_runs import stored_runs

N_TASKS = 4


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two columns of OBOE that tell all of a learner, and two that do not."""
    folder = tmp_path_factory.mktemp("oboe")
    columns = [("KNN", {"n_neighbors": n, "p": 1}) for n in (1, 7)]
    columns += [("RF", {"criterion": "gini", "min_samples_split": n}) for n in (2, 8)]
    heads = [str({"algorithm": name, "hyperparameters": values}) for name, values in columns]
    with (folder / "error_matrix.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["", *heads])
        writer.writerows([task, 0.1, 0.2, 0.3, 0.4 + task / 100] for task in range(N_TASKS))
    import_published("oboe", folder / "error_matrix.csv", folder / "kb.duckdb")
    return folder / "kb.duckdb"


def test_complete_runs_are_in_the_space_of_the_learner(kb: Path) -> None:
    with open_store(kb) as store:
        found = stored_runs(store, "k_nearest_neighbors", "classification")
    space = CATALOGUE.get("k_nearest_neighbors").space("classification")
    assert found.space.names == space.names
    assert [len(history) for history in found.histories] == [2] * N_TASKS
    values = [dict(c.hyperparameters) for c in found.space.decode(found.histories[0].X)]
    assert values == [{"n_neighbors": n, "p": 1, "weights": "uniform"} for n in (1, 7)]
    assert np.allclose(found.histories[0].y, [0.1, 0.2])


def test_incomplete_runs_are_refused_with_the_reason(kb: Path) -> None:
    with open_store(kb) as store, pytest.raises(NotEnoughMetaDataError, match="n_estimators is"):
        stored_runs(store, "random_forest", "classification")
