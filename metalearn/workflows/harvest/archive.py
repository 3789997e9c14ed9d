"""Answers on their way into the store: each good one is on the disk before it is used.

A harvest that was killed left its answers here; the same harvest started again takes the same way,
finds them in the same order, and asks the server only for what is not there.
"""

from __future__ import annotations

import base64
import time
import zlib
from collections import defaultdict, deque
from pathlib import Path
from typing import Any

from metalearn.errors import BusyError
from metalearn.harvesters.openml import Answer, Hints
from metalearn.workflows.writeback.journal import Journal, Record

__all__ = ["JournalArchive"]

_MAX_AGE_S = 12 * 3600.0


class JournalArchive:
    """Keeps the answers of one harvest in a journal beside the store.

    Args:
        kb: The store that is being filled.
        scope: What is being harvested, as JSON text; answers to something else are dropped.

    Raises:
        BusyError: If another harvest into the same store is running.
    """

    def __init__(self, kb: Path, scope: str) -> None:
        self.path = kb.with_name(kb.name + ".harvest")
        try:
            self._journal = Journal(self.path)
        except BusyError as error:
            raise BusyError(
                f"another harvest into {kb} is running ({error.holder}); wait until it has "
                "finished, or harvest into another store and merge the two (metalearn kb merge)"
            ) from None
        self._left: defaultdict[str, deque[Record]] = defaultdict(deque)
        self.start: dict[str, Any] = {}  # what was known when this harvest began, by measure
        self.is_resumed = self._read(scope)
        if not self.is_resumed:
            self._journal.clear()
            self._journal.append({"scope": scope, "time": time.time()})

    def take(self, path: str) -> Answer | None:
        """Return the next answer to `path` that an interrupted harvest left."""
        waiting = self._left.get(path)
        if not waiting:
            return None
        record = waiting.popleft()
        body = zlib.decompress(base64.b85decode(record["body"]))
        return Answer(path, record["status"], body, record["time"])

    def keep(self, answer: Answer) -> None:
        """Write an answer to the disk."""
        body = base64.b85encode(zlib.compress(answer.body, 3)).decode("ascii")
        self._journal.append(
            {"path": answer.path, "status": answer.status, "time": answer.time, "body": body}
        )

    def remember(self, name: str, value: Any) -> Any:
        """Return what was kept under a name when this harvest began; keep `value` if nothing."""
        if name not in self.start:
            self._journal.append({"start": name, "value": value})
            self.start[name] = value
        return self.start[name]

    def remember_hints(self, name: str, hints: Hints | None) -> Hints | None:
        """Return the hints that were kept under a name when this harvest began, or these."""
        value = hints and [hints.above, sorted(hints.recent), hints.awaited, hints.fresh]
        kept = self.remember(name, value)
        if kept is None:
            return None
        above, recent, awaited, fresh = kept
        newest = frozenset((run, engine) for run, engine in recent)
        return Hints(above, newest, tuple(awaited), tuple(fresh))

    def finish(self) -> None:
        """Forget everything: the harvest is complete, and its rows are in the store."""
        self._journal.clear()
        self.close()

    def close(self) -> None:
        """Give the journal free, with what is in it."""
        self._journal.close()

    def _read(self, scope: str) -> bool:
        records = self._journal.records()
        head = next(records, None)
        if head is None or head.get("scope") != scope:
            return False
        if time.time() - float(head.get("time", 0)) > _MAX_AGE_S:
            return False
        for record in records:
            if "start" in record:
                self.start[record["start"]] = record["value"]
                continue
            self._left[record["path"]].append(record)
        return True
