"""Pages and the server in a real browser: what users do, without errors, for everyone."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("starlette", reason="the extra web is not installed")
playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

from metalearn.pages.evaluate import evaluate_page  # noqa: E402
from metalearn.pages.rendering import write_page  # noqa: E402
from metalearn.pages.report.build import write_site  # noqa: E402
from metalearn.pages.systems import systems_page  # noqa: E402
from metalearn.store import open_store, writing  # noqa: E402
from metalearn.testing.worlds import clusters  # noqa: E402
from metalearn.workflows.evaluate.recommenders import evaluate  # noqa: E402
from tests.pages.test_systems import evaluation  # noqa: E402
from tests.web.browser import ROOT, chromium, served  # noqa: E402

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium() is None, reason="there is no Chromium on this system"),
    pytest.mark.filterwarnings("default"),
]
TABLE = ROOT / "examples" / "customers.csv"
WIDTHS = (390, 1280)
HOSTILE = '"><img src=x onerror=alert(1)>'


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, int]]:
    with served("--kb", "data") as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    found = context.new_page()
    found.set_default_timeout(120_000)
    errors: list[str] = []
    found.on("console", lambda said: said.type == "error" and errors.append(said.text))
    found.on("pageerror", lambda error: errors.append(str(error)))
    found.on("dialog", lambda dialog: errors.append(dialog.message) or dialog.dismiss())
    yield found
    context.close()
    refusals = ("404 (", "413 (", "422 (", "500 (Internal")
    assert not [e for e in errors if not any(status in e for status in refusals)]


def check(page) -> None:
    """No sideways scrolling at both widths, light and dark; no violation of axe's rules."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page.wait_for_function("document.readyState == 'complete'")  # a click does not wait for it
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert over <= 0, (page.url, width)
        found = axe.run(page)
        assert found.violations_count == 0, found.generate_report()
    page.emulate_media(color_scheme="light")


def upload(page, address: str, path: Path | dict = TABLE) -> None:
    page.goto(address)
    page.set_input_files("#table", path)
    page.click("button:has-text('Upload')")
    page.wait_for_selector("#target")


def test_from_a_table_to_a_recommendation(page, server):
    address, _ = server
    page.goto(address)
    check(page)
    upload(page, address)
    check(page)
    page.select_option("#target", "churned")
    page.fill("#k", "6")
    page.click("button:has-text('Recommend')")
    page.wait_for_selector("h1:has-text('What to try')")
    check(page)
    seconds = page.locator("table").first.locator("tbody tr td:nth-child(5)")
    before = seconds.all_inner_texts()
    assert page.locator("svg .mark").count() == 1  # the table on the map
    page.click("th:has-text('seconds') button")
    after = seconds.all_inner_texts()
    assert after == sorted(before, key=float)
    assert page.get_attribute("th:has-text('seconds')", "aria-sort") == "ascending"
    page.click("nav >> text=The table")
    page.wait_for_selector("#target")


DROP = """([name, text]) => {
  const files = new DataTransfer();
  files.items.add(new File([text], name));
  for (const type of ["dragover", "drop"])
    document.querySelector("h1").dispatchEvent(
      new DragEvent(type, {dataTransfer: files, bubbles: true, cancelable: true}));
}"""


def test_a_table_is_dropped_anywhere_and_a_column_is_left_out(page, server):
    page.goto(server[0])
    assert page.is_visible("text=Or drop the file")
    page.evaluate(DROP, ["empty.csv", ""])
    said = page.evaluate("document.querySelector('#table').validationMessage")
    assert said == "This file is empty."
    page.evaluate(DROP, ["customers.csv", TABLE.read_text()])
    page.wait_for_selector("#target")
    page.select_option("#target", "churned")
    page.click("summary:has-text('Leave columns out')")
    check(page)
    page.select_option("#ignore", ["customer"])
    page.click("button:has-text('Describe')")
    page.wait_for_selector("h1:has-text('is like')")
    assert "900 rows, 10 columns" in page.inner_text("main")
    page.go_back()
    assert page.is_visible("#ignore")


