"""Bayesian optimization over a kernel that was meta-trained on the source tasks.

`optimizers.bayesian` with the surrogate `soft-taf-deep`: acquisition transfer with soft weights,
whose processes act on the features of a deep kernel (Wistuba & Grabocka 2021). The kernel is
trained at the first suggestion, which takes some seconds, and kept for the same source tasks.
"""

from __future__ import annotations

from metalearn.optimizers.model_based import ModelBased

__all__ = ["FewShotSearch"]


class FewShotSearch(ModelBased):
    """See the module; arguments and warm start as in `ModelBased`.

    Overview:
        idea: `bayesian` over a deep kernel meta-trained on the sources (Wistuba & Grabocka 2021);
            needs the extra `neural`
        warm start: as `bayesian`; the sources also train the kernel, whatever their weights
    """

    own_surrogate = "soft-taf-deep"
