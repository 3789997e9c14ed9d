"""Every bridge keeps the contract, against the real library; those not installed are skipped."""

from __future__ import annotations

import pytest

from metalearn import bridges
from metalearn.testing.bridge import BridgeContract
from tests.bridges.cases import case

pytestmark = [
    # What the libraries say to themselves on the current stack.
    pytest.mark.filterwarnings("ignore:Please use `:DeprecationWarning"),  # SMAC
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ax"),
    pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning"),
]


def _installed(name: str) -> bridges.Bridge:
    package = bridges.get(name).package
    pytest.importorskip(package, reason=f"{package} is not installed here")
    return bridges.get(name)


@pytest.fixture(params=bridges.names())
def name(request):
    _installed(request.param)
    return request.param


class TestBridges(BridgeContract):
    @pytest.fixture
    def bridge(self, name):
        return bridges.get(name)

    @pytest.fixture
    def drive(self, name):
        return case(name).drive

    @pytest.fixture
    def user_space(self, name):
        return case(name).user_space() if bridges.get(name).read_space else None


def test_every_bridge_has_an_extra():
    import tomllib
    from pathlib import Path

    text = (Path(__file__).resolve().parents[2] / "pyproject.toml").read_text()
    extras = tomllib.loads(text)["project"]["optional-dependencies"]
    for name in bridges.names():
        if bridges.get(name).is_installed:
            assert bridges.get(name).extra in extras
