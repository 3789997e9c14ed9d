"""The contract of an importer; run it over yours by overriding two fixtures.

class TestMine(ImporterContract):
@pytest.fixture
def read(self): ...          # your `Reader`
@pytest.fixture
def published(self): ...     # path of a small set in your format
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from metalearn.core.records import COLUMNS, Batch
from metalearn.errors import MetalearnError
from metalearn.harvesters.options import Reader

__all__ = ["ImporterContract"]


def _rows(batches: list[Batch], table: str) -> pd.DataFrame:
    parts: list[pd.DataFrame] = [getattr(batch, table) for batch in batches]
    return pd.concat([p for p in parts if len(p)] or parts[:1], ignore_index=True)


class ImporterContract:
    """What every reader of a published format keeps."""

    @pytest.fixture
    def read(self) -> Reader:
        """Return the reader to check; override this."""
        raise NotImplementedError("override the fixture `read`")

    @pytest.fixture
    def published(self) -> Path:
        """Return the path of a small set; override this."""
        raise NotImplementedError("override the fixture `published`")

    def test_reading_twice_gives_the_same(self, read: Reader, published: Path) -> None:
        """Batches do not depend on when the set is read."""
        once, again = list(read(published)), list(read(published))
        assert len(once) == len(again)
        for table in COLUMNS:
            pd.testing.assert_frame_equal(_rows(once, table), _rows(again, table))
        assert [b.rejected for b in once] == [b.rejected for b in again]

    def test_it_holds_evaluations_with_their_source(self, read: Reader, published: Path) -> None:
        """There is something to load, and each batch names where it comes from."""
        batches = list(read(published))
        assert sum(len(batch.evaluations) for batch in batches) > 0
        assert all(batch.source.name and batch.source.location for batch in batches)

    def test_references_are_never_ahead(self, read: Reader, published: Path) -> None:
        """Tasks, configurations and metrics come before or with the rows that refer to them."""
        tasks: set[str] = set()
        configurations: set[str] = set()
        algorithms: set[str] = set()
        metrics: set[str] = set()
        for batch in read(published):
            tasks |= set(batch.tasks["task"])
            configurations |= set(batch.configurations["configuration"])
            algorithms |= set(batch.algorithms["algorithm"])
            metrics |= set(batch.metrics["metric"])
            assert set(batch.configurations["algorithm"]) <= algorithms
            assert set(batch.evaluations["task"]) <= tasks
            assert set(batch.evaluations["configuration"]) <= configurations
            assert set(batch.evaluations["metric"]) <= metrics
            assert set(batch.meta_features["task"]) <= tasks

    def test_rejected_rows_have_a_count_and_a_reason(self, read: Reader, published: Path) -> None:
        """A reason is a text, a count is above 0."""
        for batch in read(published):
            assert all(reason and count > 0 for reason, count in batch.rejected.items())

    @pytest.mark.parametrize("content", [None, b"", b"\x00\xff\xfe\x80garbage", b"a,b\n1,2\n"])
    def test_what_is_not_such_a_set_is_our_error(
        self, read: Reader, tmp_path: Path, content: bytes | None
    ) -> None:
        """A path without a set, an empty file and garbage are refused, and the file is named."""
        path = tmp_path / "no_such_set.csv"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(MetalearnError) as caught:
            list(read(path))
        assert str(caught.value)
        assert "no_such_set" in str(caught.value) or tmp_path.name in str(caught.value)
