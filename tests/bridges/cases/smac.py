"""SMAC3: how it runs in tests."""

from __future__ import annotations

import tempfile

from metalearn.bridges.bridge import configuration_of


def drive(warm, loss, n, **options):
    asked = []

    def objective(config):
        asked.append(configuration_of(warm, dict(config).items()))
        return loss(asked[-1])

    with tempfile.TemporaryDirectory() as folder:
        facade = warm.to_smac(objective, n_trials=n, output_directory=folder, **options)
        facade.optimize()
    return asked, facade
