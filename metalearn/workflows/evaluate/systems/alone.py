"""Runs a fit in a process of its own, and keeps rows so that an interrupted comparison goes on."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from metalearn.errors import InputError

__all__ = ["KeptRows", "run_alone"]

_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_CODE = """
import json, resource, runpy, sys
one_fit = (runpy.run_path if sys.argv[1].endswith(".py") else runpy.run_module)(sys.argv[1])
row = one_fit["one_fit"](json.loads(sys.argv[2]))
used = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
row["cpu_s"] = sum(u.ru_utime + u.ru_stime for u in used)
print("ROW", json.dumps(row))
"""


def run_alone(
    python: str, source: str, job: Mapping[str, Any], *, limit_s: float
) -> dict[str, Any]:
    """Return what `one_fit(job)` of a module or script returns, from a process of one thread.

    `cpu_s` is added: processor seconds of the process and its children.

    Args:
        python: The interpreter.
        source: Name of a module, or path of a script.
        job: Passed as JSON.
        limit_s: Seconds after which the process is ended.

    Returns:
        The row; if it fails, `error` in words and a `loss` of NaN.
    """
    try:
        done = subprocess.run(
            [python, "-W", "ignore", "-c", _CODE, source, json.dumps(job)],
            capture_output=True, text=True, check=False, env={**os.environ, **_ONE_THREAD},
            timeout=limit_s,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"error": f"stopped after {limit_s:g} s", "loss": float("nan")}
    rows = [line for line in done.stdout.splitlines() if line.startswith("ROW ")]
    if not rows:
        why = done.stderr.strip().splitlines()[-1:] or ["no answer"]
        return {"error": why[0], "loss": float("nan")}
    return dict(json.loads(rows[-1][4:]))


class KeptRows:
    """Rows of finished fits in a file, one JSON object a line.

    Args:
        path: The file; None keeps them in memory.
        identity: Names of the entries that identify a fit.

    Raises:
        InputError: If the file holds something else.
    """

    def __init__(self, path: Path | None, identity: Sequence[str]) -> None:
        self._path, self._identity = path, tuple(identity)
        self.rows: list[dict[str, Any]] = []
        if path is not None and path.exists():
            whole, _, part = path.read_text("utf-8").rpartition("\n")
            if part:  # the end of a row that was being written when the program was ended
                path.write_text(f"{whole}\n" if whole else "", encoding="utf-8")
            self.rows = [_row(line, path) for line in whole.splitlines()]
            missing = [n for n in self._identity if any(n not in row for row in self.rows)]
            if missing:
                raise InputError(
                    f"{str(path)!r} holds no fits of this comparison: {', '.join(missing)} "
                    "missing; choose another folder"
                )
        self._place = {self._key(row): i for i, row in enumerate(self.rows)}

    def has(self, job: Mapping[str, Any]) -> bool:
        """Return whether the fit was made."""
        return self._key(job) in self._place

    def of(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """Return the row of a fit that was made."""
        return self.rows[self._place[self._key(job)]]

    def add(self, row: dict[str, Any]) -> None:
        """Keep a row; it is on the disk when the call returns."""
        self._place[self._key(row)] = len(self.rows)
        self.rows.append(row)
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(row) + "\n")

    def _key(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(row[name] for name in self._identity)


def _row(line: str, path: Path) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(f"{str(path)!r} has a line that is no JSON: {line[:60]!r}") from error
    if not isinstance(row, dict):
        raise InputError(f"{str(path)!r}: expected one JSON object a line, got {line[:60]!r}")
    return row
