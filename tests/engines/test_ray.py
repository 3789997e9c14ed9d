"""Ray: workers that are started here."""

from __future__ import annotations

import pytest

from metalearn.engines import EngineOptions, open_engine
from metalearn.errors import MetalearnError, UsageError
from metalearn.testing.engine import WorkersContract

ray = pytest.importorskip("ray", reason="ray is not installed here")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def processes():
    with open_engine(EngineOptions("ray", jobs=2)) as engine:
        yield engine


class TestProcesses(WorkersContract):
    @pytest.fixture
    def engine(self, processes):
        return processes


def test_a_cluster_that_the_program_has_joined_is_used_and_stays():
    ray.shutdown()
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    try:
        with open_engine(EngineOptions("ray")) as engine:
            assert engine.n_outstanding == 2
        assert ray.is_initialized()
        with pytest.raises(UsageError, match="has joined a Ray cluster already"):
            open_engine(EngineOptions("ray", "10.0.0.1:6379")).__enter__()
    finally:
        ray.shutdown()


def test_a_cluster_that_does_not_start_here_is_one_error(monkeypatch):
    def refuse(*_, **__):
        raise Exception("The current node timed out during startup")

    ray.shutdown()
    monkeypatch.setattr(ray, "init", refuse)
    with (
        pytest.raises(MetalearnError, match=r"timed out during startup.*use --engine local"),
        open_engine(EngineOptions("ray", jobs=2)),
    ):
        raise AssertionError("no engine was opened")
