"""A planted related source task helps, paired over seeds; a shuffled one does not."""

import numpy as np
import pytest

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.warm_start import WarmStart
from metalearn.optimizers import get
from metalearn.testing.functions import FUNCTIONS, shifted_source
from metalearn.testing.optimizer import play

USE_SOURCES = ("tpe", "bohb", "cma", "pso", "evolution", "async-evolution", "aging")
FUNCTION = FUNCTIONS["hartmann6"]
N_SEEDS, N_TRIALS = 12, 20


def best_losses(name: str, source: str) -> Floats:
    found = []
    for seed in range(N_SEEDS):
        rng = np.random.default_rng(1000 + seed)
        history = shifted_source(FUNCTION, 100, rng)
        if source == "shuffled":
            history = History(FUNCTION.space.encode(FUNCTION.space.sample(100, rng)), history.y)
        sources = () if source == "none" else (history,)
        warm = WarmStart(FUNCTION.space, (), sources)
        optimizer = get(name)(FUNCTION.space, initial=warm, rng=np.random.default_rng(seed))
        trials = play(optimizer, N_TRIALS, FUNCTION.loss)
        found.append(min(trial.loss for trial in trials))
    return np.array(found)


@pytest.mark.slow
@pytest.mark.parametrize("name", USE_SOURCES)
def test_warm_beats_cold_and_only_with_a_related_source(name: str) -> None:
    cold, warm, control = (best_losses(name, kind) for kind in ("none", "related", "shuffled"))
    gain, false_gain = cold - warm, cold - control
    assert gain.mean() > 2 * gain.std(ddof=1) / np.sqrt(N_SEEDS)
    assert gain.mean() > 0.3
    assert false_gain.mean() < gain.mean() / 2
