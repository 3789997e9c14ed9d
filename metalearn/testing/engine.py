"""The contract of engines: subclass it in a test module and give it an engine.

Functions that engines run are functions of modules, so that workers can import them.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from metalearn.engines import Engine, Work, WorkerLostError, outcomes, results
from metalearn.errors import UnknownNameError

__all__ = ["EngineContract", "WorkersContract", "product", "redone_alone"]


class Counted:
    """A value that knows how often it was read in this process.

    Attributes:
        factor: What a call multiplies with.
    """

    n_read = 0

    def __init__(self, factor: int) -> None:
        self.factor = factor

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        Counted.n_read += 1


def product(value: Counted, item: int) -> int:
    """Return the product of a value and an item."""
    return value.factor * item


def place(value: Counted, item: int) -> tuple[int, int]:
    """Return the process of this call, and how often it has read values."""
    del value, item
    return os.getpid(), Counted.n_read


def fail(value: Counted, item: str) -> None:
    """Raise the error that an item names."""
    del value
    if item == "unknown":
        raise UnknownNameError("thing", "x", ("y", "z"))
    raise ValueError("of the function itself")


def die(value: Counted, item: tuple[int, str]) -> int:
    """Return a product; or end the process, always (`!`) or until a file is there."""
    number, marker = item
    if marker == "!" or (marker and not Path(marker).exists()):
        if marker != "!":
            Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return value.factor * number


def redone_alone(engine: Engine, function: Any, pairs: list[tuple[Any, Any]]) -> None:
    """Run a function on pairs of value and item at once; each must give what it gives alone.

    Raises:
        AssertionError: If one does not: calls share state.
    """
    handles = {id(value): engine.share(value) for value, _ in pairs}
    work = [Work(handles[id(value)], (number, item)) for number, (value, item) in enumerate(pairs)]
    found = {number: result for (number, _), result in outcomes(engine, _Second(function), work)}
    assert sorted(found) == list(range(len(pairs))), "each call ends once"
    for number, (value, item) in enumerate(pairs):
        assert found[number] == function(value, item), f"call {number} differs from itself alone"


class _Second:
    """A function of a value and the second part of an item."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def __call__(self, value: Any, item: tuple[int, Any]) -> Any:
        return self.function(value, item[1])


class EngineContract:
    """What every engine does; override the fixture `engine`."""

    @pytest.fixture
    def engine(self) -> Engine:
        """Return the engine under test."""
        raise NotImplementedError

    def test_each_call_gives_what_it_gives_alone(self, engine: Engine) -> None:
        """Calls with several values at once do not mix them."""
        values = [Counted(factor) for factor in (2, 3, 5)]
        redone_alone(engine, product, [(v, i) for i in range(4) for v in values])

    def test_results_are_in_the_order_of_the_items(self, engine: Engine) -> None:
        """Whatever ends first."""
        done: list[int] = []
        found = results(engine, product, Counted(7), range(5), done.append)
        assert found == [0, 7, 14, 21, 28]
        assert done == [1, 2, 3, 4, 5]

    def test_an_error_of_the_function_is_raised_as_it_is(self, engine: Engine) -> None:
        """Neither masked nor wrapped, and the engine goes on working."""
        with pytest.raises(ValueError, match="of the function itself"):
            results(engine, fail, Counted(1), ["plain"])
        with pytest.raises(UnknownNameError, match="unknown thing 'x'; known: y, z") as caught:
            results(engine, fail, Counted(1), ["unknown"])
        assert caught.value.known == ("y", "z")
        assert results(engine, product, Counted(2), [4]) == [8]

    def test_a_value_reaches_a_worker_once(self, engine: Engine) -> None:
        """Many calls with one value: no process reads it twice."""
        before = dict(results(engine, place, Counted(1), range(8)))
        after = results(engine, place, Counted(1), range(8))
        for process, n_read in after:
            assert n_read <= before.get(process, n_read - 1) + 1
        assert engine.n_outstanding >= 1


class WorkersContract(EngineContract):
    """What engines with processes of their own do besides."""

    def test_what_a_lost_worker_had_is_repeated_once(self, engine: Engine, tmp_path: Path) -> None:
        """Nothing is lost, nothing comes twice."""
        items = [(n, str(tmp_path / "killed") if n == 1 else "") for n in range(6)]
        pairs = list(outcomes(engine, die, self.work(engine, items)))
        assert (tmp_path / "killed").exists()
        assert len(pairs) == len(items)
        assert dict(pairs) == {item: 3 * item[0] for item in items}

    def test_a_call_that_kills_its_worker_twice_is_given_up_alone(self, engine: Engine) -> None:
        """Those beside it are not blamed."""
        items = [(n, "!" if n == 2 else "") for n in range(5)]
        found = dict(outcomes(engine, die, self.work(engine, items)))
        lost = found.pop((2, "!"))
        assert isinstance(lost, WorkerLostError)
        assert found == {(n, ""): 3 * n for n in (0, 1, 3, 4)}

    def work(self, engine: Engine, items: list[tuple[int, str]]) -> list[Work]:
        """Return calls with one value."""
        handle = engine.share(Counted(3))
        return [Work(handle, item) for item in items]
