"""A server of its own process and the system's Chromium, for tests in a real browser."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["chromium", "served"]

ROOT = Path(__file__).resolve().parents[2]


def chromium() -> str | None:
    """Return the path of the system's Chromium; None if there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


@contextmanager
def served(*options: str) -> Iterator[tuple[str, int]]:
    """Yield the address of a running server and the number of its process."""
    words = [sys.executable, "-m", "metalearn", "serve", "--port", "0", *options]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": "."}
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found is not None, line
        yield found[0].rstrip("/"), process.pid
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
