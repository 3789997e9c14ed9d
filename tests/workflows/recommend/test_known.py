"""Fitted recommenders kept between calls: equal answers, and a miss for every other question."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris

import metalearn
from metalearn import recommenders
from metalearn.core import array_cache
from metalearn.core.metric import metric_named
from metalearn.core.plain_state import packed
from metalearn.recommenders.average_rank import AverageRank
from metalearn.store import open_store, writing
from metalearn.workflows.recommend import known as module
from metalearn.workflows.recommend.ask import RecommendRequest
from metalearn.workflows.recommend.known import FittedModels, Known, fitted_for, known_for
from metalearn.workflows.recommend.recent import RECENT, RecentValues
from tests.store.worlds import batch

BUNDLED = Path(__file__).resolve().parents[3] / "data"
X, Y = load_iris(return_X_y=True)
REQUEST = RecommendRequest()
METRIC = metric_named("accuracy")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache on disk, and an empty memory of the process."""
    monkeypatch.setenv("METALEARN_CACHE", str(tmp_path))
    RECENT.clear()
    yield tmp_path
    RECENT.clear()


def answer(**options: object) -> str:
    return str(metalearn.recommend(X, Y, kb=BUNDLED, **options).to_dict())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "recommender",
    [
        "default",
        "average-rank",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("nearest-tasks", "pmf", "label-ranking", "als", "forest-portfolio")
        ),
    ],
)
def test_answers_from_memory_and_disk_equal_the_first_one(folder: Path, recommender: str) -> None:
    first = answer(recommender=recommender)
    tried = [
        (item.configuration, 0.9 - 0.1 * n)
        for n, item in enumerate(metalearn.recommend(X, Y, kb=BUNDLED, k=3).items)
    ]
    observed = answer(recommender=recommender, observed=tried)
    assert answer(recommender=recommender) == first
    RECENT.clear()
    assert answer(recommender=recommender) == first
    assert answer(recommender=recommender, observed=tried) == observed
    RECENT.clear()
    shutil.rmtree(folder)
    assert answer(recommender=recommender) == first
    assert observed != first


