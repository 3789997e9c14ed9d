"""What engines of other libraries share: a future of the standard library for one of theirs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from importlib import import_module
from typing import Any

from metalearn.errors import MissingPackageError

__all__ = ["RemoteFuture", "package_of"]


class RemoteFuture(Future[Any]):
    """The result of a call on a cluster.

    Args:
        cancel_there: Cancels the call on the cluster.
    """

    def __init__(self, cancel_there: Callable[[], object]) -> None:
        super().__init__()
        self._cancel_there = cancel_there

    def cancel(self) -> bool:
        """Cancel the call, here and on the cluster."""
        was_cancelled = super().cancel()
        if was_cancelled:
            self._cancel_there()
        return was_cancelled

    def settle(self, result: Callable[[], Any]) -> None:
        """Take the result, or the error that `result` raises; nothing once it was cancelled."""
        if not self.set_running_or_notify_cancel():
            return
        try:
            self.set_result(result())
        except BaseException as error:  # whoever waits gets it
            self.set_exception(error)


def package_of(module: str, extra: str) -> Any:  # Any: an optional package, untyped here
    """Return the module of an engine's package.

    Raises:
        MissingPackageError: If the package itself is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != module.partition(".")[0]:
            raise  # the package is there, and lacks something of its own: not to be masked
        raise MissingPackageError(module, extra, f"the engine {extra!r}") from error
