"""The tables of plug-ins in the documentation are those that the script writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.catalogue_tables import PAGES, ROOT, pages


@pytest.fixture(scope="module")
def written() -> dict[Path, str]:
    return pages()


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_tables_are_up_to_date(path: Path, written: dict[Path, str]) -> None:
    kept = (ROOT / path).read_text(encoding="utf-8")
    assert kept == written[path], "run python -m experiments.catalogue_tables"


def test_every_page_is_checked(written: dict[Path, str]) -> None:
    assert set(written) == set(PAGES)
