"""SMAC3: how it runs in tests."""

from __future__ import annotations

import tempfile
from functools import cache

from metalearn.bridges.bridge import configuration_of


@cache
def with_small_trees():
    """Return the default facade, of which each tree reserves a hundred leaves, not a million."""
    from smac import HyperparameterOptimizationFacade
    from smac.model.random_forest import RandomForest

    class SmallTrees(HyperparameterOptimizationFacade):
        @staticmethod
        def get_model(scenario):
            return RandomForest(scenario.configspace, log_y=True, max_leaf_nodes=100,
                                min_samples_split=2, min_samples_leaf=1,
                                seed=scenario.seed)  # fmt: skip

    return SmallTrees


def drive(warm, loss, n, **options):
    asked = []

    def objective(config):
        asked.append(configuration_of(warm, dict(config).items()))
        return loss(asked[-1])

    options.setdefault("facade", with_small_trees())
    with tempfile.TemporaryDirectory() as folder:
        facade = warm.to_smac(objective, n_trials=n, output_directory=folder, **options)
        facade.optimize()
    return asked, facade
