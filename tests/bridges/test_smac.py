"""What is particular to SMAC3."""

from __future__ import annotations

import pytest

from metalearn.testing.warm_worlds import planted_loss, planted_warm
from tests.bridges import driving

pytestmark = pytest.mark.filterwarnings("ignore:Please use `:DeprecationWarning")


def test_an_initial_design_longer_than_the_budget_is_cut():
    pytest.importorskip("smac")
    warm = planted_warm(n_seeds=5)
    asked, _ = driving.smac(warm, planted_loss, 3)
    assert asked == list(warm.configurations[:3])
