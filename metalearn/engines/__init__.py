"""Engines: where the independent parts of a command run, on this machine or on a cluster."""

from metalearn.catalogue import Catalogue
from metalearn.engines.engine import Engine, EngineFactory, EngineOptions, WorkerLostError
from metalearn.engines.opening import open_engine
from metalearn.engines.running import Work, outcomes, results

__all__ = [
    "CATALOGUE",
    "Engine",
    "EngineFactory",
    "EngineOptions",
    "Work",
    "WorkerLostError",
    "names",
    "open_engine",
    "outcomes",
    "results",
]

CATALOGUE: Catalogue[EngineFactory] = Catalogue(
    "engine",
    {
        "local": "metalearn.engines.local:LocalEngine",
        "dask": "metalearn.engines.dask:DaskEngine",
        "ray": "metalearn.engines.ray:RayEngine",
    },
)


def names() -> tuple[str, ...]:
    """Return the names of all engines."""
    return CATALOGUE.names()
