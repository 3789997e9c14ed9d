"""Processes of this machine, and none."""

from __future__ import annotations

import multiprocessing
import os
import signal

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from metalearn.engines import EngineOptions, Work, WorkerLostError, open_engine, outcomes
from metalearn.engines.local import LocalEngine
from metalearn.errors import UnknownNameError, UsageError
from metalearn.testing.engine import Counted, EngineContract, WorkersContract, product


class TestHere(EngineContract):
    @pytest.fixture
    def engine(self):
        return LocalEngine(EngineOptions(jobs=1))


@pytest.fixture(scope="module")
def processes():
    with open_engine(EngineOptions(jobs=2)) as engine:
        yield engine


class TestProcesses(WorkersContract):
    @pytest.fixture
    def engine(self, processes):
        return processes


def n_threads(value, item):
    np.ones((2, 2)) @ np.ones((2, 2))
    return max(library["num_threads"] for library in threadpool_info())


def test_numerical_libraries_have_one_thread():
    with open_engine(EngineOptions(jobs=1)) as engine:
        assert engine.submit(n_threads, engine.share(None), 0).result() == 1


def test_no_process_outlives_the_engine():
    before = set(multiprocessing.active_children())
    with open_engine(EngineOptions(jobs=2)) as engine:
        handle = engine.share(Counted(2))
        for _ in outcomes(engine, product, [Work(handle, n) for n in range(4)]):
            pass
        assert set(multiprocessing.active_children()) > before
    assert set(multiprocessing.active_children()) == before


def test_a_process_killed_from_outside_is_noticed():
    with open_engine(EngineOptions(jobs=2)) as engine:
        future = engine.submit(wait_for_ever, engine.share(os.getpid()), 0)
        while not (busy := [p._process for p in engine._processes if p._process is not None]):
            pass
        os.kill(busy[0].pid, signal.SIGKILL)
        with pytest.raises(WorkerLostError, match="exit code -9"):
            future.result()


def wait_for_ever(value, item):
    signal.pause()


class Unreadable:
    """It can be sent, but not read."""

    def __reduce__(self):
        return unreadable, ()


def unreadable():
    raise LookupError("not known here")


def nothing(value, item):
    return item


def test_what_cannot_be_read_is_an_error_not_a_lost_worker(processes):
    with pytest.raises(LookupError, match="not known here"):
        processes.submit(nothing, processes.share(1), Unreadable()).result()
    with pytest.raises(LookupError, match="not known here"):
        processes.submit(nothing, processes.share(Unreadable()), 1).result()
    assert processes.submit(nothing, processes.share(1), 2).result() == 2


class Peculiar(Exception):
    """An error that cannot be made from its message alone."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def peculiar(value, item):
    raise Peculiar("this", "that")


def test_an_error_that_cannot_be_sent_keeps_its_text(processes):
    with pytest.raises(RuntimeError, match="Peculiar: this and that"):
        processes.submit(peculiar, processes.share(1), 2).result()


def test_what_has_no_meaning():
    with pytest.raises(UsageError, match="has no address; name the cluster's engine"):
        LocalEngine(EngineOptions(address="tcp://127.0.0.1:8786"))
    with pytest.raises(UsageError, match="at least 1, got 0"):
        EngineOptions(jobs=0)
    with pytest.raises(UnknownNameError, match="unknown engine 'dusk'"):
        open_engine(EngineOptions("dusk")).__enter__()


def test_all_cores():
    assert EngineOptions(jobs=-1) == EngineOptions(jobs=None)
