from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from metalearn.automl.bounded import Computation, within
from metalearn.errors import BusyError, MetalearnError, StoreError

from .clocks import SteppingClock

REAL_TIME = True
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks")
LATER = time.monotonic() + 3600.0


def test_the_last_answer_counts():
    assert within(LATER, lambda: iter([1, 2, 3])) == 3


def test_it_runs_in_another_process():
    assert within(LATER, lambda: iter([os.getpid()])) != os.getpid()


def test_at_the_deadline_the_best_until_then_is_returned_and_the_process_is_gone(tmp_path):
    def steps():
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
            signal.signal(number, signal.SIG_IGN)
        yield os.getpid()
        (tmp_path / "yielded").touch()
        time.sleep(3600)

    running = Computation(steps)
    while not (tmp_path / "yielded").exists():
        time.sleep(0.01)
    pid = running.wait(1.0, SteppingClock(0.2))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_nothing_in_time_is_none():
    assert within(-1.0, lambda: iter([1])) is None
    assert within(0.5, lambda: iter([time.sleep(3600)]), SteppingClock(0.1)) is None


@pytest.mark.parametrize("may_fork", [True, False])
def test_errors_arrive_unless_there_was_an_answer(may_fork):
    def refuses():
        raise BusyError("held by process 7")
        yield

    with pytest.raises(StoreError, match="process 7"):
        Computation(refuses, may_fork=may_fork).wait(LATER)


def test_other_errors_are_told_in_words_and_answers_survive_them():
    def breaks(first):
        if first:
            yield "answer"
        raise ZeroDivisionError("oops")

    assert within(LATER, lambda: breaks(True)) == "answer"
    with pytest.raises(MetalearnError, match="ZeroDivisionError: oops"):
        within(LATER, lambda: breaks(False))


def test_a_crash_leaves_the_answers_before():
    def crashes():
        yield "first"
        os._exit(3)

    assert within(LATER, crashes) == "first"
    assert within(LATER, lambda: iter([os.kill(os.getpid(), signal.SIGKILL)])) is None


def test_an_interrupt_ends_the_process(tmp_path):
    def sleeps():
        (tmp_path / "pid").write_text(str(os.getpid()))
        yield time.sleep(3600)

    def clock():
        if (tmp_path / "pid").exists() and (tmp_path / "pid").read_text():
            raise KeyboardInterrupt
        return 0.0

    with pytest.raises(KeyboardInterrupt):
        Computation(sleeps).wait(LATER, clock)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
