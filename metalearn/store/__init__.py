"""The meta-dataset store: tasks x configurations x scores in one DuckDB file, with provenance."""

from metalearn.store.locations import bundled_store, default_store, user_store
from metalearn.store.reading import Store, open_store
from metalearn.store.results import Cursor, Page, Problem, StoreInfo
from metalearn.store.writing import Writer, writing

__all__ = [
    "Cursor",
    "Page",
    "Problem",
    "Store",
    "StoreInfo",
    "Writer",
    "bundled_store",
    "default_store",
    "open_store",
    "user_store",
    "writing",
]
