"""Strategies of AutoML by name: one preset a file, each a few lines over composable parts.

Third parties add a `Strategy` by an entry point in the group `metalearn.presets`.
"""

from metalearn.automl.strategies.named import strategy_of
from metalearn.automl.strategy import Strategy
from metalearn.catalogue import Catalogue

__all__ = ["CATALOGUE", "get", "names", "strategy_of"]

CATALOGUE: Catalogue[Strategy] = Catalogue(
    "preset",
    {
        "default": "metalearn.automl.strategies.default:STRATEGY",
        "auto-weka": "metalearn.automl.strategies.auto_weka:STRATEGY",
        "auto-sklearn": "metalearn.automl.strategies.auto_sklearn:STRATEGY",
        "auto-sklearn-2": "metalearn.automl.strategies.auto_sklearn_2:STRATEGY",
        "mlr-mbo": "metalearn.automl.strategies.mlr_mbo:STRATEGY",
        "bohb": "metalearn.automl.strategies.bohb:STRATEGY",
        "hyperopt-sklearn": "metalearn.automl.strategies.hyperopt_sklearn:STRATEGY",
        "skopt": "metalearn.automl.strategies.skopt:STRATEGY",
        "tpot": "metalearn.automl.strategies.tpot:STRATEGY",
        "gama": "metalearn.automl.strategies.gama:STRATEGY",
        "h2o": "metalearn.automl.strategies.h2o:STRATEGY",
        "oboe": "metalearn.automl.strategies.oboe:STRATEGY",
        "pmf": "metalearn.automl.strategies.pmf:STRATEGY",
        "autogluon": "metalearn.automl.strategies.autogluon:STRATEGY",
        "flaml": "metalearn.automl.strategies.flaml:STRATEGY",
        "auto-keras": "metalearn.automl.strategies.neural:AUTO_KERAS",
        "auto-pytorch": "metalearn.automl.strategies.neural:AUTO_PYTORCH",
        "keras-tuner": "metalearn.automl.strategies.neural:KERAS_TUNER",
        "talos": "metalearn.automl.strategies.neural:TALOS",
    },
)


def names() -> tuple[str, ...]:
    """Return the names of all presets."""
    return CATALOGUE.names()


def get(name: str) -> Strategy:
    """Return the strategy of that name.

    Raises:
        UnknownNameError: If there is no such preset.
    """
    return CATALOGUE.get(name)
