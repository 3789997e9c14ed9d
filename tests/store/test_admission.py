"""A stranger's file: what it defines is never evaluated, what it holds is bounded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from metalearn.cli.main import main
from metalearn.errors import InputError, MetalearnError, StoreError
from metalearn.store import (
    admission,
    backup,
    connecting,
    export_parquet,
    merge,
    open_store,
    writing,
)
from tests.store.worlds import batch

_SECRET = "the content of a local file"


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "kb.duckdb"
    with writing(path) as writer:
        writer.load(batch(n_tasks=3))
    return path


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.txt"
    path.write_text(_SECRET)
    return path


_PROGRAMS = {
    "snapshot view": ("DROP TABLE snapshot",
                      "CREATE VIEW snapshot AS SELECT content AS digest FROM read_text('{}')"),
    "version view": ("DROP TABLE schema_version",
                     "CREATE VIEW schema_version AS SELECT 1 AS version"),
    "evaluation view": ("CREATE OR REPLACE VIEW evaluation AS SELECT content AS task, "
                        "'' AS configuration FROM read_text('{}')",),
    "one more view": ("CREATE VIEW notes AS FROM read_text('{}')",),
    "view elsewhere": ("CREATE SCHEMA other", "CREATE VIEW other.v AS FROM read_text('{}')"),
    "renamed table": ("ALTER TABLE task RENAME TO task0",
                      "CREATE VIEW task AS SELECT * REPLACE ((SELECT content "
                      "FROM read_text('{}')) AS name) FROM task0"),
    "macro": ("CREATE MACRO sha256(x) AS (SELECT content FROM read_text('{}'))",),
    "macro over the catalogue": ("CREATE MACRO duckdb_tables() AS TABLE SELECT 1 AS x",),
    "table macro": ("CREATE MACRO tab() AS TABLE FROM read_text('{}')",),
    "default": ("ALTER TABLE cursor ALTER name SET DEFAULT 'x'",),
    "generated column": ("DROP TABLE cursor", "CREATE TABLE cursor (harvester VARCHAR NOT NULL, "
                         "name VARCHAR NOT NULL, state VARCHAR AS (repeat('x', 9)), "
                         "time VARCHAR NOT NULL)"),
    "type": ("CREATE TYPE mood AS ENUM ('a')",),
    "sequence": ("CREATE SEQUENCE s",),
    "index": ("CREATE INDEX i ON task (task_id)",),
    "other type of column": ("DROP TABLE snapshot", "CREATE TABLE snapshot (digest BLOB)"),
    "one more column": ("ALTER TABLE task ADD COLUMN x INTEGER",),
}  # fmt: skip


_READERS: dict[str, Callable[[Path, Path], object]] = {
    "open": lambda kb, _: open_store(kb),
    "write": lambda kb, _: writing(kb).__enter__(),
    "merge": lambda kb, folder: merge(kb, folder / "mine.duckdb"),
    "merge with itself": lambda kb, _: merge(kb, kb),
    "export": lambda kb, folder: export_parquet(kb, folder / "lake"),
    "backup": lambda kb, folder: backup(kb, folder / "copy.duckdb"),
}


@pytest.mark.in_turn("reader", each=2)
@pytest.mark.parametrize("reader", _READERS)
@pytest.mark.parametrize("program", _PROGRAMS)
def test_what_a_file_defines_is_refused_by_every_reader(
    healthy: Path, secret: Path, tmp_path: Path, program: str, reader: str
) -> None:
    kb = tmp_path / "kb.duckdb"
    shutil.copy(healthy, kb)
    with duckdb.connect(str(kb)) as connection:
        for statement in _PROGRAMS[program]:
            connection.execute(statement.replace("{}", str(secret)))
    before = kb.read_bytes()
    with pytest.raises((StoreError, InputError)) as refused:
        _READERS[reader](kb, tmp_path)
    assert "another store" in str(refused.value) or "another file" in str(refused.value)
    assert _SECRET not in str(refused.value)
    assert kb.read_bytes() == before


def test_a_file_is_checked_once_and_again_when_it_has_changed(
    healthy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[Path] = []
    real = connecting.check_catalogue

    def count(connection: duckdb.DuckDBPyConnection, path: Path, database: str) -> int:
        checked.append(path)
        return real(connection, path, database)

    monkeypatch.setattr(connecting, "check_catalogue", count)
    kb = Path(shutil.copy(healthy, tmp_path / "kb.duckdb"))
    for _ in range(3):
        open_store(kb).close()
    assert checked == [kb]
    with writing(kb) as writer:
        writer.load(batch(n_tasks=5))
        writer.publish()
    open_store(kb).close()
    assert checked == [kb]  # a writer does not check what it wrote itself
    with duckdb.connect(str(kb)) as connection:
        connection.execute("CREATE VIEW notes AS SELECT 1 AS x")
    with pytest.raises(StoreError, match="another store"):
        open_store(kb)
    os.replace(shutil.copy(healthy, tmp_path / "other.duckdb"), kb)
    open_store(kb).close()
    assert checked == [kb] * 3


def test_sql_reaches_no_file_and_changes_no_setting(healthy: Path, secret: Path) -> None:
    with open_store(healthy) as store:
        for text in (f"FROM read_text('{secret}')", f"FROM '{secret}'", "FROM glob('/*')",
                     "SELECT getenv('HOME')", "SET threads = 1"):  # fmt: skip
            with pytest.raises(InputError):
                store.sql(text)


@pytest.mark.parametrize(
    ("bomb", "what"),
    [
        pytest.param(
            ("INSERT INTO evaluation_row SELECT e.* FROM (FROM evaluation_row LIMIT 1) e, "
             "range(9000000)",), "rows in", marks=pytest.mark.slow),
        (("UPDATE task SET name = repeat('x', 3000000)",), "texts of"),
        (("INSERT INTO task SELECT t.* FROM task t, range(3000)",
          "INSERT INTO configuration SELECT c.* FROM configuration c, range(3000)"), "keys that"),
    ],
)  # fmt: skip
def test_amounts_are_bounded_by_the_size_of_the_file(
    healthy: Path,
    tmp_path: Path,
    bomb: tuple[str, ...],
    what: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(admission, "_FREE_TEXT_BYTES", 1 << 20)
    monkeypatch.setattr(admission, "_TEXT_PER_BYTE", 1)
    kb = tmp_path / "kb.duckdb"
    shutil.copy(healthy, kb)
    with duckdb.connect(str(kb)) as connection:
        for statement in bomb:
            connection.execute(statement)
    with pytest.raises(StoreError, match=what):
        open_store(kb)


@pytest.mark.parametrize(
    "injury",
    [
        """UPDATE configuration SET hyperparameters = repeat('{"a":', 100000)""",
        "UPDATE configuration SET hyperparameters = '[1]'",
        "UPDATE configuration SET hyperparameters = 'x'",
        "UPDATE task SET kind = 'x'",
        "UPDATE metric SET optimum = 'nan'",
        "UPDATE evaluation_row SET status = 'x'",
        "INSERT INTO schema_version VALUES (-1, ''); DELETE FROM schema_version WHERE version > 0",
        "DELETE FROM schema_version",
        "INSERT INTO schema_version VALUES (99, '')",
    ],
)
def test_nonsense_in_rows_is_an_error_of_the_store(
    healthy: Path, tmp_path: Path, injury: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kb = tmp_path / "kb.duckdb"
    shutil.copy(healthy, kb)
    with duckdb.connect(str(kb)) as connection:
        connection.execute(injury)
    for words in (["kb", "info"], ["kb", "verify"], ["evaluate", "--recommenders", "random"]):
        main([*words, "--kb", str(kb)])
        assert "unexpected" not in capsys.readouterr().err
    try:
        with open_store(kb) as store:
            store.meta_dataset("accuracy")
    except MetalearnError:
        pass


def test_spaces_that_make_no_sense(healthy: Path, tmp_path: Path) -> None:
    for n, text in enumerate(("repeat('[', 100000)", "'[]'", "'x'")):
        kb = tmp_path / f"{n}.duckdb"
        shutil.copy(healthy, kb)
        with duckdb.connect(str(kb)) as connection:
            connection.execute(f"UPDATE algorithm SET space = {text}")
        with open_store(kb) as store, pytest.raises(StoreError, match="kb verify"):
            store.space(store.sql("FROM algorithm")["algorithm"][0])


@pytest.mark.parametrize("where", ["source.parquet", "evaluation/metric=accuracy/part-0.parquet"])
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_a_lake_holds_plain_files(healthy: Path, tmp_path: Path, where: str, kind: str) -> None:
    lake = export_parquet(healthy, tmp_path / "lake")
    file = next(lake.glob(where.replace("metric=accuracy", "*")))
    elsewhere = file.rename(tmp_path / "elsewhere.parquet")
    if kind == "link":
        file.symlink_to(elsewhere)
    else:
        os.mkfifo(file)
    for attempt in (lambda: open_store(lake), lambda: export_parquet(lake, tmp_path / "again"),
                    lambda: merge(lake, tmp_path / "mine.duckdb")):  # fmt: skip
        with pytest.raises(StoreError, match="link, pipe or device"):
            attempt()


def test_a_lake_has_the_columns_of_a_store(healthy: Path, tmp_path: Path) -> None:
    lake = export_parquet(healthy, tmp_path / "lake")
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 1 AS source_id) TO '{lake / 'source.parquet'}'")
        connection.execute(f"COPY (SELECT 1 AS dataset) TO '{lake / 'dataset.parquet'}'")
    with pytest.raises(StoreError, match="damaged or cannot be read"):
        open_store(lake)
    export_parquet(healthy, lake)
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT 1 AS dataset, 0::INTEGER AS source_id) TO '{lake / 'dataset.parquet'}'"
        )
    with pytest.raises(StoreError, match="table dataset with other columns"):
        open_store(lake)


def test_pipes_and_logs_of_others(healthy: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.duckdb")
    with pytest.raises(InputError, match="pipe or device"):
        open_store(tmp_path / "pipe.duckdb")
    kb = tmp_path / "kb.duckdb"
    shutil.copy(healthy, kb)
    os.mkfifo(tmp_path / "kb.duckdb.wal")
    with pytest.raises(StoreError, match="link, pipe or device"):
        open_store(kb)


@pytest.mark.parametrize("kind", ["link", "dangling link", "hard link", "pipe"])
def test_no_link_is_followed_when_a_lock_is_written(
    healthy: Path, tmp_path: Path, secret: Path, kind: str
) -> None:
    kb = tmp_path / "kb.duckdb"
    shutil.copy(healthy, kb)
    lock = tmp_path / "kb.duckdb.lock"
    if kind == "link":
        lock.symlink_to(secret)
    elif kind == "dangling link":
        lock.symlink_to(tmp_path / "nothing")
    elif kind == "hard link":
        lock.hardlink_to(secret)
    else:
        os.mkfifo(lock)
    with pytest.raises(StoreError, match="Remove it and run again"), writing(kb):
        pass
    assert secret.read_text() == _SECRET
    assert not (tmp_path / "nothing").exists()


def test_working_copies_do_not_follow_links(healthy: Path, tmp_path: Path, secret: Path) -> None:
    kb = tmp_path / "kb.duckdb"
    shutil.copy(healthy, kb)
    for end in (".writing", ".publishing", ".writing.wal"):
        (tmp_path / f"kb.duckdb{end}").symlink_to(secret)
    (tmp_path / "lake.exporting").symlink_to(tmp_path)
    with writing(kb) as writer:
        writer.load(batch(n_tasks=5))
    with pytest.raises(StoreError, match="cannot write"):
        export_parquet(kb, tmp_path / "lake")
    assert secret.read_text() == _SECRET


def test_pages_that_unpack_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    import zlib

    from metalearn.store import bookkeeping

    monkeypatch.setattr(bookkeeping, "_MAX_PAGE_BYTES", 1000)
    assert bookkeeping._body(zlib.compress(b"x" * 999)) == b"x" * 999
    assert bookkeeping._body(zlib.compress(b"x" * 1_000_000)) == b""
