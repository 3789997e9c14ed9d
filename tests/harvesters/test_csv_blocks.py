"""CSV in blocks gives the rows of Python's `csv`, whatever the file holds."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from metalearn.errors import InputError
from metalearn.harvesters import csv_blocks
from metalearn.harvesters.csv_blocks import csv_chunks
from metalearn.harvesters.files import csv_rows

NAMES = ("a", "b")
Read = tuple[list[tuple[int, list[str]]], list[int], str]

pieces = st.sampled_from(
    [b"x", b"1", b",", b",", b"\n", b"\n", b"\r\n", b"\r", b'"', b'""', b" ", b"\0", b"\xff",
     "\u00e9".encode(), b"\xef\xbb\xbf", b'"a,b"', b'"a\nb"', b"x,y\n", b"1,2\n", b"end,end\n"]
)  # fmt: skip


def _by_line(path: Path) -> Read:
    good, bad, error = [], [], ""
    try:
        for line, cells in csv_rows(path, len(NAMES)):
            if cells is None:
                bad.append(line)
            else:
                good.append((line, cells))
    except InputError as caught:
        error = str(caught)
    return good, bad, error


def _by_block(path: Path, size: int = 3) -> Read:
    good, bad, error = [], [], ""
    try:
        for chunk in csv_chunks(path, NAMES, size):
            assert len(chunk) <= size
            bad += [int(line) for line in chunk.malformed]
            columns = [chunk.columns[name].coded for name in NAMES]
            for row, line in enumerate(chunk.lines):
                good.append((int(line), [c.distinct[c.codes[row]] for c in columns]))
    except InputError as caught:
        error = str(caught)
    return good, bad, error


@settings(
    max_examples=100, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(st.lists(pieces, max_size=25).map(b"".join), st.sampled_from([8, 20, 1 << 20]))
@example(b'1,2\n"1,2\n', 8)
@example(b'1,"2\n3"\n4,5\n', 8)
@example(b"1,2\n\n3\n4,5", 1 << 20)
@example(b"\xef\xbb\xbf,", 8)
@example(b'1,"2\n' + b"3,4\n" * 9, 8)
def test_rows_lines_and_malformed_rows_are_those_of_csv(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, block_bytes: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "hostile.csv"
    path.write_bytes(b"a,b\n" + content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_blocks, "_BLOCK_BYTES", block_bytes)
        got = _by_block(path)
    good, bad, error = _by_line(path)
    assert got[2] == error
    if error:  # what precedes an error is never used
        return
    assert got[:2] == (good, bad)


def test_a_regular_file_is_read_in_blocks_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_blocks, "csv_rows", None)
    monkeypatch.setattr(csv_blocks, "_BLOCK_BYTES", 64)
    path = tmp_path / "runs.csv.gz"
    rows = "".join(f'{i},"q{i},{{""n"": 1}}"\r\n' for i in range(40)) + "1,2,3\r\n4,5"
    path.write_bytes(gzip.compress(("\ufeffa,b\r\n" + rows).encode()))
    good, bad, error = _by_block(path)
    assert [line for line, _ in good] == [*range(2, 42), 43]
    assert good[7] == (9, ["7", 'q7,{"n": 1}'])
    assert good[-1] == (43, ["4", "5"])
    assert (bad, error) == ([42], "")


def test_a_file_that_is_cut_off_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv.gz"
    packed = gzip.compress(b"a,b\n" + b"1,2\n" * 9000)
    path.write_bytes(packed[: len(packed) - 9])
    with pytest.raises(InputError, match="cut off"):
        list(csv_chunks(path, NAMES, 100))
