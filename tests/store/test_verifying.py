"""`verify` finds every injury that is planted, and nothing in a healthy store."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from metalearn.store import Cursor, Page, backup, open_store, writing
from tests.store.worlds import batch


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "kb.duckdb"
    with writing(path) as writer:
        writer.load(
            batch(), pages=[Page("h", "u", b"abc", "2026")], cursors=[Cursor("h", "s", "{}")]
        )
    return path


def test_a_healthy_store_has_no_problems(healthy: Path) -> None:
    with open_store(healthy) as store:
        assert store.verify() == []


@pytest.mark.parametrize(
    ("injury", "table", "kind"),
    [
        ("UPDATE raw_page SET body = 'xyz'::BLOB", "raw_page", "body does not have its digest"),
        ("UPDATE raw_page SET digest = 'f'", "raw_page", "body does not have its digest"),
        ("UPDATE evaluation_row SET value = 0.25 WHERE fold = 1", "snapshot", "published digest"),
        ("DELETE FROM task WHERE task_id = 1", "evaluation", "unknown task"),
        ("DELETE FROM source", "evaluation", "unknown task, configuration, metric or source"),
        ("INSERT INTO evaluation_row FROM evaluation_row LIMIT 3", "evaluation", "row twice"),
        ("INSERT INTO task FROM task LIMIT 1", "task", "key twice"),
        ("UPDATE configuration SET hyperparameters = '{}'", "configuration", "not the hash"),
        ("UPDATE evaluation_row SET value = NULL", "evaluation", "does not fit the status"),
        ("UPDATE evaluation_row SET value = 'inf'", "evaluation", "does not fit the status"),
        ("UPDATE evaluation_row SET fidelity = 7", "evaluation", "impossible fold"),
        ("UPDATE meta_feature SET task = 'x'", "meta_feature", "unknown task"),
        ("UPDATE cursor SET state = '{'", "cursor", "not JSON"),
    ],
)
def test_injuries_are_found(
    healthy: Path, tmp_path: Path, injury: str, table: str, kind: str
) -> None:
    kb = backup(healthy, tmp_path / "kb.duckdb")
    with duckdb.connect(str(kb)) as connection:
        connection.execute(injury)
    with open_store(kb) as store:
        found = store.verify()
    assert any(p.table == table and kind in p.kind and p.n >= 1 and p.detail for p in found), found
