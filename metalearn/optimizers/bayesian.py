"""Bayesian optimization with a Gaussian process (Jones et al. 1998; Snoek et al. 2012).

Without source tasks: a Gaussian process and log expected improvement (METHODS 11.2). With source
tasks: acquisition transfer with soft weights (`surrogates.soft_taf`).
"""

from __future__ import annotations

from metalearn.optimizers.model_based import ModelBased

__all__ = ["Bayesian"]


class Bayesian(ModelBased):
    """See the module; arguments and warm start as in `ModelBased`.

    Overview:
        idea: Gaussian process, Matern 5/2 with one length scale per axis, log expected
            improvement (Jones et al. 1998; Snoek et al. 2012; Ament et al. 2023)
        warm start: observations; sources with weights, by soft-weighted acquisition transfer
            (Wistuba et al. 2018) with their mean as prior mean ([surrogates](surrogates.md)). Then
            at most 10 of the initial design are evaluated (if source tasks share no configuration
            only the first, and the others become candidates), and the prior is not used, because
            it comes from the same runs. Without sources the prior (piBO, Hvarfner et al. 2022)
    """

    own_surrogate = "soft-taf"
