"""The server: who is answered, uploads, questions, jobs, crashes, limits, and what is left."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the extra web is not installed")

from starlette.testclient import TestClient

from metalearn.cli import main
from metalearn.web.application import application
from metalearn.web.guard import Guard
from metalearn.web.jobs import Job, JobPlan
from metalearn.web.options import ServeOptions
from tests.pages.safety import assert_safe

ROOT = Path(__file__).resolve().parents[2]
HERE = "http://127.0.0.1:8765"
OPTIONS = ServeOptions(
    worker=(sys.executable, str(Path(__file__).parent / "fake_worker.py")),
    hosts=("127.0.0.1:8765", "localhost:8765"),
    max_upload_bytes=50_000,
    max_rows=100,
    max_tables=3,
    time_limit_s=10.0,
)
LINKS = r"/[a-zA-Z0-9_/-]*|/api/openapi\.json|#.*|data:,"
TABLE = b"a,b,y\n1,2,u\n3,4,v\n"


@pytest.fixture
def client() -> Iterator[TestClient]:
    with started(OPTIONS) as found:
        yield found


def started(options: ServeOptions) -> TestClient:
    return TestClient(application(options), base_url=HERE, follow_redirects=False)


def upload(client: TestClient, content: bytes = TABLE, name: str = "table.csv") -> str:
    answer = client.post("/tables", files={"table": (name, content)})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def ask(client: TestClient, target: str = "y", question: str = "recommend", **values) -> str:
    columns = f"x,{target}\n1,2\n".encode()
    table = upload(client, columns)
    answer = client.post(f"{table}/jobs", data={"target": target, "question": question, **values})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def ended(client: TestClient, job: str) -> dict:
    """Wait for the end of a job, however slow the machine is: the server limits its seconds."""
    while True:
        status = client.get(f"/api{job}").json()
        if status["state"] in ("done", "failed", "cancelled"):
            return status
        time.sleep(0.02)


def test_pages_are_safe_and_headers_strict(client):
    for path in ("/", upload(client), "/api/", "/nothing", ask(client, "hang")):
        answer = client.get(path)
        assert_safe(answer.text, links=LINKS)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        for digest in re.findall(r"'sha256-[^']+'", answer.text):
            assert digest in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        # Without a referrer, browsers send `Origin: null` with forms, also with our own.
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
    assert client.get("/nothing").status_code == 404
    assert client.get("/tables").status_code == 405


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:80", "", "localhost"])
def test_other_hosts_are_refused(client, host):
    assert client.get("/", headers={"host": host}).status_code == 421
    assert client.get("/", headers={"host": "localhost:8765"}).status_code == 200


FOREIGN = (
    {"origin": "http://evil.example"}, {"origin": "null"}, {"origin": "http://127.0.0.1:9"},
    {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
)  # fmt: skip


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_other_origins_change_nothing(client, headers):
    assert client.post("/tables", files={"table": TABLE}, headers=headers).status_code == 403
    own = {"origin": HERE, "sec-fetch-site": "same-origin"}
    answer = client.post("/tables", files={"table": ("t.csv", TABLE)}, headers=own)
    assert answer.status_code == 303


def test_a_token_opens_the_server_once():
    with started(replace(OPTIONS, token="secret", hosts=())) as client:
        assert client.get("/").status_code == 401
        assert client.get("/?token=wrong").status_code == 401
        assert client.get("/", headers={"cookie": "metalearn_token=x"}).status_code == 401
        with_header = {"authorization": "Bearer secret"}
        assert client.get("/api/info", headers=with_header).status_code == 200
        answer = client.get("/api/?token=secret&x=1")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/api/?x=1"
        away = client.get("http://testserver//elsewhere.example/?token=secret")
        assert away.headers["location"] == "/elsewhere.example/"
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert client.get("/").status_code == 200
        assert upload(client) not in client.get("/").text  # others may have the token


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("t.csv", b"", "empty"),
        ("t.exe", TABLE, "endings"),
        ("", TABLE, "expected"),
        ("big.csv", b"a\n" + b"1\n" * 101, "101 rows"),
        ("crash.csv", b"crash\n1\n", "signal 9"),
        ("<script>alert(1)</script>.exe", TABLE, "&gt;"),
    ],
)
def test_bad_uploads_are_refused_and_nothing_is_kept(client, name, content, says):
    answer = client.post("/tables", files={"table": (name, content)})
    assert answer.status_code == 422
    assert says in answer.text
    assert_safe(answer.text, links=LINKS)
    folder = Path(client.app.state.server.folder.name)
    assert not [path for path in folder.rglob("*") if path.is_file()]
    assert str(folder) not in answer.text


def test_a_large_upload_is_refused_by_its_header_and_by_its_bytes(client):
    assert client.post("/tables", files={"table": ("t.csv", b"1" * 200_000)}).status_code == 413
    pieces = (b"1" * 50_000 for _ in range(100))
    header = {"content-type": "multipart/form-data; boundary=x"}
    assert client.post("/tables", content=pieces, headers=header).status_code == 413
    assert client.post("/tables", content=b"junk", headers=header).status_code in (400, 422)
    assert client.post("/tables").status_code == 422
    assert client.get("/").status_code == 200


def test_a_large_upload_that_came_whole_is_answered_at_once():
    pieces = [{"type": "http.request", "body": b"1" * 200_000}]
    answers = []

    async def receive():
        return pieces.pop()  # an error where a connection would wait for more

    async def send(message):
        answers.append(message)

    async def reads_all(scope, receive, send):
        while (await receive()).get("more_body"):
            pass

    scope = {"type": "http", "method": "POST", "path": "/tables", "query_string": b"",
             "headers": [(b"host", OPTIONS.hosts[0].encode())]}  # fmt: skip
    asyncio.run(Guard(reads_all, OPTIONS, "default-src 'none'")(scope, receive, send))
    assert answers[0]["status"] == 413


def test_names_of_files_and_columns_are_text(client):
    bad = '"><img src=x onerror=alert(1)>'
    content = f"{bad},</select><script>alert(1)</script>\n{bad},2\n".encode()
    table = upload(client, content, f"../../{bad}.csv")
    text = client.get(table).text
    assert_safe(text, links=LINKS)
    assert "<img" not in text
    assert "<script>alert" not in text
    server = client.app.state.server
    (kept,) = server.uploads._uploads.values()
    assert kept.path.resolve().is_relative_to(Path(server.folder.name).resolve())


def test_names_are_text_on_every_page_that_repeats_them(client):
    bad = '"><img src=x onerror=alert(1)>'
    table = upload(client, f"x,{bad},hang\n1,2,3\n".encode(), f"{bad}.csv")
    asked = {"target": "hang", "question": "fit"}
    job = client.post(f"{table}/jobs", data=asked).headers["location"]
    pages = [client.get("/"), client.get(job), client.get("/fits"),
             client.post(f"{table}/jobs", data={**asked, "target": f"{bad}2"}),
             client.post(f"{table}/jobs", data={**asked, "metric": bad * 30}),
             client.post(f"{table}/jobs", data={**asked, "question": bad}),
             client.post("/importance", data={"algorithm": f"--{bad}"}),
             client.get(f"/jobs/{bad}")]  # fmt: skip
    for page in pages:
        assert_safe(page.text, links=LINKS)
        assert "<img" not in page.text


def test_a_question_becomes_a_command_of_checked_values(client):
    table = upload(client)
    values = {"target": "y", "question": "recommend", "k": "3", "kind": "", "metric": "--kb=/etc"}
    job = client.post(f"{table}/jobs", data=values).headers["location"]
    assert ended(client, job)["state"] == "done"
    assert client.get(job).text == "<!doctype html><title>page</title>"
    server = client.app.state.server
    (done,) = server.jobs._jobs.values()
    argv = json.loads(done.answer.out)["argv"]
    assert argv[:4] == ["recommend", "--json", "--target=y", "-k3"]
    assert "--metric=--kb=/etc" in argv
    for wrong in (
        {"k": "0"}, {"k": "x"}, {"k": "1e9"}, {"kind": "x"}, {"target": "z"}, {"target": ""},
        {"metric": "x" * 501}, {"question": "fit", "time_budget": "601"},
        {"question": "fit", "time_budget": "nan"},
    ):  # fmt: skip
        assert client.post(f"{table}/jobs", data={**values, **wrong}).status_code == 422
    for wrong in ({"question": "kb"}, {"question": ""}):
        assert client.post(f"{table}/jobs", data={**values, **wrong}).status_code == 400


def test_columns_are_left_out_one_option_each(client):
    table = upload(client)
    values = {"target": "y", "question": "recommend", "ignore": ["a"]}
    job = client.post(f"{table}/jobs", data=values).headers["location"]
    assert ended(client, job)["state"] == "done"
    (done,) = client.app.state.server.jobs._jobs.values()
    assert "--ignore=a" in json.loads(done.answer.out)["argv"]
    assert '<option value="a" selected>' in client.get(table).text
    for wrong, says in (("z", "no column"), ("y", "column to predict")):
        answer = client.post(f"{table}/jobs", data={**values, "ignore": ["a", wrong]})
        assert (answer.status_code, says in answer.text) == (422, True)
    sent = {"files": {"table": ("t.csv", TABLE)}, "data": {"target": "y", "ignore": "a"}}
    assert "--ignore=a" in client.post("/api/describe", **sent).json()["argv"]


def test_a_job_reports_its_progress_and_survives_a_reload(client):
    job = ask(client, "slow")
    assert client.get(job).status_code == 200
    with client.stream("GET", f"{job}/events") as stream:
        events = [json.loads(line[6:]) for line in stream.iter_lines() if line]
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert events[-1]["state"] == "done"
    assert any(event["text"].startswith("step") for event in events)
    assert client.get(job).text.startswith("<!doctype html>")
    assert client.get(job).status_code == 200


def test_who_watches_slowly_sees_the_end():
    async def watched() -> list[str]:
        job, seen = Job("key", JobPlan("title", (), 1.0)), []
        async for status in job.changes():
            seen.append(status["state"])
            job.tell(state="done")  # while the first status is on its way
        return seen

    assert asyncio.run(watched()) == ["waiting", "done"]


def test_a_cancelled_job_ends_its_process_and_the_place_is_free(client):
    job = ask(client, "hang", "fit", time_budget="5")
    pool = client.app.state.server.long
    while not pool.processes:
        time.sleep(0.02)
    (pid,) = pool.processes
    assert client.post(f"{job}/cancel").status_code == 303
    assert "Cancelled" in client.get(job).text
    assert not Path(f"/proc/{pid}").exists()
    assert ended(client, ask(client, "y", "fit"))["state"] == "done"


def test_a_crash_is_a_message_with_the_next_step_and_the_server_goes_on(client):
    job = ask(client, "crash")
    assert ended(client, job)["state"] == "failed"
    answer = client.get(job)
    assert answer.status_code == 500
    assert "signal 9" in answer.text
    assert "Try again" in answer.text
    assert_safe(answer.text, links=LINKS)
    assert ended(client, ask(client))["state"] == "done"


def test_a_warm_worker_that_was_killed_is_replaced(client):
    assert ended(client, ask(client))["state"] == "done"
    idle = client.app.state.server.quick._idle
    for worker in idle:
        os.kill(worker.process.pid, signal.SIGKILL)
    while any(worker.process.returncode is None for worker in idle):
        time.sleep(0.02)
    assert ended(client, ask(client))["state"] == "done"


def test_an_error_of_a_command_is_shown(client):
    job = ask(client, "fail")
    assert "do this next" in ended(client, job)["text"]
    assert "do this next" in client.get(job).text


def test_work_that_takes_too_long_is_ended():
    with started(replace(OPTIONS, time_limit_s=0.2)) as client:
        assert "longer than 0.2 s" in ended(client, ask(client, "hang"))["text"]


def test_too_many_waiting_requests_are_refused():
    with started(replace(OPTIONS, n_workers=1, max_waiting=1, time_limit_s=2.0)) as client:
        jobs = [ask_known(client, table) for table in [upload(client, b"x,hang\n1,2\n")] * 4]
        texts = [client.get(f"/api{job}").json() for job in jobs]
        assert any("wait already" in text["text"] for text in texts)


def ask_known(client: TestClient, table: str) -> str:
    data = {"target": "hang", "question": "recommend"}
    return client.post(f"{table}/jobs", data=data).headers["location"]


def test_a_deleted_and_a_forgotten_table_are_gone(client):
    tables = [upload(client) for _ in range(4)]
    assert client.get(tables[0]).status_code == 404
    assert client.post(f"{tables[1]}/delete").status_code == 303
    assert client.get(tables[1]).status_code == 404
    assert client.get(tables[3]).status_code == 200
    folder = Path(client.app.state.server.folder.name)
    assert len(list(folder.rglob("*.csv"))) == 2


def test_nothing_is_left_when_the_server_ends():
    with started(OPTIONS) as client:
        upload(client)
        ask(client, "hang")
        server = client.app.state.server
        folder = Path(server.folder.name)
        pids = server.quick.processes
    assert not folder.exists()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_the_end_of_the_server_answers_who_waits_for_it(client):
    server = client.app.state.server
    job = ask(client, "hang")
    sent = {"files": {"table": ("t.csv", b"x,hang\n1,2\n")}, "data": {"target": "hang"}}
    with ThreadPoolExecutor() as threads:
        asked = [threads.submit(client.post, "/api/similar", **sent) for _ in range(3)]
        watched = threads.submit(client.get, f"{job}/events")
        while len(server.quick.processes) < OPTIONS.n_workers:
            time.sleep(0.02)
        client.portal.call(server.end)
        assert [answer.result().status_code for answer in asked] == [500] * 3
        assert "cancelled" not in watched.result().text  # the page stays, and says what to do


def test_the_memory_is_written_once_and_nothing_else_is_served(client):
    answer = client.get("/memory/")
    assert answer.status_code == 303
    job = answer.headers["location"]
    assert ended(client, job)["state"] == "done"
    assert client.get(job).headers["location"] == "/memory/"
    assert "memory" in client.get("/memory/").text
    upload(client)
    for place in ("../x", "%2e%2e/x", "..%2f..%2fetc/passwd", "data", "manifest.json/x", "%00"):
        assert client.get(f"/memory/{place}").status_code in (303, 404)


def test_the_api_answers_with_what_the_command_prints(client):
    answer = client.post("/api/recommend", files={"table": ("t.csv", TABLE)}, data={"target": "y"})
    assert answer.status_code == 200
    assert answer.json()["argv"][0] == "recommend"
    assert not client.app.state.server.uploads._uploads
    for target, status, says in (("z", 422, "no column"), ("y", 200, "argv")):
        sent = {"files": {"table": ("t.csv", TABLE)}, "data": {"target": target}}
        answer = client.post("/api/similar", **sent)
        assert (answer.status_code, says in answer.text) == (status, True)
    crashed = client.post(
        "/api/fit", files={"table": ("t.csv", b"x,crash\n1,2\n")}, data={"target": "crash"}
    )
    assert crashed.status_code in (422, 500)
    assert "error" in crashed.json()
    assert client.get("/api/info").json()["argv"] == ["kb", "info", "--json"]
    assert client.get("/api/priors/svc").json()["argv"][-1] == "svc"
    assert client.get("/api/priors/--out=x").status_code == 404


def test_the_api_is_described(client):
    described = client.get("/api/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    for path, methods in described["paths"].items():
        assert path in client.get("/api/").text.replace("&#123;", "{")
        for about in methods.values():
            assert about["summary"]
            assert "200" in about["responses"]
    body = described["paths"]["/api/fit"]["post"]["requestBody"]
    schema = body["content"]["multipart/form-data"]["schema"]
    assert schema["properties"]["time_budget"]["maximum"] == OPTIONS.max_budget_s


def test_the_model_of_a_fit_is_a_file_until_the_session_ends(client):
    job = ask(client, "y", "fit", time_budget="5")
    assert ended(client, job)["state"] == "done"
    answer = client.get(f"{job}/model")
    assert answer.content == b"model"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == 'attachment; filename="table.metalearn"'
    assert answer.headers["cache-control"] == "no-store"
    fits = client.get("/fits").text
    assert_safe(fits, links=LINKS)
    assert f'href="{job}/model"' in fits
    other = ask(client, "y", "recommend")
    assert ended(client, other)["state"] == "done"
    assert client.get(f"{other}/model").status_code == 404
    assert other not in client.get("/fits").text
    server = client.app.state.server
    for done in server.jobs._jobs.values():
        done.used -= 2 * OPTIONS.keep_s
    server.jobs.forget()
    assert not list(Path(server.folder.name).glob("*.metalearn"))


def test_a_failed_or_cancelled_fit_leaves_no_model(client):
    job = ask(client, "fail", "fit", time_budget="5")
    assert ended(client, job)["state"] == "failed"
    assert client.get(f"{job}/model").status_code == 404
    assert not list(Path(client.app.state.server.folder.name).glob("*.metalearn"))


def test_the_leaderboard_of_a_model_file_and_nothing_of_it_is_kept(client):
    bad = '"><img src=x onerror=alert(1)>'
    assert client.post("/models").status_code == 400
    answer = client.post("/models", files={"model": (bad, b"bytes")})
    job = answer.headers["location"]
    assert "&gt;&lt;img" in client.get(job).text or client.get(job).text.startswith("<!doctype")
    assert ended(client, job)["state"] == "done"
    (done,) = client.app.state.server.jobs._jobs.values()
    argv = json.loads(done.answer.out)["argv"]
    assert argv[:2] == ["leaderboard", "--json"]
    assert not list(Path(client.app.state.server.folder.name).rglob("*.given"))
    large = {"files": {"model": ("m", b"1" * 200_000)}}
    assert client.post("/models", **large).status_code == 413


def test_importance_is_asked_for_by_a_name(client):
    job = client.post("/importance", data={"algorithm": "svc"}).headers["location"]
    assert ended(client, job)["state"] == "done"
    (done,) = client.app.state.server.jobs._jobs.values()
    words = json.loads(done.answer.out)["argv"]
    assert (words[0], words[-1]) == ("importance", "svc")
    for wrong in ({}, {"algorithm": ""}, {"algorithm": "--kb=/etc"}, {"algorithm": "x" * 501}):
        assert client.post("/importance", data=wrong).status_code == 422


def test_an_error_leads_back_to_the_table_which_remembers_what_was_asked(client):
    job = ask(client, "fail", metric="mae")
    ended(client, job)
    text = client.get(job).text
    table = re.search(r'class="button" href="(/tables/[^"]+)"', text)[1]
    assert "metalearn fit" not in text
    form = client.get(table).text
    assert '<option value="fail" selected>' in form
    assert 'value="mae"' in form
    assert f'href="{table}"' in client.get("/").text


def test_refusals_are_pages_for_browsers_and_lines_for_programs(client):
    large = {"files": {"table": ("t.csv", b"1" * 200_000)}}
    page = client.post("/tables", **large, headers={"accept": "text/html,*/*"})
    assert page.status_code == 413
    assert_safe(page.text, links=LINKS)
    assert 'class="button" href="/"' in page.text
    assert client.post("/tables", **large).text.startswith("The upload is larger than 0.05 MB")
    pieces = (b"1" * 50_000 for _ in range(100))
    header = {"content-type": "multipart/form-data; boundary=x", "accept": "text/html"}
    assert "<h1>Refused" in client.post("/tables", content=pieces, headers=header).text


def test_the_page_is_opened_in_the_browser_if_there_is_one(monkeypatch, capsys):
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)  # None: there is no browser
    monkeypatch.setattr("metalearn.web.listening.listen", lambda _, listener: listener.close())
    assert main(["serve", "--kb", str(ROOT / "data"), "--port", "0", "--open"]) == 0
    said = capsys.readouterr().out
    assert opened[0] in said
    assert "no browser" in said


def test_a_wide_table_shows_its_first_columns_and_offers_all(client):
    names = ",".join(f"c{i}" for i in range(500))
    values = ",".join(["1"] * 499)
    text = client.get(upload(client, f"{names}\n{values},x\n".encode())).text
    assert "480 more columns are not shown" in text
    assert text.count("<option value=") > 500
    assert text.count("<td") == 20
