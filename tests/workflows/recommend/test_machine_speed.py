"""The speed of this machine: measured once, kept by machine, bounded, said where it matters."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, count
from pathlib import Path

import pytest

from metalearn.core.array_cache import ArrayCache
from metalearn.workflows.recommend import machine_speed as module
from metalearn.workflows.recommend.machine_speed import (
    REFERENCE_S,
    kept_workload_s,
    machine_factor,
    note_on_machine,
    workload_s,
)


def clock_of(*durations: float) -> Callable[[], float]:
    """Return a clock that moves by these seconds between the first and second call, and so on."""
    now = 0.0
    readings = []
    for duration in durations:
        readings += [now, now + duration]
        now += duration
    return chain(readings, count(now)).__next__


def never() -> float:
    raise AssertionError("measured again")


def test_the_median_of_seven_runs_counts() -> None:
    assert workload_s(clock_of(9.0, 1.0, 2.0, 3.0, 4.0, 50.0, 1.0)) == pytest.approx(3.0)
    assert workload_s(lambda: 5.0) > 0  # a clock of coarse steps


def test_it_is_measured_once_and_kept_by_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = ArrayCache(tmp_path)
    assert kept_workload_s(kept, clock_of(*[2.0] * 7)) == pytest.approx(2.0)
    assert kept_workload_s(kept, never) == pytest.approx(2.0)
    monkeypatch.setattr(module, "_machine", lambda: ["another"])
    assert kept_workload_s(kept, clock_of(*[3.0] * 7)) == pytest.approx(3.0)
    for path in tmp_path.iterdir():
        path.unlink()
    assert kept_workload_s(kept, clock_of(*[4.0] * 7)) == pytest.approx(4.0)
    assert kept_workload_s(ArrayCache(None), clock_of(*[5.0] * 7)) == pytest.approx(5.0)


@pytest.mark.parametrize(("ratio", "factor"), [(2.0, 2.0), (0.5, 0.5), (1e3, 4.0), (1e-9, 0.25)])
def test_the_factor_is_the_ratio_within_bounds(
    ratio: float, factor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "kept_workload_s", lambda kept: ratio * REFERENCE_S)
    assert module.measured_slowness() == pytest.approx(factor)


def test_only_bundled_seconds_are_converted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "slowness_here", lambda: 4.0)
    assert machine_factor() == pytest.approx(4.0)
    assert machine_factor(0.5) == pytest.approx(2.0)
    monkeypatch.setattr(module, "slowness_here", never)
    assert machine_factor(0.0) == 1.0


def test_a_note_says_what_differs_much() -> None:
    assert note_on_machine(1.3) == note_on_machine(0.7) == []
    assert "takes 2.1 times as long" in note_on_machine(2.1)[0]
    assert "takes 0.4 times as long" in note_on_machine(0.4)[0]
