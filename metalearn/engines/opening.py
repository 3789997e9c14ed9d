"""Opening an engine, for as long as a block of code runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from metalearn.catalogue import catalogue_of
from metalearn.engines.engine import Engine, EngineFactory, EngineOptions

__all__ = ["open_engine"]

_OF_JOBLIB = {"DaskDistributedBackend": "dask", "RayBackend": "ray"}


@contextmanager
def open_engine(options: EngineOptions) -> Iterator[Engine]:
    """Yield the engine of that name, and close it at the end of the block.

    Within `joblib.parallel_config("dask")` or `("ray")`, `local` means that cluster.

    Raises:
        UnknownNameError: If there is no such engine.
        MissingPackageError: If its package is not installed.
        UsageError: If an option has no meaning for it.
    """
    if options.name == "local" and options.jobs != 1:
        options = replace(options, name=_OF_JOBLIB.get(_joblib_backend(), "local"))
    factory: EngineFactory = catalogue_of("engine").get(options.name)
    engine = factory(options)
    try:
        yield engine
    finally:
        engine.close()


def _joblib_backend() -> str:
    """Return the name of the class of joblib's active backend."""
    from joblib.parallel import get_active_backend

    return type(get_active_backend()[0]).__name__
