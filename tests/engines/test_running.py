"""What is common to all engines: how much is under way, cancelling, and shared state."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from metalearn.engines import Work, WorkerLostError, outcomes, results
from metalearn.engines.calls import call
from metalearn.testing.engine import EngineContract, redone_alone


class Threads:
    """Calls in threads of this process, as on workers of several threads."""

    n_outstanding = 4

    def __init__(self):
        self.threads = ThreadPoolExecutor(4)

    def share(self, value):
        return value

    def submit(self, function, handle, item):
        return self.threads.submit(call, function, handle, item)

    def close(self):
        self.threads.shutdown()


@pytest.fixture
def threads():
    engine = Threads()
    yield engine
    engine.close()


class TestThreads(EngineContract):
    @pytest.fixture
    def engine(self, threads):
        return threads


state = {}
both_are_here = threading.Barrier(2)


def with_state(value, item):
    """The planted fault: what a call keeps for itself in the module, another one replaces."""
    state["value"] = value
    if threading.current_thread() is not threading.main_thread():
        both_are_here.wait(60)
    return state["value"] * item


def test_a_planted_race_is_caught(threads):
    with pytest.raises(AssertionError, match="differs from itself alone"):
        redone_alone(threads, with_state, [(2, 10), (3, 10)])


class Scripted:
    """An engine whose calls are lost as often as their items say."""

    n_outstanding = 3

    def __init__(self):
        self.under_way, self.most, self.seen, self.cancelled = 0, 0, [], []

    def share(self, value):
        return value

    def submit(self, function, handle, item):
        name, n_lost = item[1] if isinstance(item[1], tuple) else item
        self.seen.append(name)
        future = Future()
        if self.seen.count(name) <= n_lost:
            future.set_exception(WorkerLostError("gone"))
        else:
            future.set_result(name)
        return future

    def close(self):
        pass


def test_one_is_repeated_and_two_are_given_up():
    engine = Scripted()
    items = [("a", 0), ("b", 1), ("c", 2), ("d", 0), ("e", 0)]
    found = dict(outcomes(engine, None, [Work(None, item) for item in items]))
    assert isinstance(found.pop(("c", 2)), WorkerLostError)
    assert found == {("a", 0): "a", ("b", 1): "b", ("d", 0): "d", ("e", 0): "e"}
    assert sorted(engine.seen) == ["a", "b", "b", "c", "c", "d", "e"]


def test_results_raise_what_is_given_up():
    with pytest.raises(WorkerLostError, match="gone"):
        results(Scripted(), None, None, [("a", 0), ("c", 2)])


class Endless:
    """An engine that never answers but for the first call."""

    n_outstanding = 3

    def __init__(self):
        self.futures = []

    def share(self, value):
        return value

    def submit(self, function, handle, item):
        future = Future()
        if not self.futures:
            future.set_result(item)
        self.futures.append(future)
        return future

    def close(self):
        pass


def test_an_interrupt_cancels_what_is_under_way_and_no_more_is_begun():
    engine = Endless()
    taken = []

    def work():
        for item in range(100):
            taken.append(item)
            yield Work(None, item)

    def interrupted():
        for _ in outcomes(engine, None, work()):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert taken == [0, 1, 2]
    assert [future.cancelled() for future in engine.futures] == [False, True, True]
