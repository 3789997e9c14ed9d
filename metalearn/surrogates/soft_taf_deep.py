"""Acquisition transfer with soft weights over a learned kernel (METHODS 10.4, 10.11).

`surrogates.soft_taf` with two replacements: the common kernel of the sources' processes and the
kernel of the target's process act on the features of a deep kernel that was meta-trained on the
sources, with one length scale.
"""

from __future__ import annotations

from metalearn.core.warm_start import WarmStart
from metalearn.surrogates.deep_kernel import trained_kernel
from metalearn.surrogates.soft_taf import SoftTAF
from metalearn.surrogates.source_tasks import SourceTasks, fit_sources

__all__ = ["DeepSoftTAF"]


class DeepSoftTAF(SoftTAF):
    """See the module.

    Overview:
        formula: `soft-taf` with the features of a meta-trained deep kernel in place of the axes;
            needs the extra `neural`
        use: sources without shared configurations
        step: n³ + c (m + n + T)
    """

    def _learn(self, warm: WarmStart) -> SourceTasks:
        return fit_sources(warm, trained_kernel(warm).points)
