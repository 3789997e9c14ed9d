"""The table of systems has a row for every preset, and the command prints it."""

from __future__ import annotations

import json

import pytest

from metalearn.automl.strategies import names
from metalearn.cli.main import main
from metalearn.workflows.systems import system_rows


def test_every_preset_has_a_row_that_is_complete():
    rows = system_rows()
    assert tuple(row.preset for row in rows) == names()
    for row in rows:
        parts = [row.architecture, row.operators, row.search, row.improvements, row.keeps]
        assert all(parts) != bool(row.needs), row
        assert row.system or row.preset == "default"
        assert row.differs or row.preset == "default"


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_prints_all_rows(as_json, capsys):
    assert main(["systems", *(["--json"] if as_json else [])]) == 0
    text = capsys.readouterr().out
    if as_json:
        found = json.loads(text)["systems"]
        assert [row["preset"] for row in found if not row["available"]] == list(names()[-4:])
    assert all(name in text for name in names())
