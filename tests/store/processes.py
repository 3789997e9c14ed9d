"""Writers as real processes, forked from a warm one: killed at any instant, or without rights.

Run as `python -m tests.store.processes FOLDER`; prints one JSON document, by scenario.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from metalearn.errors import BusyError, StoreError
from metalearn.store import open_store, writing
from tests.store.worlds import batch


def forked(work: Callable[[], object]) -> int:
    """Run `work` in a child process and return its id; its exit code is 0 if it returned."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        work()
        code = 0
    except BaseException as error:
        print(repr(error), file=sys.stderr)
    finally:
        os._exit(code)


def succeeded(child: int) -> bool:
    return os.waitpid(child, 0)[1] == 0


def write_for_ever(path: Path) -> None:
    """Publish one task more at a time, some of them in the middle of a block."""
    known = 0
    if path.exists():
        with open_store(path) as store:
            known = len(store.tasks())
    while True:
        with writing(path) as writer:
            for _ in range(2):
                writer.load(batch(n_tasks=known + 1))
                known += 1
                writer.publish()


def wait_for_publish(path: Path) -> None:
    """Return as soon as another file lies at the path."""
    before = path.stat().st_ino
    while path.stat().st_ino == before:
        time.sleep(0.005)


def check(path: Path, report: Path) -> None:
    """Note what a reader sees; fails if the snapshot is not whole."""
    with open_store(path) as store:
        n = len(store.tasks())
        problems = store.verify()
        whole = len(store.evaluations("accuracy")) == 3 * n
    report.write_text(json.dumps({"n": n, "whole": whole, "problems": len(problems)}))


def killed(path: Path) -> list[dict[str, object]]:
    """Kill writers after different times; note what is left after each."""
    seen: list[dict[str, object]] = []
    report = path.with_suffix(".json")
    with_store = forked(lambda: write_once(path, 1))
    assert succeeded(with_store)
    for seconds, n_published in ((0.02, 0), (0.15, 0), (0.0, 1), (0.05, 2)):
        child = forked(lambda: write_for_ever(path))
        for _ in range(n_published):
            wait_for_publish(path)
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert succeeded(forked(lambda: check(path, report)))
        about = json.loads(report.read_text())
        report.unlink()
        seen.append(about | {"left": sorted(file.name for file in path.parent.iterdir())})
    assert succeeded(forked(lambda: write_once(path, int(str(seen[-1]["n"])) + 1)))
    assert succeeded(forked(lambda: check(path, report)))
    seen.append(json.loads(report.read_text()))
    report.unlink()
    return [*seen, {"left": sorted(file.name for file in path.parent.iterdir())}]


def write_once(path: Path, n_tasks: int) -> None:
    with writing(path) as writer:
        writer.load(batch(n_tasks=n_tasks))


def busy(path: Path) -> dict[str, object]:
    """A second process is refused while the first writes, and reads meanwhile."""
    ready, done = os.pipe(), os.pipe()

    def hold() -> None:
        write_once(path, 1)
        with writing(path) as writer:
            writer.load(batch(n_tasks=2))
            os.write(ready[1], b"x")
            os.read(done[0], 1)

    child = forked(hold)
    os.read(ready[0], 1)
    message = ""
    with open_store(path) as store:
        n = len(store.tasks())
    try:
        with writing(path):
            pass
    except BusyError as error:
        message = str(error)
    os.write(done[1], b"x")
    return {"child": child, "message": message, "n": n, "ended": succeeded(child)}


def readonly(_: Path) -> str:
    """Write into a folder where we may not; as another user if we are root."""
    folder = Path(tempfile.mkdtemp())  # pytest's own folders are closed to other users
    read, write = os.pipe()

    def attempt() -> None:
        if os.geteuid() == 0:
            os.setuid(65534)
        try:
            write_once(folder / "kb.duckdb", 1)
        except StoreError as error:
            os.write(write, str(error).encode())

    folder.chmod(0o555)
    try:
        succeeded(forked(attempt))
    finally:
        os.close(write)
        shutil.rmtree(folder)
    return os.read(read, 4096).decode()


if __name__ == "__main__":
    found: dict[str, object] = {}
    for name, scenario in {"killed": killed, "busy": busy, "readonly": readonly}.items():
        folder = Path(sys.argv[1]) / name
        folder.mkdir()
        found[name] = scenario(folder / "kb.duckdb")
    print(json.dumps(found))
