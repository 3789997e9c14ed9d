"""Suggestions do not depend on the unit of the losses.

Every loss, of the target and of the source task, is multiplied by a power of two near 1e-18 or
1e9. Powers of two change no digit of a float, so suggestions must be the same, not merely close.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from metalearn import optimizers, surrogates
from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.optimizers import OptimizerFactory
from metalearn.optimizers.candidates import CandidateSearch
from metalearn.optimizers.model_based import ModelBased
from metalearn.testing.functions import FUNCTIONS, shifted_source

UNITS = (2.0**-60, 2.0**30)
pytestmark = pytest.mark.in_turn("unit")
QUICK = CandidateSearch(log2_sobol=5, n_near=16, n_best=2, n_rounds=2)
# The sources' losses from 0 to 1 are mixed with the target's own, as in the authors' program.
UNSCALED = {"tst-r", "tst-m"}


def suggestions(build: OptimizerFactory, unit: float, *, warm: bool) -> list[Configuration]:
    """Return suggestions: four proposals, and two rows chosen from a table in between."""
    function, rng = FUNCTIONS["branin"], np.random.default_rng(3)
    source = shifted_source(function, 20, rng)
    scaled = History(source.X, unit * source.y)
    initial = WarmStart(function.space, sources=(scaled,)) if warm else None
    optimizer = build(function.space, initial=initial, rng=np.random.default_rng(5))
    table = function.space.sample(30, rng)
    found: list[Configuration] = []
    for i in range(4):
        (trial,) = optimizer.ask()
        if i % 2 and hasattr(optimizer, "choose"):
            left = [c for c in table if c not in found]
            (row,) = optimizer.choose(function.space.encode(left))
            found.append(left[row])
            optimizer.tell(Trial(left[row]).finished(unit * function.loss(left[row])))
        found.append(trial.configuration)
        optimizer.tell(trial.finished(unit * function.loss(trial.configuration)))
    return found


def assert_same(build: OptimizerFactory, unit: float, *, warm: bool) -> None:
    assert suggestions(build, unit, warm=warm) == suggestions(build, 1.0, warm=warm)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("name", optimizers.names())
def test_optimizers(name: str, unit: float) -> None:
    assert_same(optimizers.get(name), unit, warm=True)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("surrogate", sorted(set(surrogates.names()) - UNSCALED))
def test_surrogates(surrogate: str, unit: float) -> None:
    build = partial(ModelBased, surrogate=surrogate, n_start=3, search=QUICK)
    assert_same(build, unit, warm=True)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("acquisition", ["ei", "lcb", "thompson"])
@pytest.mark.parametrize("surrogate", ["gaussian-process", "forest", "linear"])
def test_acquisitions(surrogate: str, acquisition: str, unit: float) -> None:
    build = partial(
        ModelBased, surrogate=surrogate, acquisition=acquisition, n_start=3, search=QUICK
    )
    assert_same(build, unit, warm=False)
