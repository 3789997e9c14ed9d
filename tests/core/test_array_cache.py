"""Values kept on disk: each kind of miss, damage, a full disk, two writers, the size limit."""

from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from metalearn.core.array_cache import ArrayCache, default_cache

VALUE = {"name": "x", "numbers": (1, 2.5, None, True), "table": np.arange(12.0).reshape(3, 4)}


def is_same(found: object) -> bool:
    return (
        isinstance(found, dict)
        and {k: v for k, v in found.items() if k != "table"}
        == {k: v for k, v in VALUE.items() if k != "table"}
        and np.array_equal(found["table"], VALUE["table"])
    )


@pytest.fixture
def cache(tmp_path: Path) -> ArrayCache:
    return ArrayCache(tmp_path / "deep" / "cache")


def only_file(cache: ArrayCache) -> Path:
    assert cache.folder is not None
    (path,) = cache.folder.iterdir()
    return path


def test_a_kept_value_is_read_and_another_key_misses(cache: ArrayCache) -> None:
    assert cache.read("a") is None
    assert cache.keep("a", VALUE)
    assert is_same(cache.read("a"))
    assert not cache.read("a")["table"].flags.writeable
    assert cache.read("b") is None


def test_a_file_under_the_name_of_another_key_misses(cache: ArrayCache) -> None:
    cache.keep("a", VALUE)
    path = only_file(cache)
    cache.keep("b", {})
    (other,) = (p for p in path.parent.iterdir() if p != path)
    path.replace(other)
    assert cache.read("b") is None


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_truncated_file_misses_and_is_replaced(cache: ArrayCache, share: float) -> None:
    cache.keep("a", VALUE)
    path = only_file(cache)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert cache.read("a") is None
    assert cache.keep("a", VALUE)
    assert is_same(cache.read("a"))


def test_every_damaged_byte_misses_or_changes_nothing(cache: ArrayCache) -> None:
    cache.keep("a", VALUE)
    path = only_file(cache)
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= int(rng.integers(1, 256))
        path.write_bytes(damaged)
        found = cache.read("a")
        assert found is None or is_same(found)


def test_a_full_disk_keeps_nothing_and_raises_nothing(
    cache: ArrayCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array_header_1_0", full)
    assert not cache.keep("a", VALUE)
    assert cache.folder is not None
    assert not [*cache.folder.iterdir()]
    assert cache.read("a") is None


def test_a_folder_that_cannot_be_made_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = ArrayCache(tmp_path / "file" / "cache")
    assert not cache.keep("a", VALUE)
    assert cache.read("a") is None


def test_many_writers_and_readers_at_once_see_whole_values(cache: ArrayCache) -> None:
    def work(number: int) -> bool:
        cache.keep("a", VALUE)
        return is_same(cache.read("a"))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(64)))
    assert is_same(cache.read("a"))
    only_file(cache)


def test_beyond_the_limit_the_least_recently_used_go_first(tmp_path: Path) -> None:
    cache = ArrayCache(tmp_path, most_bytes=40_000)
    for number, key in enumerate("abc"):
        cache.keep(key, np.full(1000, float(number)))
    for age, path in enumerate(sorted(tmp_path.iterdir(), key=os.path.getmtime)):
        os.utime(path, (1e9 + age, 1e9 + age))
    assert cache.read("a") is not None  # used now
    cache.keep("d", np.full(1000, 3.0))
    cache.keep("e", np.full(1000, 4.0))
    assert [key for key in "abcde" if cache.read(key) is not None] == ["a", "c", "d", "e"]
    assert not cache.keep("large", np.zeros(3000)), "half of the limit at most"


def test_parts_of_killed_processes_are_removed(cache: ArrayCache) -> None:
    cache.keep("a", VALUE)
    assert cache.folder is not None
    old, new = cache.folder / "x.1-0.part", cache.folder / "y.1-0.part"
    for part in (old, new):
        part.write_text("half")
    os.utime(old, (1e9, 1e9))
    cache.keep("b", VALUE)
    assert not old.exists()
    assert new.exists()


def test_the_environment_names_the_folder_and_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METALEARN_CACHE", str(tmp_path))
    monkeypatch.setenv("METALEARN_CACHE_MB", "3")
    assert default_cache() == ArrayCache(tmp_path, 3 << 20)
    monkeypatch.setenv("METALEARN_CACHE", "off")
    assert default_cache().folder is None
    assert not default_cache().keep("a", VALUE)
    monkeypatch.delenv("METALEARN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert default_cache().folder == tmp_path / "x" / "metalearn"


def test_arrays_of_any_order_and_shape_come_back(cache: ArrayCache) -> None:
    whole = np.arange(60.0).reshape(3, 4, 5)
    given = (
        whole, np.asfortranarray(whole), whole[:, ::2], whole.T, whole[:0], np.array(2),
        np.array([True, False]), np.arange(300_000, dtype=np.int32),
    )  # fmt: skip
    assert cache.keep("a", given)
    for array, found in zip(given, cache.read("a"), strict=True):
        np.testing.assert_array_equal(found, array, strict=True)
        assert found.flags.f_contiguous or not array.flags.f_contiguous
