"""A process that runs commands for `metalearn serve`: one at a time, read from standard input.

A line of JSON asks: `{"argv": [...], "links": [[text, address], ...]}` for a command, or
`{"look": PATH, "most_rows": N, "most_bytes": N}` for the columns of a table. Lines of JSON answer:
`{"progress": [text, done, total]}` any number of times, and at last `{"code", "out", "err"}`.
The process ends with its standard input, or with the process that started it.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from metalearn.cli.progress import reporting

__all__ = ["main"]

_PREVIEW_ROWS = 5
_EVERY_S = 0.25  # between two reports of progress


def main() -> None:
    """Answer until standard input ends."""
    answers = _own_output()
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    _warm_up()
    for line in sys.stdin:
        asked = json.loads(line)
        answer = _looked(asked) if "look" in asked else _run(asked, answers)
        _say(answers, answer)


def _own_output() -> TextIO:
    """Return the stream of answers; what is printed otherwise goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os.killpg(0, signal.SIGKILL)


def _warm_up() -> None:
    """Load what most requests need, so that the first one need not wait for it."""
    import metalearn.cli.main
    import metalearn.pages.recommend
    import metalearn.pages.similar
    import metalearn.workflows.recommend.ask
    import metalearn.workflows.similar  # noqa: F401


def _say(answers: TextIO, answer: Mapping[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def _run(asked: Mapping[str, Any], answers: TextIO) -> dict[str, Any]:
    """Run a command as the shell would."""
    from metalearn.cli.main import main as command
    from metalearn.pages.rendering import Link, navigation

    out, err = io.StringIO(), io.StringIO()
    last = [0.0]

    def report(text: str, done: float, total: float | None) -> None:
        now = time.monotonic()
        if now - last[0] >= _EVERY_S:
            last[0] = now
            _say(answers, {"progress": [text, done, total]})

    links = [Link(text, href) for text, href in asked.get("links", ())]
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        navigation(links),
        reporting(report),
    ):
        try:
            code = command(asked["argv"])
        except SystemExit as error:  # argparse
            code = error.code if isinstance(error.code, int) else 2
    return {"code": code, "out": out.getvalue(), "err": err.getvalue()}


def _looked(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return columns, number of rows and first rows of a table, read as every command reads it."""
    from metalearn.errors import InputError, MetalearnError
    from metalearn.learners.table_files import load_frame

    path, most = Path(asked["look"]), int(asked["most_rows"])
    try:
        _check_unpacked(path, int(asked["most_bytes"]))
        frame = load_frame(path)
        if len(frame) > most:
            raise InputError(
                f"the table has {len(frame):,} rows; this server takes {most:,} (--max-rows). "
                "Upload a sample, or use the command line"
            )
    except MetalearnError as error:
        return {"code": 1, "out": "", "err": str(error)}
    except Exception as error:  # a reader's own error is a message too
        return {"code": 1, "out": "", "err": f"the table cannot be read: {error}"}
    head = frame.head(_PREVIEW_ROWS)
    found = {
        "columns": [str(name) for name in frame.columns],
        "n_rows": len(frame),
        "head": head.astype(object).where(head.notna(), "").astype(str).to_numpy().tolist(),
    }
    return {"code": 0, "out": json.dumps(found), "err": ""}


def _check_unpacked(path: Path, most: int) -> None:
    """Refuse a packed file that is much larger inside.

    Raises:
        InputError: If it is.
    """
    from metalearn.errors import InputError

    with path.open("rb") as file:
        if file.read(2) != b"\x1f\x8b":
            return
    size = 0
    with contextlib.suppress(OSError, EOFError), gzip.open(path) as unpacked:
        while chunk := unpacked.read(1 << 20):
            size += len(chunk)
            if size > most:
                raise InputError(
                    f"the file unpacks to more than {most / 1e6:,.0f} MB, which this server does "
                    "not take. Upload a sample, or use the command line"
                )


if __name__ == "__main__":
    main()
