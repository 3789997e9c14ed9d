"""Advice that is late is given up, and told apart from advice that cannot be had."""

from __future__ import annotations

import pytest

from metalearn.automl.advising import Advising
from metalearn.automl.from_store import Found
from metalearn.errors import NotEnoughMetaDataError


class Computed:
    """Advice that is there after some seconds, or an error."""

    slowness, pipe = 1.0, None

    def __init__(self, clock, ready_s, error=None):
        self.clock, self.ready_s, self.error = clock, ready_s, error

    def poll(self):
        return self.clock[0] >= self.ready_s

    def answer(self):
        if self.error is not None:
            raise self.error
        return Found(("earlier",), {"quick": 1.0}, "advice" if self.poll() else None)

    def close(self):
        pass


@pytest.mark.parametrize("is_needed", [False, True])
def test_late_advice(is_needed):
    clock = [0.0]
    advising = Advising(
        lambda: Computed(clock, 99.0), 10.0, 0.0, lambda: clock[0], is_needed=is_needed
    )
    assert advising.keeps_waiting
    clock[0] = 5.0
    assert advising.take() is None
    assert advising.remembered == ("earlier",)
    assert advising.quick == {"quick": 1.0}
    assert advising.keeps_waiting == is_needed
    clock[0] = 7.0
    assert advising.take() is None
    assert advising.is_late
    assert not advising.is_pending
    assert "too long" in advising.note


def test_advice_in_time_and_none():
    clock = [1.0]
    advising = Advising(lambda: Computed(clock, 0.5), 10.0, 0.0, lambda: clock[0])
    assert advising.take() == "advice"
    assert not advising.is_late
    error = NotEnoughMetaDataError("no such tasks")
    without = Advising(lambda: Computed(clock, 0.5, error), 10.0, 0.0, lambda: clock[0])
    assert without.take() is None
    assert not without.is_late
    assert "no such tasks" in without.note
