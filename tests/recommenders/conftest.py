"""Published matrices as meta-datasets, and the protocol of METHODS 12 in its plainest form."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metalearn.core import Configuration, MetaDataset, TargetTask, Task, metric_named
from metalearn.core.seams import Recommender

Protocol = Callable[..., np.ndarray]


@pytest.fixture(scope="session")
def oboe(shared_data: Path) -> MetaDataset:
    """418 x 219 balanced error rates; meta-features: logarithms of the table's size."""
    folder = shared_data / "metadatasets" / "oboe"
    losses = pd.read_csv(folder / "error_matrix.csv.gz", index_col=0)
    seconds = pd.read_csv(folder / "runtime_matrix.csv.gz", index_col=0)
    sizes = pd.read_csv(folder / "dataset_sizes.csv", index_col=0)
    n, p = sizes.loc[losses.index.astype(int)].to_numpy(np.float64).T
    configurations = [ast.literal_eval(name) for name in losses.columns]
    return MetaDataset(
        metric_named("balanced_error_rate"),
        tuple(Task(f"openml:{i}", str(i)) for i in losses.index.astype(int)),
        tuple(Configuration(c["algorithm"], c["hyperparameters"]) for c in configurations),
        losses.to_numpy(np.float64),
        runtimes_s=seconds.to_numpy(np.float64),
        meta_features=np.stack([np.log(n), np.log(p), np.log(n / p)], axis=1),
        meta_feature_names=("log_n_rows", "log_n_features", "log_ratio"),
    )


@pytest.fixture(scope="session")
def tst_svm(shared_data: Path) -> MetaDataset:
    """50 x 288 accuracies of support vector machines; 22 meta-features."""
    files = sorted((shared_data / "metadatasets" / "tst-svm").glob("*.gz"))
    tables = [np.loadtxt(file) for file in files]
    names = ("rbf", "polynomial", "linear", "log_C", "log_gamma", "log_degree")
    return MetaDataset(
        metric_named("accuracy"),
        tuple(Task(file.stem, file.stem) for file in files),
        tuple(
            Configuration("svc", dict(zip(names, map(float, row[1:7]), strict=True)))
            for row in tables[0]
        ),
        np.array([1.0 - table[:, 0] for table in tables]),
        meta_features=np.array([table[0, 7:] for table in tables]),
        meta_feature_names=tuple(f"feature_{j}" for j in range(22)),
    )


@pytest.fixture(scope="session")
def mean_regret() -> Protocol:
    """Mean normalized regret `(n_steps,)` over left-out tasks, evaluations told one by one."""

    def run(
        meta: MetaDataset, recommender: Recommender, n_steps: int = 20, n_folds: int = 10
    ) -> np.ndarray:
        from sklearn.model_selection import KFold

        shuffle = {"shuffle": True, "random_state": 0} if n_folds < meta.n_tasks else {}
        curves = []
        for train, test in KFold(n_folds, **shuffle).split(np.zeros(meta.n_tasks)):
            ranker = recommender.fit(meta.take(train), np.random.default_rng(0))
            for t in test:
                losses = meta.losses[t]
                target = TargetTask(meta.meta_features[t])
                for _ in range(n_steps):
                    scores = np.array(ranker.score(target))
                    scores[target.observed] = np.inf
                    index = int(np.argmin(scores))
                    target = target.tell(index, losses[index], meta.runtimes_s[t, index])
                reached = np.minimum.accumulate(target.observed_losses) - losses.min()
                curves.append(reached / max(np.ptp(losses), 1e-12))
        return np.mean(curves, axis=0)

    return run
