"""Fixtures shared by all tests."""

from __future__ import annotations

import gc
import os
import sys

# Child processes load compiled modules instead of compiling hundreds of them each time.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Before NumPy is loaded: several processes run tests side by side, each on one thread.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
os.environ.setdefault("MPLBACKEND", "Agg")

from collections.abc import Callable, Generator, Iterator
from compileall import compile_dir
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.in_turn import leave_the_rest_for_slow_runs

if TYPE_CHECKING:
    import numpy as np

TESTS = Path(__file__).resolve().parent


def pytest_xdist_auto_num_workers() -> int | None:
    """Return half as many workers again as processors: tests wait for processes and for clocks."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None  # the user's own number
    return max(1, len(os.sched_getaffinity(0)) * 3 // 2) if sys.platform == "linux" else None


def pytest_configure(config: pytest.Config) -> None:
    """Compile the package before workers start: each of them would compile it anew at once."""
    if "PYTEST_XDIST_WORKER" not in os.environ and getattr(config.option, "numprocesses", None):
        compile_dir(TESTS.parent / "metalearn", quiet=2, workers=0)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Collect tests without collections of garbage, and keep what was loaded out of later ones."""
    from hypothesis import settings

    # A loaded machine is not a failure. Examples differ from run to run, so many runs see many.
    settings.register_profile("steady", deadline=None, max_examples=30)
    settings.load_profile("steady")
    gc.disable()
    try:
        if session.config.args == ["tests"]:
            _compile_another_part()
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def _compile_another_part() -> None:
    """Load modules of tests from the last one on, or from the second third on.

    In a fresh clone each of three workers then compiles a third of the modules, and reads what the
    others compiled.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    paths = sorted(TESTS.rglob("test_*.py"))
    third = len(paths) // 3
    orders = ([], paths[::-1], paths[third:])
    for path in orders[worker % 3]:
        name = ".".join(path.relative_to(TESTS.parent).with_suffix("").parts)
        with suppress(Exception, pytest.skip.Exception):  # collection will report it
            import_module(name)


@pytest.hookimpl(tryfirst=True)  # before items are selected by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    leave_the_rest_for_slow_runs(items)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data that lies beside the repository; skips where it is absent."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("METALEARN_SHARED_DATA", beside))
    if not folder.is_dir():
        pytest.skip("the folder ../shared/data with real data is not here")
    return folder


@pytest.fixture(scope="session")
def of_all_workers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of this run of the suite, which all its workers share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def some_tasks_file(of_all_workers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of some bundled tasks, made once for all workers; copy it to write it."""
    from tests.bundled_tasks import store_of_some_tasks

    part = tmp_path_factory.getbasetemp() / "some.duckdb"
    return _once(of_all_workers / "some_tasks.duckdb", part, lambda: store_of_some_tasks(part))


@pytest.fixture(scope="session")
def planted_file(of_all_workers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of `tests/importance/planted_store.py`, made once for all workers; read only."""
    from tests.importance.planted_store import planted_store

    part = tmp_path_factory.getbasetemp() / "part.duckdb"
    return _once(of_all_workers / "planted.duckdb", part, lambda: planted_store(part))


def _once(place: Path, part: Path, make: Callable[[], object]) -> Path:
    """Return a file; if it is not there yet, it is made beside its place and moved there."""
    if not place.exists():
        make()
        os.replace(part, place)
    return place


@pytest.fixture(scope="session", autouse=True)
def _own_cache(of_all_workers: Path) -> Iterator[None]:
    """Keep fitted recommenders and networks in a folder of the run, not in the user's."""
    before = os.environ.get("METALEARN_CACHE")
    os.environ["METALEARN_CACHE"] = str(of_all_workers / "cache")
    yield
    if before is None:
        del os.environ["METALEARN_CACHE"]
    else:
        os.environ["METALEARN_CACHE"] = before


@pytest.fixture(scope="session", autouse=True)
def _machine_of_the_data() -> Iterator[None]:
    """Let expected seconds be those of the bundled data, whatever machine runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        speed = "metalearn.workflows.recommend.machine_speed"
        patch.setattr(f"{speed}.slowness_here", lambda: 1.0)
        yield


@pytest.fixture
def rng() -> np.random.Generator:
    import numpy as np

    return np.random.default_rng(0)
