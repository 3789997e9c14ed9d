"""The bundled runs on more rows are of known tables and configurations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import Kind
from metalearn.store import bundled_at_size, open_store
from metalearn.workflows.recommend import at_size as module
from metalearn.workflows.recommend.at_size import corrected_at_size, runs_at_size, table_key
from metalearn.workflows.recommend.metric_choice import DEFAULT_METRIC
from metalearn.workflows.recommend.seconds import (
    TimedRuns,
    model_of_seconds,
    seconds_of_runs,
    timed_runs,
)

BUNDLED = Path(__file__).resolve().parents[3] / "data"


@pytest.fixture(scope="module", params=["classification", "regression"])
def known(request: pytest.FixtureRequest) -> tuple[Kind, MetaDataset, TimedRuns]:
    kind: Kind = request.param
    with open_store(BUNDLED) as store:
        meta = store.meta_dataset(DEFAULT_METRIC[kind], kind=kind)
        return kind, meta, timed_runs(store, meta)


def test_the_folder_is_small_and_sound() -> None:
    folder = bundled_at_size()
    assert folder is not None
    assert sum(path.stat().st_size for path in folder.rglob("*")) < 1_000_000
    with open_store(folder) as store:
        assert store.verify() == []


def test_runs_at_size_are_of_known_tables_and_configurations(known) -> None:
    kind, meta, runs = known
    folder = bundled_at_size()
    assert folder is not None
    stored, _ = module._stored(folder, kind)
    assert {table_key(task) for task in stored.tasks} <= {table_key(task) for task in meta.tasks}
    assert {c.key for c in stored.configurations} <= {c.key for c in meta.configurations}
    added, same = runs_at_size(runs, meta, kind)
    assert len(added.n_rows) == len(same) == stored.n_tasks > 2
    assert (added.n_rows > runs.n_rows[same]).all()
    assert [meta.tasks[i].name for i in same] == [task.name for task in stored.tasks]
    assert np.isfinite(added.n_categorical).all()
    assert np.isfinite(added.seconds).sum() == np.isfinite(stored.runtimes_s).sum()


def test_a_table_that_is_left_out_is_left_out_at_size(known) -> None:
    kind, meta, runs = known
    _, same = runs_at_size(runs, meta, kind)
    rest = np.arange(meta.n_tasks) != same[0]
    _, fewer = runs_at_size(runs.take(rest), meta.take(rest), kind)
    assert len(fewer) == len(same) - 1


def test_growth_is_corrected_beyond_the_known_rows_and_nowhere_else(known) -> None:
    kind, meta, runs = known
    model = model_of_seconds(runs, meta.configurations)
    assert model is not None
    corrected = corrected_at_size(model, runs, meta, kind)
    assert corrected.largest[0] > 4.0 * model.largest[0]
    small, large = (
        corrected.predict(rows, 10.0)[0] / model.predict(rows, 10.0)[0] for rows in (1000, 6000)
    )
    assert np.allclose(small, 1.0)
    at_size, _ = runs_at_size(runs, meta, kind)
    errors = [
        np.nanmean(np.abs(np.log(at_size.seconds / seconds_of_runs(m, at_size)[0])))
        for m in (model, corrected)
    ]
    assert errors[1] < errors[0]
    assert 0.3 < large.min() < 1.0 < large.max() < 3.0


def test_an_installation_without_the_folder_knows_no_more(known, monkeypatch) -> None:
    kind, meta, runs = known
    model = model_of_seconds(runs, meta.configurations)
    assert model is not None
    monkeypatch.setattr("metalearn.store.bundled_at_size", lambda: None)
    assert corrected_at_size(model, runs, meta, kind) is model
