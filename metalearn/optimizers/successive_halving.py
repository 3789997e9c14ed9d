"""Successive halving: Hyperband's first bracket, repeated (Jamieson & Talwalkar 2016).

Every configuration starts at the smallest fidelity (METHODS 11.6).
"""

from __future__ import annotations

from collections.abc import Sequence

from metalearn.optimizers.hyperband import Hyperband

__all__ = ["SuccessiveHalving"]


class SuccessiveHalving(Hyperband):
    """Hyperband with its first bracket only; arguments and warm start as in `Hyperband`.

    Overview:
        idea: all start at the lowest fidelity, the best third is promoted (Jamieson &
            Talwalkar 2016)
        warm start: prior: seven in ten new ones
    """

    def _cycle(self, s_max: int) -> Sequence[int]:
        return (s_max,)
