"""How does `metalearn serve` answer many requests at once?

    python experiments/web_load/run.py [--requests 500] [--clients 10]

Starts a server of its own on the bundled store, sends requests from threads (every 25th a
recommendation for the example table, the others pages and documents), and prints errors, seconds
and the memory of the server and its workers.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("/", "/api/", "/api/openapi.json", "/api/info")
EVERY = 25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--clients", type=int, default=10)
    arguments = parser.parse_args()
    with served() as (address, pid):
        result = load(address, pid, arguments.requests, arguments.clients)
    print(json.dumps(result, indent=1))


@contextmanager
def served() -> Iterator[tuple[str, int]]:
    """Yield the address of a server on the bundled store, and the number of its process."""
    words = [sys.executable, "-m", "metalearn", "serve", "--port", "0", "--kb", str(ROOT / "data")]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        found = re.search(r"http://[^/\s]+", server.stdout.readline())
        yield found[0], server.pid
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=60)


def load(address: str, pid: int, n: int, n_clients: int) -> dict[str, object]:
    """Return what was measured."""
    first = timed(address, 1)
    recommended = [timed(address, 0), timed(address, 0)]
    before = memory_mb(pid)
    started = time.perf_counter()
    with ThreadPoolExecutor(n_clients) as clients:
        answers = list(clients.map(lambda i: timed(address, i), range(n)))
    seconds = time.perf_counter() - started
    pages = np.array([s for i, (s, _) in enumerate(answers) if i % EVERY])
    asked = np.array([s for i, (s, _) in enumerate(answers) if i % EVERY == 0])
    return {
        "requests": n,
        "clients": n_clients,
        "errors": [error for _, error in answers if error],
        "seconds": round(seconds, 1),
        "first_page_s": round(first[0], 3),
        "first_and_second_recommendation_s": [round(s, 2) for s, _ in recommended],
        "page_s_median_and_largest": [round(float(v), 3) for v in (np.median(pages), pages.max())],
        "recommendation_s_median_and_largest": [
            round(float(v), 2) for v in (np.median(asked), asked.max())
        ],
        "server_mb_before_and_after": [before[0], memory_mb(pid)[0]],
        "workers_mb_before_and_after": [before[1], memory_mb(pid)[1]],
    }


def timed(address: str, i: int) -> tuple[float, str]:
    """Return seconds of a request, and what went wrong; "" for nothing."""
    started = time.perf_counter()
    try:
        request = recommendation(address) if i % EVERY == 0 else address + PLACES[i % len(PLACES)]
        with urllib.request.urlopen(request, timeout=120) as answer:
            answer.read()
        return time.perf_counter() - started, ""
    except OSError as error:
        return time.perf_counter() - started, str(error)


def recommendation(address: str) -> urllib.request.Request:
    table = ROOT / "examples" / "customers.csv"
    return urllib.request.Request(
        f"{address}/api/recommend", *multipart({"target": "churned"}, "table", table)
    )


def multipart(values: dict[str, str], field: str, path: Path) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers of a form with a file."""
    head = "--x\r\nContent-Disposition: form-data; name="
    parts = [f'{head}"{name}"\r\n\r\n{value}\r\n'.encode() for name, value in values.items()]
    parts.append(f'{head}"{field}"; filename="{path.name}"\r\n\r\n'.encode())
    body = b"".join([*parts, path.read_bytes(), b"\r\n--x--\r\n"])
    return body, {"Content-Type": "multipart/form-data; boundary=x"}


def memory_mb(pid: int) -> tuple[int, list[int]]:
    """Return the resident megabytes of the server, and of each of its processes."""
    children = [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]
    return _resident(pid), [_resident(child) for child in children]


def _resident(pid: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) // 1024 if found else 0


if __name__ == "__main__":
    main()
