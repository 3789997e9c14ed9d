"""Other libraries' optimizers behind one function: next trial, and what came of it.

Each peer is a generator: it yields a configuration and is sent its loss. A peer whose package is
missing is left out.
"""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Callable, Generator
from importlib.util import find_spec
from typing import Any

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.space import Space

Peer = Generator[Configuration, float, None]


def optuna_tpe(space: Space, seed: int) -> Peer:
    """Optuna's TPE sampler with its defaults."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    while True:
        trial = study.ask()
        loss = yield _suggested(space, trial)
        study.tell(trial, loss)


def _suggested(space: Space, trial: Any) -> Configuration:
    """Ask for each axis that is active, parents first."""
    values: dict[str, Any] = {}
    for j, axis in enumerate(space.axes):
        if not space.active(space.encode([values]))[0, j]:
            continue
        if axis.kind == "category":
            values[axis.name] = trial.suggest_categorical(axis.name, list(axis.choices))
        elif axis.kind == "integer":
            bounds = int(axis.lower), int(axis.upper)
            values[axis.name] = trial.suggest_int(axis.name, *bounds, log=axis.log)
        else:
            bounds = axis.lower, axis.upper
            values[axis.name] = trial.suggest_float(axis.name, *bounds, log=axis.log)
    return Configuration(space.algorithm, values)


def smac(space: Space, seed: int) -> Peer:
    """SMAC3's random-forest facade for hyperparameters, one seed a configuration."""
    from smac import HyperparameterOptimizationFacade as Facade
    from smac import Scenario
    from smac.runhistory import TrialValue

    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scenario = Scenario(
            space.config_space, n_trials=10_000, deterministic=True, seed=seed,
            output_directory=folder,
        )  # fmt: skip
        facade = Facade(
            scenario,
            lambda configuration, seed=0: 0.0,  # noqa: ARG005 (never called: ask and tell)
            initial_design=Facade.get_initial_design(scenario, n_configs=10),
            intensifier=Facade.get_intensifier(scenario, max_config_calls=1),
            overwrite=True,
        )
        while True:
            info = facade.ask()
            loss = yield space.configuration(dict(info.config))
            facade.tell(info, TrialValue(cost=loss))


def pycma(space: Space, seed: int, sigma: float = 0.25) -> Peer:
    """CMA-ES of the package cma on the unit cube, with restarts of twice the population.

    The first step size is a quarter of the range, as the package advises.
    """
    import cma

    if not all(axis.kind == "float" for axis in space.axes):
        raise NotImplementedError("pycma is tried on continuous spaces only")
    rng = np.random.default_rng(seed)
    start, population = np.full(space.n_axes, 0.5), None
    while True:
        options = {"bounds": [0, 1], "seed": int(rng.integers(1, 10**6)), "verbose": -9}
        options |= {"popsize": population} if population else {}
        search = cma.CMAEvolutionStrategy(start, sigma, options)
        while not search.stop():
            points = search.ask()
            losses = []
            for point in points:
                losses.append((yield space.decode(np.asarray(point)[None, :])[0]))
            search.tell(points, losses)
        start, population = rng.random(space.n_axes), 2 * search.popsize


def pycma_small_steps(space: Space, seed: int) -> Peer:
    """The same with the first step size of our CMA-ES."""
    return pycma(space, seed, 1 / 6)


_ALL: dict[str, tuple[str, Callable[[Space, int], Peer]]] = {
    "Optuna TPE": ("optuna", optuna_tpe),
    "SMAC3": ("smac", smac),
    "pycma": ("cma", pycma),
    "pycma (sigma 1/6)": ("cma", pycma_small_steps),
}


def installed() -> dict[str, Callable[[Space, int], Peer]]:
    """Return the peers whose packages are installed."""
    return {name: make for name, (package, make) in _ALL.items() if find_spec(package)}
