"""Presets of systems that search neural networks; they are not built yet."""

from metalearn.automl.strategy import Strategy

__all__ = ["AUTO_KERAS", "AUTO_PYTORCH", "KERAS_TUNER", "TALOS"]

_NEEDS = "a search over neural networks"

AUTO_KERAS = Strategy(
    name="auto-keras",
    after="Auto-Keras (Jin, Song & Hu 2019)",
    needs=_NEEDS,
    differs="network morphisms by Bayesian optimization with an edit distance",
)
AUTO_PYTORCH = Strategy(
    name="auto-pytorch",
    after="Auto-PyTorch (Zimmer, Lindauer & Hutter 2021)",
    needs=_NEEDS,
    differs="BOHB over networks with epochs as fidelity, from a portfolio",
)
KERAS_TUNER = Strategy(
    name="keras-tuner",
    after="Keras Tuner",
    needs=_NEEDS,
    differs="random search or Hyperband over the axes of a network",
)
TALOS = Strategy(
    name="talos",
    after="Talos",
    needs=_NEEDS,
    differs="random search that drops values of an axis that do badly",
)
