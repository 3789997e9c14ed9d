"""The contract of a bridge; run it over yours by overriding three fixtures.

    class TestMine(BridgeContract):
        @pytest.fixture
        def bridge(self): ...        # your `Bridge`
        @pytest.fixture
        def drive(self): ...         # runs the real library: (warm, loss, n) -> asked, results
        @pytest.fixture
        def user_space(self): ...    # a space of svc in the library's format, or None

The tests run the real library. `evaluated` are the configurations that it evaluated, in order, in
`warm.space`; `results` is its own record of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from metalearn.bridges.bridge import Bridge
from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.testing.warm_worlds import planted_loss, planted_warm
from metalearn.workflows.warm_start.user_space import in_user_space, space_mapping

__all__ = ["BridgeContract", "Drive"]

Loss = Callable[[Configuration], float]
Drive = Callable[[WarmStart, Loss, int], tuple[list[Configuration], Any]]
N_TRIALS = 6  # one more than the initial design of `planted_warm`


def _same(
    evaluated: Sequence[Configuration], wanted: Sequence[Configuration], space: Space
) -> None:
    assert len(evaluated) >= len(wanted)
    found = space.encode(evaluated[: len(wanted)])
    # Libraries may store logarithms, so values may differ in their last digits, and they may give
    # values to inactive axes.
    expected = space.encode(wanted)
    active = ~np.isnan(expected)
    np.testing.assert_allclose(found[active], expected[active], atol=1e-9)


@dataclass
class _Recorded:
    """A memory that records its trials."""

    trials: list[Trial]

    def tell(self, warm: WarmStart, trials: Sequence[Trial]) -> None:  # noqa: ARG002 (protocol)
        self.trials += trials


class BridgeContract:
    """Tests that every bridge must pass."""

    @pytest.fixture
    def bridge(self) -> Bridge:
        """Return the bridge to check; override this."""
        raise NotImplementedError("override the fixture `bridge`")

    @pytest.fixture
    def drive(self) -> Drive:
        """Return a function that runs the library; override this."""
        raise NotImplementedError("override the fixture `drive`")

    @pytest.fixture
    def user_space(self) -> Any:
        """Return a space of svc in the library's format, or None; override this."""
        raise NotImplementedError("override the fixture `user_space`")

    def test_the_first_suggestions_are_ours(self, drive: Drive) -> None:
        """The initial design comes first, in its order; others lie in the space and are new."""
        warm = planted_warm(branch=True)
        evaluated, _ = drive(warm, planted_loss, N_TRIALS)
        _same(evaluated, warm.configurations, warm.space)
        assert len(evaluated) >= N_TRIALS
        warm.space.encode(evaluated)
        assert len(set(evaluated)) > len(warm.configurations)

    def test_a_warm_start_that_knows_nothing_is_a_cold_start(self, drive: Drive) -> None:
        """An empty warm start runs."""
        space = planted_warm().space
        evaluated, _ = drive(WarmStart(space), planted_loss, N_TRIALS)
        assert len(evaluated) >= N_TRIALS

    def test_results_are_known_and_come_back(self, bridge: Bridge, drive: Drive) -> None:
        """Observations are not proposed again; the library's results are read back as trials."""
        takes_known = "observations" in bridge.honours
        warm = planted_warm(n_observed=8 if takes_known else 0, branch=True)
        evaluated, results = drive(warm, planted_loss, N_TRIALS)
        _same(evaluated, warm.configurations, warm.space)
        assert not {trial.configuration for trial in warm.observations} & set(evaluated)
        if bridge.trials is None:
            return  # users pass trials to tell()
        trials = bridge.trials(warm, results)
        assert len(trials) == len(evaluated)
        losses = sorted(trial.loss for trial in trials)
        np.testing.assert_allclose(losses, sorted(map(planted_loss, evaluated)), atol=1e-9)

    def test_the_users_own_space(self, bridge: Bridge, drive: Drive, user_space: Any) -> None:
        """A space in the library's format is read, matched and warm-started."""
        if user_space is None:
            pytest.skip(f"{bridge.name} has no spaces of its own")
        mapping = space_mapping(user_space, algorithm="svc", kind="classification", n_features=10)
        matched = {m.ours.name for m in mapping.matches if m.status == "matched" and m.ours}
        assert {"C", "gamma"} <= matched
        ours = planted_warm()
        warm = in_user_space(ours, mapping, 4)
        assert warm.configurations
        back = mapping.to_ours(warm.configurations[0].hyperparameters)
        assert isinstance(back, Configuration)
        assert back.hyperparameters["C"] == ours.configurations[0].hyperparameters["C"]

        def loss(configuration: Configuration) -> float:
            said = mapping.to_ours(configuration.hyperparameters)
            assert isinstance(said, Configuration), said
            return planted_loss(said)

        evaluated, _ = drive(warm, loss, 5)
        _same(evaluated, warm.configurations, warm.space)

    def test_trials_are_told_back_while_it_runs(self, bridge: Bridge, drive: Drive) -> None:
        """The memory of a warm start gets every trial except the initial observations."""
        memory = _Recorded([])
        n_observed = 8 if "observations" in bridge.honours else 0
        warm = replace(planted_warm(n_observed=n_observed, branch=True), memory=memory)
        if "memory" not in bridge.honours:
            with pytest.warns(UserWarning, match="remember"):
                _ = getattr(warm, f"to_{bridge.name}")
            return
        evaluated, _ = drive(warm, planted_loss, N_TRIALS)
        assert len(memory.trials) == len(evaluated)
        losses = sorted(trial.loss for trial in memory.trials)
        np.testing.assert_allclose(losses, sorted(map(planted_loss, evaluated)), atol=1e-9)

    def test_without_a_prior(self, drive: Drive) -> None:
        """An initial design alone is sufficient."""
        warm = replace(planted_warm(branch=True), prior=None, sources=(), weights=None)  # type: ignore[arg-type]  # None is an input: equal
        evaluated, _ = drive(warm, planted_loss, N_TRIALS)
        _same(evaluated, warm.configurations, warm.space)
