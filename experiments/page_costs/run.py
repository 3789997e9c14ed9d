"""What do pages and the server cost?

    python experiments/page_costs/run.py [--page docs/evidence/pages.md]

Measures the bundled store: size and processor seconds of `report`, sizes of single pages, and of a
server of its own first paint, recommendations, a load of requests, and what a killed process
leads to. Writes the figures into the page of evidence.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from experiments.pages import write_parts
from experiments.web_load.run import ROOT, load, multipart, served, timed

TABLE = ("examples/customers.csv", "--target", "churned", "--ignore", "customer")
PAGES = {
    "recommend": ("recommend", *TABLE),
    "similar": ("similar", *TABLE),
    "importance": ("importance", "svc"),
    "priors": ("priors", "svc"),
}
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
CLIENTS, REQUESTS = 10, 500
PAINTED = "(performance.getEntriesByType('paint')[0] || {startTime: 0}).startTime"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "evidence" / "pages.md")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [*report_rows(Path(folder)), *page_rows(Path(folder)), *server_rows()]
    wanted = f"{os.getloadavg()[1]:.0f} processes wanted {os.cpu_count()} processors"
    rows.append(("the machine, meanwhile", wanted))
    table = ["| What | Measured |", "| --- | --- |"]
    table += [f"| {what} | {measured} |" for what, measured in rows]
    print("\n".join(table))
    write_parts(arguments.page, {"page costs": "\n".join(table)})


def report_rows(folder: Path) -> Iterator[tuple[str, str]]:
    site = folder / "site"
    words = ("report", "--kb", "data", "--out", str(site))
    first, again = seconds_of(*words), seconds_of(*words)
    pages = [path.stat().st_size for path in site.rglob("*.html")]
    every = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    yield ("pages of `metalearn report`", f"{len(pages)}, the largest {max(pages) / 1e3:.0f} kB; "
           f"with all CSV {every / 1e6:.0f} MB")  # fmt: skip
    yield "processor seconds of `report`", f"{first:.1f}"
    yield "the same again, nothing changed", f"{again:.1f}, most of them imports"
    yield "processor seconds of `metalearn --version`", f"{seconds_of('--version'):.1f}"


def page_rows(folder: Path) -> Iterator[tuple[str, str]]:
    sizes = {}
    for name, words in PAGES.items():
        path = folder / f"{name}.html"
        seconds_of(*words, "--kb", "data", "--html", str(path))
        sizes[name] = path.stat().st_size
    listed = ", ".join(f"`{name}` {size / 1e3:.0f} kB" for name, size in sizes.items())
    yield "pages of one result", listed


def server_rows() -> Iterator[tuple[str, str]]:
    with served() as (address, pid):
        found = load(address, pid, REQUESTS, CLIENTS)
        if CHROMIUM is not None:
            paint, errors = first_paint(address)
            yield (
                "first paint of `serve` in Chromium",
                f"{paint:.2f} s, {errors} errors on the console",
            )
        warm = found["first_and_second_recommendation_s"]
        before = processor_seconds(pid)
        timed(address, 0)
        used = processor_seconds(pid) - before
        yield ("a recommendation for the README's table", f"{warm[0]} s, then {warm[1]} s, of "
               f"which the server and its workers compute {used:.2f} s")  # fmt: skip
        pages = found["page_s_median_and_largest"]
        what = f"{REQUESTS} requests from {CLIENTS} clients, one of 25 a recommendation"
        yield (what, f"{len(found['errors'])} errors, {found['seconds']} s; pages {pages[0]} s in "
               f"the median, {pages[1]} s at most")  # fmt: skip
        server, workers = found["server_mb_before_and_after"], found["workers_mb_before_and_after"]
        yield ("memory of the server, before and after", f"{server[0]} and {server[1]} MB; its "
               f"workers at most {max(*workers[0], *workers[1])} MB each")  # fmt: skip
        yield (
            "a fit whose process is killed (`kill -9`)",
            f"the page says: {killed_fit(address, pid)}",
        )


def seconds_of(*words: str) -> float:
    """Return the processor seconds of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "metalearn", *words], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def first_paint(address: str) -> tuple[float, int]:
    """Return seconds until something is drawn, the better of two visits, and console errors."""
    from playwright.sync_api import sync_playwright

    seconds, errors = [], []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for _ in range(2):
            page = browser.new_page()
            page.on("console", lambda said: said.type == "error" and errors.append(said.text))
            page.goto(address)
            # The content policy forbids the text that `wait_for_function` evaluates in the page.
            while not (drawn := page.evaluate(PAINTED)):
                page.wait_for_timeout(20)
            seconds.append(drawn / 1e3)
        browser.close()
    return min(seconds), len(errors)


def killed_fit(address: str, pid: int) -> str:
    """Start a fit, kill its process, and return the sentence on its page."""
    body, kind = multipart({}, "table", ROOT / TABLE[0])
    answer = urllib.request.urlopen(urllib.request.Request(f"{address}/tables", body, kind))
    asked = {"target": "churned", "question": "fit", "time_budget": "60"}
    answer = urllib.request.urlopen(f"{answer.url}/jobs", urllib.parse.urlencode(asked).encode())
    job = urllib.parse.urlparse(answer.url).path
    for _ in range(120):
        status = json.load(urllib.request.urlopen(f"{address}/api{job}"))
        if status["state"] == "failed":
            break
        if status["state"] == "running" and "fit" in status["text"]:
            for child in workers_of(pid):
                os.kill(child, signal.SIGKILL)
        time.sleep(0.5)
    return re.sub(r"\s+", " ", str(status["text"]))


def processor_seconds(pid: int) -> float:
    """Return the processor seconds that a server and its workers have used until now."""
    ticks = 0
    for process in (pid, *workers_of(pid)):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def workers_of(pid: int) -> list[int]:
    """Return the processes of a server that work for it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(c) for c in children if b"web_worker" in Path(f"/proc/{c}/cmdline").read_bytes()]


if __name__ == "__main__":
    main()
