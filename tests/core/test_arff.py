"""ARFF as Weka reads it (ArffLoader of Weka 3.8; files of OpenML, UCI, KEEL and openSMILE)."""

from __future__ import annotations

import pytest

from metalearn.core.arff import Attribute, attribute_of, row_cells
from metalearn.errors import InputError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@attribute x numeric", Attribute("x", "numeric")),
        ("@ATTRIBUTE\tx\tREAL [0.0, 7.9]", Attribute("x", "numeric")),
        ("@Attribute legs INTEGER [0,9]", Attribute("legs", "integer")),
        ("@attribute legs integer[0,9]", Attribute("legs", "integer")),
        ("@attribute x numeric % in seconds", Attribute("x", "numeric")),
        ("@attribute l {-1,1} %{<=50K, >50K}", Attribute("l", "nominal", ("-1", "1"))),
        ("@attribute c1{0,1}", Attribute("c1", "nominal", ("0", "1"))),
        ("@attribute 'c 1'{0,1}", Attribute("c 1", "nominal", ("0", "1"))),
        ('@attribute "c 1" { \'x\', "y z" }', Attribute("c 1", "nominal", ("x", "y z"))),
        ("@attribute a {' x','y'}", Attribute("a", "nominal", (" x", "y"))),
        ("@attribute a {}", Attribute("a", "nominal")),
        ("@attribute a { }", Attribute("a", "nominal")),
        (r"@attribute a {'\'B1\'','a\\b','t\tb','50\%'}",
         Attribute("a", "nominal", ("'B1'", "a\\b", "t\tb", "50%"))),
        ("@attribute a {'}', '{,'}", Attribute("a", "nominal", ("}", "{,"))),
        ('@attribute d date "yyyy-MM-dd HH:mm"', Attribute("d", "date")),
        ("@attribute d DATE", Attribute("d", "date")),
        ("@attribute s string", Attribute("s", "string")),
        ("@attribute % numeric", Attribute("%", "numeric")),
        (r"@attribute 'it\'s' numeric", Attribute("it's", "numeric")),
    ],
)  # fmt: skip
def test_declarations(text: str, expected: Attribute) -> None:
    assert attribute_of(text) == expected


@pytest.mark.parametrize(
    "text", ["@attribute x", "@attribute", "@attribute x relational", "@attribute a {x,y"]
)
def test_what_is_no_declaration(text: str) -> None:
    with pytest.raises(InputError):
        attribute_of(text)


A = (Attribute("x", "numeric"), Attribute("b", "nominal", ("u", "v")), Attribute("e", "nominal"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,u,?", ["1", "u", ""]),
        ("1\tu\t?", ["1", "u", ""]),
        ("1,u,? % a comment", ["1", "u", ""]),
        ("1,'u % v',?", ["1", "u % v", ""]),
        ("1,u,?, {5}", ["1", "u", ""]),
        ("{0 3}", ["3", "u", ""]),
        ("{0 3, 1 v}, {2.5}", ["3", "v", ""]),
        ("1,u", None),
        ("1,'u,?", None),
    ],
)
def test_rows(text: str, expected: list[str] | None) -> None:
    assert row_cells(text, A) == expected