def test_a_page_of_progress_says_that_the_server_has_ended(browser):
    context = browser.new_context()
    page = context.new_page()  # one whose console may say that the connection was refused
    page.set_default_timeout(120_000)
    with served("--kb", "data") as (address, _):
        upload(page, address)
        page.select_option("#target", "churned")
        page.click("button:has-text('Fit')")
        page.wait_for_selector("[role=status]:has-text('fit')")
    page.wait_for_selector("[role=status]:has-text('start it again')")
    context.close()


def test_the_map_names_what_is_pointed_at(page, server):
    upload(page, server[0])
    page.select_option("#target", "churned")
    page.click("button:has-text('Similar tasks')")
    page.wait_for_selector("svg.chart")
    first = page.locator("svg [data-tip].near").first
    first.dispatch_event("pointerenter")
    assert page.inner_text("output.tip") == first.get_attribute("data-tip")
    assert page.locator("tr.lit").count() == 1
    check(page)


def test_a_fit_is_watched_reloaded_and_cancelled(page, server):
    upload(page, server[0])
    page.select_option("#target", "churned")
    page.fill("#budget", "60")
    page.click("button:has-text('Fit')")
    page.wait_for_selector("progress")
    page.wait_for_selector("[role=status]:has-text('fit')")
    page.reload()
    page.wait_for_selector("[role=status]:has-text('fit')")
    check(page)
    page.click("button:has-text('Cancel')")
    page.wait_for_selector("text=Cancelled")
    check(page)


def test_a_fit_has_a_page_and_a_model(page, server):
    rows = TABLE.read_text().splitlines(keepends=True)[:151]
    file = {"name": "customers.csv", "mimeType": "text/csv", "buffer": "".join(rows).encode()}
    upload(page, server[0], file)
    page.select_option("#target", "churned")
    page.fill("#budget", "60")
    page.click("button:has-text('Fit')")
    page.wait_for_selector("h1:has-text('What was fitted'), .error", timeout=300_000)
    assert page.locator(".error").count() == 0, page.inner_text("main")
    check(page)
    with page.expect_download() as download:
        page.click("nav >> text=The model")
    assert download.value.suggested_filename == "customers.metalearn"
    saved = download.value.path()
    page.click("nav >> text=Fits")
    page.wait_for_url("**/fits")
    check(page)
    page.set_input_files("#model", saved)
    page.click("button:has-text('Show the leaderboard')")
    page.wait_for_selector("h1:has-text('Leaderboard of customers')")
    check(page)


def test_a_range_of_a_marginal_is_brushed_and_seen_on_the_surfaces(page, server):
    page.goto(server[0])
    page.fill("#algorithm", "ridge")
    page.click("button:has-text('What matters in it')")
    page.wait_for_selector("h1:has-text('What matters in ridge')", timeout=180_000)
    strips = page.locator("[data-brush] rect")
    axis = page.locator("[data-brush]").first.get_attribute("data-brush")
    said = page.locator("figure:has([data-brush]) output").first
    strips.nth(3).hover()
    assert said.inner_text().startswith(f"{axis} = ")
    page.mouse.down()
    strips.nth(30).hover()
    page.mouse.up()
    assert " to " in said.inner_text()
    page.locator("svg:has([data-brush])").first.press("Escape")
    assert said.inner_text() == ""
    check(page)


def test_a_killed_worker_is_a_message(page, server):
    address, pid = server
    upload(page, address)
    page.select_option("#target", "churned")
    page.fill("#budget", "60")
    page.click("button:has-text('Fit')")
    page.wait_for_selector("[role=status]:has-text('fit')")
    for child in _children(pid):
        if b"web_worker" in Path(f"/proc/{child}/cmdline").read_bytes():
            os.kill(child, signal.SIGKILL)
    page.wait_for_selector("text=It did not work")
    assert "signal 9" in page.inner_text("main")
    check(page)
    upload(page, address)  # the server goes on


def test_a_large_file_is_named_before_it_is_sent_and_refused_with_a_page(page, server):
    page.goto(server[0])
    big = {"name": "big.csv", "mimeType": "text/csv", "buffer": b"a,b\n" + b"1,2\n" * 6_000_000}
    page.set_input_files("#table", big)
    said = page.evaluate("document.querySelector('#table').validationMessage")
    assert said == "This file has 24.0 MB; at most 20 MB are taken."
    page.evaluate("document.querySelector('#table').setCustomValidity('')")  # as without scripts
    page.click("button:has-text('Upload')")
    page.wait_for_selector(".error:has-text('larger than 20 MB')")
    check(page)


