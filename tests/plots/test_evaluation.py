import json

import numpy as np
import pandas as pd
import pytest

from metalearn.plots.evaluation import regret_curves_data, write_evaluation
from metalearn.testing.worlds import clusters
from metalearn.workflows.evaluate.recommenders import evaluate

pytest.importorskip("matplotlib", reason="figures need matplotlib")


@pytest.fixture
def result(rng):
    meta = clusters(rng, n_tasks=20, n_configurations=10).meta
    return evaluate(meta, ["average-rank", "portfolio"], ks=(1, 3))


def test_curves_hold_the_means_and_fall(result):
    data = regret_curves_data(result)
    assert data.recommenders == ("average-rank", "portfolio", "random")
    np.testing.assert_allclose(data.mean, result.curves[:3].mean(axis=1))
    assert (np.diff(data.mean, axis=1) <= 1e-12).all()
    assert (data.low <= data.mean + 1e-12).all()
    assert (data.mean <= data.high + 1e-12).all()


def test_everything_is_written(result, tmp_path):
    paths = write_evaluation(result, tmp_path / "out")
    assert all(path.stat().st_size > 0 for path in paths)
    table = pd.read_csv(tmp_path / "out" / "per_task.csv")
    assert list(table.columns) == ["task", "recommender", "k", "regret", "rank"]
    assert len(table) == 20 * 4 * 2
    document = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert document == result.to_dict()
    assert (tmp_path / "out" / "critical_difference_3.png").exists()
