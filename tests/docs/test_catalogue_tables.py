"""The tables of plug-ins in the documentation are those that the script writes."""

from __future__ import annotations

import pytest

from experiments.catalogue_tables import ROOT, pages


@pytest.mark.parametrize("path", pages(), ids=str)
def test_tables_are_up_to_date(path):
    written = (ROOT / path).read_text(encoding="utf-8")
    assert written == pages()[path], "run python -m experiments.catalogue_tables"
