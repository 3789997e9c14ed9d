"""Addresses of OpenML's API: filters as path segments, never longer than a server accepts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

__all__ = ["MAX_LENGTH", "address", "id_batches"]

MAX_LENGTH = 7_000  # Apache refuses request lines above 8,190 bytes; a margin for proxies


def address(endpoint: str, **filters: object) -> str:
    """Return `endpoint/name/value/...`; sequences become comma lists, None is left out.

    >>> address("evaluation/list", function="f_measure", task=[3, 31], limit=None)
    'evaluation/list/function/f_measure/task/3,31'
    """
    parts = [endpoint]
    for name, value in filters.items():
        if value is None:
            continue
        if isinstance(value, (list, tuple)):
            text = ",".join(str(item) for item in value)
        else:
            text = str(value)
        parts += [name, quote(text, safe=",.:-_()")]
    return "/".join(parts)


def id_batches(
    ids: Sequence[int], most: int = 500, length: int = MAX_LENGTH
) -> Iterator[list[int]]:
    """Yield batches of ids of at most `most` items and `length` characters as a comma list."""
    batch: list[int] = []
    used = 0
    for item in ids:
        size = len(str(item)) + 1
        if batch and (len(batch) >= most or used + size > length):
            yield batch
            batch, used = [], 0
        batch.append(item)
        used += size
    if batch:
        yield batch
