"""Presets of systems that search neural networks; they need the extra `neural`."""

from metalearn.automl.strategy import Strategy

__all__ = ["AUTO_KERAS", "AUTO_PYTORCH", "KERAS_TUNER", "TALOS"]

AUTO_KERAS = Strategy(
    name="auto-keras",
    after="Auto-Keras (Jin, Song & Hu 2019)",
    needs="neural",
    differs="not built: network morphisms by Bayesian optimization with an edit distance",
)
AUTO_PYTORCH = Strategy(
    name="auto-pytorch",
    after="Auto-PyTorch (Zimmer, Lindauer & Hutter 2021)",
    needs="neural",
    differs="not built: BOHB over networks with epochs as fidelity, from a portfolio",
)
KERAS_TUNER = Strategy(
    name="keras-tuner",
    after="Keras Tuner",
    needs="neural",
    differs="not built: random search or Hyperband over the axes of a network",
)
TALOS = Strategy(
    name="talos",
    after="Talos",
    needs="neural",
    differs="not built: random search that drops values of an axis that do badly",
)
