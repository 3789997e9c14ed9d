"""Every meta-feature of the catalogue keeps the contract."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from metalearn.metafeatures import GROUPS, MetaFeature
from metalearn.testing.metafeature import MetaFeatureContract
from metalearn.testing.tables import TABLES

CATALOGUE = [(group, name) for group in GROUPS.names() for name in GROUPS.get(group).features]


every_feature = pytest.mark.parametrize(
    ("group", "name"), CATALOGUE, ids=[f"{group}:{name}" for group, name in CATALOGUE]
)


@every_feature
class TestCatalogue(MetaFeatureContract):
    tables: ClassVar = ("iris", "categorical", "mixed")  # numbers, categories, both

    @pytest.fixture
    def feature(self, group: str, name: str) -> MetaFeature:
        return GROUPS.get(group).features[name]


@pytest.mark.slow
class TestCatalogueOnAllTables(TestCatalogue):
    tables: ClassVar = tuple(TABLES)


def test_no_name_is_used_in_two_groups():
    names = [name for _, name in CATALOGUE]
    assert len(names) == len(set(names))


def test_every_metafeature_is_documented():
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "metafeatures.md"
    text = page.read_text(encoding="utf-8")
    assert not [name for _, name in CATALOGUE if f"`{name}`" not in text]
