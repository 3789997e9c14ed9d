"""Dask: threads of this process, processes that are started here, and a cluster by its address."""

from __future__ import annotations

import sys

import pytest

from metalearn.engines import EngineOptions, open_engine
from metalearn.engines.dask import DaskEngine
from metalearn.errors import MetalearnError, MissingPackageError, UsageError
from metalearn.testing.engine import Counted, EngineContract, WorkersContract, product


@pytest.fixture(autouse=True, scope="module")
def distributed():
    return pytest.importorskip("distributed", reason="dask[distributed] is not installed here")


@pytest.fixture(scope="module")
def cluster(distributed):
    """Two workers of two threads each, in this process."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=2, processes=False, dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def threads(cluster):
    with open_engine(EngineOptions("dask", cluster.scheduler_address)) as engine:
        yield engine


class TestThreads(EngineContract):
    @pytest.fixture
    def engine(self, threads):
        return threads


@pytest.fixture(scope="module")
def processes():
    with open_engine(EngineOptions("dask", jobs=2)) as engine:
        yield engine


@pytest.mark.slow
class TestProcesses(WorkersContract):
    @pytest.fixture
    def engine(self, processes):
        return processes


@pytest.fixture(scope="module")
def of_others(distributed):
    """A cluster with several threads a worker, whose scheduler repeats losses by itself."""
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=2, processes=True, dashboard_address="127.0.0.1:0"
        ) as cluster,
        open_engine(EngineOptions("dask", cluster.scheduler_address)) as engine,
    ):
        yield engine


@pytest.mark.slow
class TestClusterOfOthers(WorkersContract):
    @pytest.fixture
    def engine(self, of_others):
        return of_others


def test_the_client_of_the_program_is_used_and_stays_open(distributed, cluster):
    with distributed.Client(cluster) as client:
        with open_engine(EngineOptions("dask")) as engine:
            assert engine._client is client
            handle = engine.share(Counted(3))
            assert engine.submit(product, handle, 5).result() == 15
        assert client.status == "running"


def test_joblibs_choice_is_kept(distributed, cluster):
    import joblib

    with distributed.Client(cluster), joblib.parallel_config("dask"):
        with open_engine(EngineOptions()) as engine:
            assert isinstance(engine, DaskEngine)
        with open_engine(EngineOptions(jobs=1)) as engine:
            assert not isinstance(engine, DaskEngine)


def test_jobs_bound_what_is_under_way(cluster):
    with open_engine(EngineOptions("dask", cluster.scheduler_address)) as engine:
        assert engine.n_outstanding == 8
    with open_engine(EngineOptions("dask", cluster.scheduler_address, jobs=3)) as engine:
        assert engine.n_outstanding == 3


def test_a_wrong_address_is_not_called_a_missing_package(monkeypatch):
    monkeypatch.setattr(sys.modules["metalearn.engines.dask"], "_CONNECT_S", 0.2)
    with pytest.raises(UsageError, match="--address foo://x:1: "):
        DaskEngine(EngineOptions("dask", "foo://x:1"))
    with pytest.raises(MetalearnError, match="no Dask scheduler answers at"):
        DaskEngine(EngineOptions("dask", "tcp://127.0.0.1:9"))


@pytest.mark.parametrize(("name", "package"), [("dask", "distributed"), ("ray", "ray")])
def test_a_missing_package_names_its_extra(name, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackageError, match=rf"pip install 'metalearn-memory\[{name}\]'"):
        open_engine(EngineOptions(name)).__enter__()


def test_a_package_that_lacks_another_is_not_called_missing(monkeypatch, tmp_path):
    (tmp_path / "distributed.py").write_text("import something_else_that_is_not_there")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "distributed")
    with pytest.raises(ModuleNotFoundError, match="something_else") as caught:
        DaskEngine(EngineOptions("dask"))
    assert not isinstance(caught.value, MissingPackageError)
