"""Tables named by a file, a folder or an index."""

from __future__ import annotations

import os

import pytest

from metalearn.errors import InputError
from metalearn.workflows.tables.index import TableEntry, table_entries

CSV = "a,b,y\n" + "\n".join(f"{i},{i % 3},{'uv'[i % 2]}" for i in range(20))


@pytest.fixture
def folder(tmp_path):
    for name in ("two.csv", "one.tsv", "notes.md", "sub/three.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(CSV.replace(",", "\t") if name.endswith("tsv") else CSV)
    return tmp_path


def test_a_file(folder):
    (entry,) = table_entries(folder / "two.csv", "y")
    assert entry == TableEntry("two", folder / "two.csv", "y")
    assert entry.load().target == "y"


def test_the_last_column_is_the_target_unless_said(folder):
    (entry,) = table_entries(folder / "two.csv")
    assert entry.load().target == "y"
    (entry,) = table_entries(folder / "two.csv", "b")
    assert entry.load().target == "b"


def test_a_folder_in_a_stable_order(folder):
    assert [entry.name for entry in table_entries(folder)] == ["one", "three", "two"]
    assert [entry.load().n_classes for entry in table_entries(folder)] == [2, 2, 2]


def test_an_index(folder):
    index = folder / "index.csv"
    index.write_text(
        "name,file,target,kind,ignore,family\n"
        "first,two.csv,b,regression,a ; ,thirds\n"
        "second,sub/three.csv,,,,\n"
    )
    for source in (folder, index):
        first, second = table_entries(source)
        assert first == TableEntry(
            "first", folder / "two.csv", "b", "regression", ("a",), "thirds"
        )
        assert second == TableEntry("second", folder / "sub" / "three.csv")
    table = first.load()
    assert (table.name, table.kind, list(table.X.columns)) == ("first", "regression", ["y"])


def test_nothing_there(tmp_path):
    with pytest.raises(InputError, match=r"no tables in .*; expected files ending in"):
        table_entries(tmp_path)
    with pytest.raises(InputError, match=r"there is no file or folder .*no.csv'; check the path"):
        table_entries(tmp_path / "no.csv")


@pytest.mark.parametrize("content", ["", "a,b,y\n1,2,u\n", "name,target\nfirst,y\n"])
def test_an_index_that_is_none(folder, content):
    (folder / "index.csv").write_text(content)
    with pytest.raises(InputError, match="is no index; expected columns"):
        table_entries(folder)


def test_an_unknown_kind(folder):
    (folder / "index.csv").write_text("name,file,target,kind\nfirst,two.csv,y,ranking\n")
    with pytest.raises(InputError, match="kind 'ranking' of 'first' is not known"):
        table_entries(folder)


@pytest.mark.parametrize("content", [b"", b"\xe9,b\n", b"\0\0\0"])
def test_a_file_that_cannot_be_read_says_so_when_loaded(tmp_path, content):
    (tmp_path / "bad.csv").write_bytes(content)
    (entry,) = table_entries(tmp_path / "bad.csv", "y")
    with pytest.raises(InputError, match="bad"):
        entry.load()


def test_pipes_and_devices_do_not_stop_the_others(folder):
    """Nobody writes to the pipe: reading it would wait for ever."""
    os.mkfifo(folder / "pipe.csv")
    (folder / "device.csv").symlink_to("/dev/zero")
    assert sorted(entry.name for entry in table_entries(folder)) == ["one", "three", "two"]
    (entry,) = table_entries(folder / "pipe.csv", "y")
    with pytest.raises(InputError, match="pipe or device"):
        entry.load()
    (folder / "index.csv").write_text("name,file,target\nfirst,pipe.csv,y\nsecond,two.csv,y\n")
    first, second = table_entries(folder)
    with pytest.raises(InputError, match="pipe or device"):
        first.load()
    assert second.load().name == "second"
    (folder / "index.csv").unlink()
    os.mkfifo(folder / "index.csv")
    with pytest.raises(InputError, match="is no index"):
        table_entries(folder)
