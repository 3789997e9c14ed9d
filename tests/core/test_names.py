"""One string is one name; what is unknown is refused with the nearest known names."""

from __future__ import annotations

import pytest

from metalearn.core.names import known_names, names_of
from metalearn.errors import UnknownNameError, did_you_mean, listed


@pytest.mark.parametrize(
    ("given", "names"),
    [("svc", ("svc",)), (["svc", "svr", "svc"], ("svc", "svr")), (None, ()), ((), ())],
)
def test_names(given, names):
    assert names_of(given) == names


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("random_forrest", "'random_forest'"),
        ("Random-Forest", "'random_forest'"),
        ("forest", "'random_forest'"),
        ("SVC", "'svc'"),
        ("zzz", ""),
    ],
)
def test_did_you_mean(name, near):
    assert near in did_you_mean(name, ["svc", "random_forest", "ridge"])
    assert bool(did_you_mean(name, ["svc", "random_forest", "ridge"])) == bool(near)


def test_unknown_names_are_refused():
    assert known_names("task", "adult", ["adult", "car"]) == ("adult",)
    with pytest.raises(UnknownNameError, match=r"unknown task 'adlut'; known: .* mean 'adult'"):
        known_names("task", ["car", "adlut"], ["adult", "car"])


def test_long_lists_are_cut():
    assert listed(map(str, range(100))).endswith("39, ... (100 in all)")
