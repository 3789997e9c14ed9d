"""Bayesian optimization with a Gaussian process (Jones et al. 1998; Snoek et al. 2012).

Without source tasks: a Gaussian process and log expected improvement (METHODS 11.2). With source
tasks: acquisition transfer with soft weights (`surrogates.soft_taf`).
"""

from __future__ import annotations

from metalearn.optimizers.model_based import ModelBased

__all__ = ["Bayesian"]


class Bayesian(ModelBased):
    """See the module; arguments and warm start as in `ModelBased`."""

    own_surrogate = "soft-taf"
