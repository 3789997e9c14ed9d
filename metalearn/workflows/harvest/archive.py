"""Journal of a harvest: each valid server answer is written to disk before it is used.

A killed harvest leaves its answers in the journal. The same harvest started again repeats the
sequence of requests, takes the answers in the same order, and requests only the rest.
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
    """Stores the answers of one harvest in a journal beside the store.

    Args:
        kb: The store to fill.
        scope: Scope of the harvest as JSON text; answers of another scope are dropped.

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
        self.start: dict[str, Any] = {}  # knowledge at the start of this harvest, by measure
        self.is_resumed = self._read(scope)
        if not self.is_resumed:
            self._journal.clear()
            self._journal.append({"scope": scope, "time": time.time()})

    def take(self, path: str) -> Answer | None:
        """Return the next answer to `path` from the journal of an interrupted harvest."""
        waiting = self._left.get(path)
        if not waiting:
            return None
        record = waiting.popleft()
        body = zlib.decompress(base64.b85decode(record["body"]))
        return Answer(path, record["status"], body, record["time"])

    def keep(self, answer: Answer) -> None:
        """Append an answer durably."""
        body = base64.b85encode(zlib.compress(answer.body, 3)).decode("ascii")
        self._journal.append(
            {"path": answer.path, "status": answer.status, "time": answer.time, "body": body}
        )

    def remember(self, name: str, value: Any) -> Any:
        """Return the value stored under a name when this harvest began; else store `value`."""
        if name not in self.start:
            self._journal.append({"start": name, "value": value})
            self.start[name] = value
        return self.start[name]

    def remember_hints(self, name: str, hints: Hints | None) -> Hints | None:
        """Return the hints stored under a name at the start of this harvest; else store these."""
        value = hints and [hints.above, sorted(hints.recent), hints.awaited, hints.fresh]
        kept = self.remember(name, value)
        if kept is None:
            return None
        above, recent, awaited, fresh = kept
        newest = frozenset((run, engine) for run, engine in recent)
        return Hints(above, newest, tuple(awaited), tuple(fresh))

    def finish(self) -> None:
        """Clear the journal after a complete harvest, whose rows are in the store."""
        self._journal.clear()
        self.close()

    def close(self) -> None:
        """Close the journal and keep its content."""
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