class Counted:
    """Counts what is computed anew for a small store."""

    def __init__(self, kb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.n, self.kb = 0, kb
        kept = module.kept

        def counting(key, form, compute):  # type: ignore[no-untyped-def]
            def counted():  # type: ignore[no-untyped-def]
                self.n += 1
                return compute()

            return kept(key, form, counted)

        monkeypatch.setattr(module, "kept", counting)

    def ask(self, request: RecommendRequest = REQUEST, **options: object) -> int:
        """Return how many of two values were computed."""
        before = self.n
        RECENT.clear()
        with open_store(self.kb) as store:
            metric = options.pop("metric", METRIC)
            known = known_for(store, "classification", metric, request)  # type: ignore[arg-type]
            name = str(options.pop("recommender", "average-rank"))
            fitted_for(known, name, request.seed)
        return self.n - before


@pytest.fixture
def counted(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counted:
    kb = tmp_path / "stores" / "kb.duckdb"
    kb.parent.mkdir()
    with writing(kb) as writer:
        writer.load(batch())
    return Counted(kb, monkeypatch)


def test_another_question_misses(counted: Counted) -> None:
    with open_store(counted.kb) as store:
        task = store.tasks()["name"][0]
    assert (counted.ask(), counted.ask()) == (2, 0)
    assert counted.ask(recommender="random") == 1
    assert counted.ask(replace(REQUEST, seed=1)) == 1
    assert counted.ask(metric=metric_named("log_loss")) == 2
    assert counted.ask(replace(REQUEST, algorithms=["svc"])) == 2
    assert counted.ask(replace(REQUEST, algorithms="svc")) == 0, "the same question"
    assert counted.ask(replace(REQUEST, exclude=str(task))) == 2
    assert counted.ask(replace(REQUEST, k=3, time_budget_s=5.0)) == 0, "not part of the fit"


def test_another_snapshot_misses(counted: Counted) -> None:
    assert (counted.ask(), counted.ask()) == (2, 0)
    with writing(counted.kb) as writer:
        writer.load(batch(n_configurations=4))
    assert counted.ask() == 2


def test_other_runs_at_size_miss(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    counted.ask()
    monkeypatch.setattr(module, "digest_at_size", lambda: "another")
    assert counted.ask() == 2


def test_another_version_or_other_packages_miss(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted.ask()
    with monkeypatch.context() as patch:
        patch.setattr(module, "code_version", lambda: "another")
        assert counted.ask() == 2
    assert counted.ask() == 0
    with monkeypatch.context() as patch:
        patch.setattr(module, "find_spec", lambda name: None)
        assert counted.ask() >= 1


def test_a_damaged_file_is_computed_again(counted: Counted, folder: Path) -> None:
    counted.ask()
    for path in folder.glob("*.npz"):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert counted.ask() == 2
    assert counted.ask() == 0


def test_a_value_of_another_type_under_the_key_is_a_miss(counted: Counted) -> None:
    with open_store(counted.kb) as store:
        known = known_for(store, "classification", METRIC, REQUEST)
    array_cache.default_cache().keep(known.key, (1, 2))
    assert counted.ask() >= 1


class Outside(AverageRank):
    """A recommender of another package that returns a ranker of ours."""


def test_a_recommender_from_outside_is_never_kept(
    counted: Counted, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(recommenders.CATALOGUE._entries, "outside", f"{__name__}:Outside")
    with open_store(counted.kb) as store:
        known = known_for(store, "classification", METRIC, REQUEST)
        first = fitted_for(known, "outside", 0)
        assert fitted_for(known, "outside", 0) is not first
    assert len([*folder.glob("*.npz")]) == 1


def test_a_disk_that_takes_nothing_changes_no_answer(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = answer()
    monkeypatch.setenv("METALEARN_CACHE", str(BUNDLED / "provenance.json" / "nowhere"))
    RECENT.clear()
    assert answer() == first


def _ask_in_a_new_process(_: int) -> str:
    with pytest.MonkeyPatch.context() as patch:  # as `_machine_of_the_data` in this process
        patch.setattr("metalearn.workflows.recommend.machine_speed.slowness_here", lambda: 1.0)
        return answer()


@pytest.mark.slow
def test_two_processes_at_once_give_the_right_answer(folder: Path) -> None:
    first = answer()
    shutil.rmtree(folder)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert [*pool.map(_ask_in_a_new_process, range(4))] == [first] * 4
    assert not [*folder.glob("*.part")]


def test_threads_may_share_what_is_known(folder: Path) -> None:
    first = answer()
    with ThreadPoolExecutor(4) as pool:
        assert [*pool.map(lambda _: answer(), range(8))] == [first] * 8


def test_the_memory_is_bounded() -> None:
    recent = RecentValues(2)
    for key in "abc":
        recent.put(key, key)
        recent.get("a")
    assert [recent.get(key) for key in "abc"] == ["a", None, "c"]


def test_what_is_kept_equals_a_fresh_fit_in_every_bit(folder: Path) -> None:
    with open_store(BUNDLED) as store:
        known = known_for(store, "classification", METRIC, REQUEST)
        fitted = fitted_for(known, "default", 0)
        RECENT.clear()
        read = known_for(store, "classification", METRIC, REQUEST)
        reread = fitted_for(read, "default", 0)
    assert isinstance(read, Known)
    assert isinstance(reread, FittedModels)
    assert read is not known
    for before, after in ((known, read), (fitted, reread)):
        (text, arrays), (again, others) = packed(before), packed(after)
        assert text == again
        assert [a.tobytes() for a in arrays] == [a.tobytes() for a in others]
    assert np.array_equal(known.meta.losses, read.meta.losses, equal_nan=True)