def test_back_leads_to_what_was_asked(page, server):
    upload(page, server[0])
    page.select_option("#target", "plan")
    page.click("button:has-text('Describe')")
    page.wait_for_selector("h1:has-text('What customers is like')")
    check(page)
    page.go_back()
    assert page.input_value("#target") == "plan"


def test_hostile_names_are_text(page, server):
    quoted = '"' + HOSTILE.replace('"', '""') + '"'
    text = f"{quoted},x,y\n" + "".join(f"{quoted},{i},{'uv'[i % 2]}\n" for i in range(30))
    file = {"name": f"{HOSTILE}.csv", "mimeType": "text/csv", "buffer": text.encode()}
    upload(page, server[0], file)
    check(page)
    page.click("button:has-text('Describe')")
    page.wait_for_selector("h1:has-text('is like'), .error")
    check(page)
    assert page.locator("img").count() == 0
    page.go_back()
    page.fill("#metric", HOSTILE)
    page.click("button:has-text('Recommend')")
    page.wait_for_selector(".error")
    check(page)
    assert page.locator("img").count() == 0
    page.goto(server[0])
    page.wait_for_selector("li:has-text('onerror')")
    check(page)
    assert page.locator("img").count() == 0


def test_two_browsers_watch_one_fit_and_one_cancels_it(browser, page, server):
    upload(page, server[0])
    page.select_option("#target", "churned")
    page.click("button:has-text('Fit')")
    page.wait_for_selector("[role=status]:has-text('fit')")
    context = browser.new_context()
    other = context.new_page()
    other.goto(page.url)
    other.wait_for_selector("[role=status]:has-text('fit')")
    other.click("button:has-text('Cancel')")
    other.wait_for_selector("text=Cancelled")
    context.close()
    page.wait_for_selector("text=Cancelled")  # without a reload by hand


def test_comparisons_of_methods_and_systems(page, tmp_path):
    meta = clusters(np.random.default_rng(0), n_tasks=24, n_configurations=12).meta
    methods = evaluate(meta, ["portfolio", "average-rank"], ks=(1, 3), seed=0)
    file = tmp_path / "page.html"
    for shown in (
        evaluate_page(methods), evaluate_page(methods, "Optimizers"),
        systems_page(evaluation("iris", "wine", "car")),
    ):  # fmt: skip
        write_page(shown, file)
        page.goto(file.as_uri())
        check(page)


def test_what_is_not_there_and_a_store_without_tasks(page, server, tmp_path):
    page.goto(f"{server[0]}/tables/gone")
    page.wait_for_selector(".error:has-text('upload it again.')")
    check(page)
    with writing(tmp_path / "kb.duckdb"):
        pass
    with open_store(tmp_path / "kb.duckdb") as store:
        site = write_site(store, tmp_path / "site")
    for name in site.written:
        page.goto((site.folder / name).as_uri())
        check(page)


def test_the_memory(page, server):
    page.goto(f"{server[0]}/memory/")
    page.wait_for_selector("h1:has-text('What the memory knows')", timeout=240_000)
    check(page)
    page.click("nav.site >> text=Tasks")
    check(page)
    page.fill(".filter input", "credit-g")
    assert page.locator("tbody tr:visible").count() == 1
    page.click("td a:has-text('credit-g')")
    page.wait_for_selector("text=Similar tasks")
    check(page)
    page.click("nav.site >> text=Algorithms")
    page.click("td a:has-text('svc')")
    page.wait_for_selector("text=Defaults to paste")
    check(page)


def test_everything_works_without_scripts(browser, server):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(120_000)
    upload(page, server[0])
    page.select_option("#target", "churned")
    page.click("button:has-text('Recommend')")
    page.wait_for_selector("h1:has-text('What to try')")
    assert page.locator("table").first.locator("tbody tr").count() == 10
    context.close()


def test_the_keyboard_is_enough(page, server):
    page.goto(server[0])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "table":
            return
    raise AssertionError("the keyboard does not reach the file")


def _children(pid: int) -> list[int]:
    return [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]
