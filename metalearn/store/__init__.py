"""The meta-dataset store: tasks x configurations x scores in one DuckDB file, with provenance."""

from metalearn.store.exporting import backup, export_parquet
from metalearn.store.locations import bundled_at_size, bundled_store, default_store, user_store
from metalearn.store.merging import merge
from metalearn.store.reading import Store, open_store, opened_store
from metalearn.store.results import Cursor, Page, Problem, StoreInfo
from metalearn.store.writer import Writer, writing

__all__ = [
    "Cursor",
    "Page",
    "Problem",
    "Store",
    "StoreInfo",
    "Writer",
    "backup",
    "bundled_at_size",
    "bundled_store",
    "default_store",
    "export_parquet",
    "merge",
    "open_store",
    "opened_store",
    "user_store",
    "writing",
]
