"""ARFF rows: equal to liac-arff on clean files, and what it refuses is counted, not fatal."""

from __future__ import annotations

from pathlib import Path

import arff
import numpy as np
import pytest

from metalearn.errors import InputError
from metalearn.harvesters.arff_table import arff_header, arff_rows

HEAD = """% a comment
@RELATION runs
@attribute 'a name' NUMERIC
@ATTRIBUTE b {x, 'y z', w}

@DATA
"""


def rows(path: Path, text: str) -> list[list[str] | None]:
    path.write_text(HEAD + text)
    return [cells for _, cells in arff_rows(path, arff_header(path))]


def test_dense_rows_with_quotes_missing_values_and_comments(tmp_path: Path) -> None:
    got = rows(tmp_path / "a.arff", "1,x\n% note\n\n ? , 'y z' \n2.5,\"it's, so\"\n3,'a\\'b'\n")
    assert got == [["1", "x"], ["", "y z"], ["2.5", "it's, so"], ["3", "a'b"]]


def test_sparse_rows_get_zero_and_the_first_nominal_value(tmp_path: Path) -> None:
    got = rows(tmp_path / "a.arff", "{0 7}\n{1 'y z'}\n{}\n{0 1, 1 w}\n{9 1}\n{0\n")
    assert got == [["7", "x"], ["0", "y z"], ["0", "x"], ["1", "w"], None, None]


def test_rows_that_do_not_fit_are_none_and_keep_their_line(tmp_path: Path) -> None:
    path = tmp_path / "a.arff"
    path.write_text(HEAD + "1,x\n1\n1,x,2\n'open,x\n4,w\n")
    got = list(arff_rows(path, arff_header(path)))
    first = HEAD.count("\n") + 1
    assert got == [
        (first, ["1", "x"]), (first + 1, None), (first + 2, None), (first + 3, None),
        (first + 4, ["4", "w"]),
    ]  # fmt: skip


def test_header(tmp_path: Path) -> None:
    path = tmp_path / "a.arff"
    path.write_text(HEAD)
    header = arff_header(path)
    assert header.names == ("a name", "b")
    assert header.comments == ("a comment",)
    assert header.zeros == ("0", "x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "no|found none"),
        ("a,b\n1,2\n", "expected ARFF"),
        ("@RELATION r\n@ATTRIBUTE a NUMERIC\n", "found none"),
        ("@RELATION r\n@ATTRIBUTE a\n@DATA\n", "header cannot be read"),
    ],
)
def test_what_is_not_arff_is_an_error(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "a.arff"
    path.write_text(text)
    with pytest.raises(InputError, match=expected):
        arff_header(path)


def test_equal_to_liac_arff_on_a_published_file(shared_data: Path) -> None:
    path = shared_data / "metadatasets" / "aslib-openml-weka-2017" / "feature_values.arff"
    header = arff_header(path)
    expected = arff.loads(path.read_text())
    assert header.names == tuple(name for name, _ in expected["attributes"])
    mine = [cells for _, cells in arff_rows(path, header)]
    assert len(mine) == len(expected["data"])
    for cells, reference in zip(mine, expected["data"], strict=True):
        assert cells is not None
        assert cells[0] == reference[0]
        numbers = [float(cell) if cell else np.nan for cell in cells[1:]]
        np.testing.assert_array_equal(numbers, np.array(reference[1:], dtype=np.float64))
