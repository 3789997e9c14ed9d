"""Catalogues: lazy tables of names, open to others by entry points."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint

import pytest

import metalearn.catalogue as module
from metalearn.catalogue import Catalogue
from metalearn.errors import MetalearnError, UnknownNameError

OURS = {"log": "math:log", "broken": "no_such_module:thing"}


@pytest.fixture
def registered(monkeypatch):
    points: list[EntryPoint] = []

    def entry_points(group: str) -> list[EntryPoint]:
        return [point for point in points if point.group == group]

    monkeypatch.setattr(module, "entry_points", entry_points)
    return points


def test_loads_on_use_only(registered):
    sys.modules.pop("colorsys", None)
    catalogue: Catalogue[object] = Catalogue("tool", {"rgb": "colorsys:rgb_to_hls", **OURS})
    assert catalogue.names() == ("rgb", "log", "broken")
    assert "colorsys" not in sys.modules
    assert catalogue.get("rgb").__name__ == "rgb_to_hls"


def test_unknown_names_list_the_known(registered):
    with pytest.raises(UnknownNameError, match="unknown tool 'sin'; known: log, broken") as caught:
        Catalogue("tool", OURS).get("sin")
    assert isinstance(caught.value, LookupError)


def test_others_add_theirs(registered):
    registered.append(EntryPoint("sqrt", "math:sqrt", "metalearn.tools"))
    registered.append(EntryPoint("floor", "math:floor", "metalearn.others"))
    catalogue: Catalogue[object] = Catalogue("tool", OURS)
    assert catalogue.names() == ("log", "broken", "sqrt")
    assert catalogue.get("sqrt")(4.0) == 2.0


def test_a_name_used_twice_is_an_error(registered):
    registered.append(EntryPoint("log", "math:log10", "metalearn.tools"))
    with pytest.raises(MetalearnError, match="'log' is used twice: math:log and math:log10; ren"):
        Catalogue("tool", OURS).names()


def test_the_same_entry_twice_is_none(registered):
    registered.append(EntryPoint("log", "math:log", "metalearn.tools"))
    assert Catalogue("tool", OURS).names() == ("log", "broken")


def test_two_strangers_with_one_name(registered):
    registered.append(EntryPoint("sqrt", "math:sqrt", "metalearn.tools"))
    registered.append(EntryPoint("sqrt", "cmath:sqrt", "metalearn.tools"))
    with pytest.raises(MetalearnError, match="used twice: math:sqrt and cmath:sqrt"):
        Catalogue("tool", OURS).names()


def test_an_alias_is_found_but_not_listed(registered):
    catalogue: Catalogue[object] = Catalogue("tool", OURS, aliases={"ln": "log"})
    assert catalogue.names() == ("log", "broken")
    assert catalogue.get("ln") is catalogue.get("log")
    registered.append(EntryPoint("ln", "math:log10", "metalearn.tools"))
    with pytest.raises(MetalearnError, match="'ln' is used twice: it is an alias of 'log'"):
        Catalogue("tool", OURS, aliases={"ln": "log"}).names()


def test_plug_ins_are_those_of_other_packages(registered):
    registered.append(EntryPoint("sqrt", "math:sqrt", "metalearn.tools"))
    ours = {"tools": "metalearn.catalogue:load"}
    catalogue: Catalogue[object] = Catalogue("tool", ours, aliases={"t": "tools"})
    assert [catalogue.is_plug_in(name) for name in ("tools", "t", "sqrt")] == [False, False, True]
    with pytest.raises(UnknownNameError):
        catalogue.is_plug_in("cbrt")
