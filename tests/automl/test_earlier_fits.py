"""What a fit tries first: the best of earlier fits on the same table, or on tables like it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from metalearn.automl.earlier_fits import best_of_earlier_fits
from metalearn.core.configuration import Configuration
from metalearn.learners.evaluation import FoldScores
from metalearn.learners.isolation import Outcome
from metalearn.learners.tables import Table
from metalearn.workflows.writeback.records import (
    evaluation_record,
    journal_of,
    journal_path,
    publish_journal,
    task_record,
)

OF_FIT = json.dumps({"by": "automl", "seed": 0, "validation": "5-fold"})
OFTEN, ONCE, MIDDLE, WORST = (Configuration("ridge", {"alpha": a}) for a in (1.0, 2.0, 3.0, 4.0))


def table(seed=0, n_columns=3, target="price"):
    X = pd.DataFrame(np.random.default_rng(seed).normal(size=(30, n_columns)))
    X.columns = [f"x{j}" for j in range(n_columns)]
    return Table("table", "regression", X, X["x0"].rename(target), target)


def records(of, losses, procedure=OF_FIT):
    """The journal of a fit on a table with some losses by configuration."""
    task = of.task(f"table:table@{of.digest()}-{abs(hash(procedure)) % 100}")
    yield task_record(task, of.target, procedure, source="automl")
    for configuration, loss in losses.items():
        folds = (FoldScores(0, {"rmse": loss}, 10 * loss, 0.1),)
        yield evaluation_record(task.key, configuration, Outcome("ok", "", folds))


@pytest.fixture(params=["journal", "store"])
def remembered(request, tmp_path):
    """Returns what is remembered for a table after some fits, in the journal or in the store."""

    def found(asked, fits, **options):
        from metalearn.store import open_store

        kb = tmp_path / "mine.duckdb"
        with journal_of(kb) as journal:
            for fit in fits:
                for record in records(*fit):
                    journal.append(record)
            if request.param == "store":
                publish_journal(journal, kb)
        if request.param == "journal":
            return best_of_earlier_fits(asked, "rmse", journal=journal_path(kb), **options)
        with open_store(kb) as store:
            return best_of_earlier_fits(asked, "rmse", store=store, **options)

    return found


def test_often_good_comes_before_once_best(remembered):
    fits = [
        (table(1), {OFTEN: 0.2, ONCE: 0.1, MIDDLE: 0.5, WORST: 0.9}),
        (table(2), {OFTEN: 2.0, MIDDLE: 3.0, WORST: 9.0}),  # another scale
        (table(3), {OFTEN: 0.1, MIDDLE: 0.3, WORST: 0.9}),
    ]
    found = remembered(table(), fits)
    assert [r.configuration for r in found] == [OFTEN, ONCE, MIDDLE, WORST]
    assert found[0].fit_s == pytest.approx(10 * (0.2 + 2.0 + 0.1) / 3)


def test_the_same_table_is_better_evidence(remembered):
    fits = [
        (table(0), {OFTEN: 0.9, MIDDLE: 0.5}),
        (table(1), {OFTEN: 0.1, ONCE: 0.2, MIDDLE: 0.9}),
    ]
    assert [r.configuration for r in remembered(table(), fits)] == [MIDDLE, OFTEN]


def test_tables_that_are_not_alike(remembered):
    losses = {OFTEN: 0.1, MIDDLE: 0.2, WORST: 0.3}
    fits = [
        (table(1, n_columns=4), losses),
        (table(2, target="height"), losses),
        (table(3), losses, json.dumps({"by": "collect"})),
        (table(4), {OFTEN: 0.1, MIDDLE: 0.1, WORST: 0.1}),  # says nothing
    ]
    assert remembered(table(), fits) == ()


def test_excluded_tasks(remembered):
    fits = [(table(0), {OFTEN: 0.1}), (table(1), {OFTEN: 0.1, MIDDLE: 0.2, WORST: 0.3})]
    assert remembered(table(), fits, exclude=("table",)) == ()


def test_classes_may_double():
    asked = replace(table(), kind="classification", y=pd.Series(list("abc") * 10))
    from metalearn.automl.earlier_fits import _Entry

    def is_alike(n_classes):
        entry = _Entry("t", "table", "classification", "price", 30, 3, n_classes, True)
        return entry.is_alike(asked)

    assert [n for n in range(1, 9) if is_alike(n)] == [2, 3, 4, 5, 6]


def test_nothing_is_known(tmp_path):
    assert best_of_earlier_fits(table(), "rmse") == ()
    assert best_of_earlier_fits(table(), "rmse", journal=tmp_path / "none") == ()
    broken = tmp_path / "broken"
    broken.write_text('{"task": }\n')
    assert best_of_earlier_fits(table(), "rmse", journal=broken) == ()
