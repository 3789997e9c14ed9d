"""`similar` and the evidence of `recommend` agree on which bundled tasks resemble a table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_iris, load_wine

from metalearn.learners.tables import Table
from metalearn.store import Store, bundled_store, open_store
from metalearn.workflows.recommend.ask import RecommendRequest, recommend_for
from metalearn.workflows.similar import described, similar_tasks
from metalearn.workflows.tables.reading import checked_table

CUSTOMERS = Path(__file__).resolve().parents[2] / "examples" / "customers.csv"


def _customers() -> Table:
    return checked_table(pd.read_csv(CUSTOMERS).drop(columns="customer"), "churned")


TABLES = {
    "customers": _customers,
    "iris": lambda: checked_table(*load_iris(return_X_y=True)),
    "wine": lambda: checked_table(*load_wine(return_X_y=True)),
    "diabetes": lambda: checked_table(*load_diabetes(return_X_y=True)),
}


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with open_store(bundled_store()) as opened:
        yield opened


@pytest.mark.parametrize("name", TABLES)
def test_the_same_tasks_come_first_with_the_same_similarity(name: str, store: Store) -> None:
    table = TABLES[name]()
    found = described(table)
    near = similar_tasks(table, store, n=1000, found=found).neighbours
    similarity = {neighbour.task.name: neighbour.similarity for neighbour in near}
    listed = recommend_for(table, store, RecommendRequest(10), found)
    evidence = {shown.task: shown.similarity for item in listed for shown in item.evidence}
    assert len(evidence) >= 3
    assert evidence == {task: similarity[task] for task in evidence}
    assert max(evidence, key=evidence.__getitem__) == near[0].task.name
