from __future__ import annotations

import pytest


@pytest.fixture
def forks():
    """For tests whose computations are to run in processes of their own."""


@pytest.fixture(autouse=True)
def _at_once(request, monkeypatch):
    """Compute advice and weights in this process: clocks that count readings cannot wait."""
    if "forks" not in request.fixturenames:
        monkeypatch.setattr("metalearn.automl.bounded.CAN_FORK", False)
