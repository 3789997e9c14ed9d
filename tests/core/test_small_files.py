"""Small files that a user names: pipes, folders, sizes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from metalearn.core.small_files import small_text
from metalearn.errors import InputError


def test_text_comes_back(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("ä", encoding="utf-8")
    (tmp_path / "link.json").symlink_to(tmp_path / "a.json")
    assert small_text(tmp_path / "link.json", "observations") == "ä"


def test_what_is_no_small_text_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # nobody writes to it: reading would wait for ever
    (tmp_path / "device").symlink_to("/dev/zero")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(10**10)  # a hole, not a byte on the disk
    for name, reason in (
        ("pipe", "pipe or device"), ("device", "pipe or device"), (".", "got a folder"),
        ("binary", "is no text"), ("huge", "10000 MB"), ("absent", "No such file"),
        ("null\0byte", "null"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=reason):
            small_text(tmp_path / name, "observations")
