"""Fits that wait for nothing: their worker is this process, and advice is computed once.

A request is answered before `submit` returns, and processor seconds are steps as well, so with a
stepping clock a fit makes the same trials on any machine. `test_worker` and some tests of
estimators keep real worker processes.
"""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from metalearn.automl import from_store
from metalearn.automl.bench import Bench, quiet
from metalearn.automl.worker import Folds, Worker, _answer
from tests.automl.clocks import SteppingClock


class InProcessWorker(Worker):
    """Answers requests at once; `pipe` is always readable."""

    _bench = None

    def start(self):
        if self._bench is None:
            with quiet():
                self._bench = Bench(self.task)
            self._pipe, self._other_end = multiprocessing.Pipe()
            self._other_end.send(None)
            self._answers = []

    def submit(self, request, deadline):
        self.start()
        self.deadline = deadline
        self._expected = len(request.folds) if isinstance(request, Folds) else 1
        self._answers.clear()
        with quiet():
            _answer(self, self._bench, request, float("inf"))

    def send(self, message):
        self._answers.append(pickle.loads(pickle.dumps(message)))  # as a pipe does

    def receive(self):
        if not self._answers:
            return None
        self._expected -= 1
        return self._answers.pop(0)

    def close(self):
        if self._bench is not None:
            self._pipe.close()
            self._other_end.close()
        self._bench = self._pipe = None
        self._expected = 0


@contextmanager
def fits_in_process() -> Iterator[pytest.MonkeyPatch]:
    found = {}
    real = from_store.advice_for

    def once(table, metric, **options):
        kb = options["kb"]
        if kb is not None:  # a store of the test, which may change
            return real(table, metric, **options)
        # The bundled store advises by the first table of a kind.
        names = ("algorithms", "exclude", "recommender")
        key = (table.kind, metric, *(options[name] for name in names))
        if key not in found:
            found[key] = real(table, metric, **options)
        return copy.copy(found[key])

    steps = SteppingClock(0.001)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(from_store, "advice_for", once)
        times = SimpleNamespace(process_time=steps, monotonic=steps)
        patch.setattr("metalearn.automl.bench.time", times)
        patch.setattr("metalearn.automl.bounded.CAN_FORK", False)
        patch.setattr("metalearn.automl.crew.Worker", InProcessWorker)
        yield patch
