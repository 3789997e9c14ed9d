"""Ill-formed pages: the work grows with their length, not with its square."""

from __future__ import annotations

import sys

import pytest

from metalearn.harvesters.openml.pages import read_evaluations
from metalearn.harvesters.openml.parameters import typed_value
from metalearn.harvesters.openml.xml import PageError, _free_texts, _mended, read_page

NS = b'xmlns:oml="http://openml.org/openml"'


def evaluation(name: bytes) -> bytes:
    return (
        b"<oml:evaluations " + NS + b"><oml:evaluation><oml:run_id>7</oml:run_id>"
        b"<oml:task_id>1</oml:task_id><oml:setup_id>2</oml:setup_id><oml:flow_id>3</oml:flow_id>"
        b"<oml:data_name>" + name + b"</oml:data_name><oml:function>f</oml:function>"
        b"<oml:value>0.5</oml:value></oml:evaluation></oml:evaluations>"
    )


def steps(text: str) -> int:
    """Lines of Python that reading the free texts of a page takes: no clock, the same anywhere."""
    n = 0

    def trace(*_: object) -> object:
        nonlocal n
        n += 1
        return trace

    sys.settrace(trace)  # type: ignore[arg-type]  # a tracer of any signature
    try:
        list(_free_texts(text))
    finally:
        sys.settrace(None)
    return n


@pytest.mark.parametrize(
    "piece",
    ["<oml:name>", "<oml:name><oml:value>", "<oml:name>x</oml:run>", "<oml:error>", "<oml:name a",
     "</oml:name>", "<oml:name>x</oml:value>"],
)  # fmt: skip
def test_free_texts_are_found_in_one_pass(piece: str) -> None:
    short, long = (steps(piece * n + "</oml:name>") for n in (200, 2000))
    assert long <= 10.5 * short + 50


@pytest.mark.parametrize("size", [200_000, pytest.param(4_000_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "piece",
    [b"<oml:name>", b"<oml:name", b"<oml:", b"<", b"&", b"&a", b"&#1", b"\x00<oml:name>",
     b"<oml:name><oml:value>", b"<oml:name>x</oml:run>", b"<!--", b"<![CDATA[", b"a=''", b"?"],
)  # fmt: skip
def test_rubbish_of_any_length_is_a_fault(piece: bytes, size: int) -> None:
    body = b"<oml:evaluations " + NS + b">" + piece * (size // len(piece))
    with pytest.raises(PageError):  # a quadratic reader would take hours for megabytes
        read_evaluations(body)


@pytest.mark.parametrize("size", [5_000, 500_000])
def test_the_number_of_a_character_of_any_length_is_text(size: int) -> None:
    body = evaluation(b"<x &#" + b"1" * size + b"; & &#xD8000000; &#65;")
    (row,) = read_evaluations(body).rows
    assert row.value == 0.5


def test_a_tag_of_any_length_is_a_fault() -> None:
    with pytest.raises(PageError, match="tag longer"):
        read_page(b"<oml:evaluations a='" + b"a" * (5 << 20) + b"'/>")


def test_free_texts_with_tags_inside_are_text() -> None:
    page = _mended(evaluation(b"a <oml:b> & </oml:value> <i>"))
    assert b"a &lt;oml:b&gt; &amp; &lt;/oml:value&gt; &lt;i&gt;</oml:data_name>" in page


def test_an_unclosed_free_text_does_not_swallow_the_next_row() -> None:
    row = evaluation(b"x & y").split(b"<oml:evaluation>")[1].removesuffix(b"</oml:evaluations>")
    body = b"<oml:evaluations " + NS + b"><oml:evaluation>" + row.replace(b"</oml:data_name>", b"")
    with pytest.raises(PageError):
        read_evaluations(body + b"<oml:evaluation>" + row + b"</oml:evaluations>")


@pytest.mark.parametrize(
    "text", ["1" * 500_000 + "x", "1." * 200_000, "0" * 5000 + "1", "9" * 5000]
)
def test_numbers_of_any_length_are_texts(text: str) -> None:
    assert typed_value(text, "mlr") == text


@pytest.mark.parametrize("text", ["-" * 300_000 + "1", "[" * 300_000, "(" * 70_000 + "1"])
def test_nesting_of_any_depth_is_text(text: str) -> None:
    assert typed_value(text, "sklearn") == text
