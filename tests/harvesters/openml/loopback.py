"""An OpenML server on 127.0.0.1, over real sockets, that can misbehave in every known way.

It follows the XML and the rules of the real API: listings without order, counts instead of lists
that are too long, page caps, error codes with HTTP 412.
"""

from __future__ import annotations

import gzip
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from .world import World

NS = 'xmlns:oml="http://openml.org/openml"'
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY a{i} "&a{i - 1 if i > 1 else ""};&a{i - 1 if i > 1 else ""};">'
        for i in range(1, 30)
    )
    + f"]><oml:evaluations {NS}>&a29;</oml:evaluations>"
)


class Loopback:
    """Serves a world; a context manager.

    Args:
        world: What it holds.
        cap: Most rows in one answer of `evaluation/list` and `run/list`.
        fault: From path and request number to the name of a fault, or None.
        before: Called before every request, for worlds that move.
    """

    def __init__(
        self,
        world: World,
        *,
        cap: int = 1000,
        fault: Callable[[str, int], str | None] = lambda path, n: None,
        before: Callable[[str, int], None] = lambda path, n: None,
    ) -> None:
        self.world, self.cap, self.fault, self.before = world, cap, fault, before
        self.requests: list[tuple[float, str]] = []
        self.headers: list[dict[str, str]] = []
        self.keys: set[str] = set()
        self.canary_hits = 0
        self.peak = 0
        self._active = 0
        self._lock = threading.Lock()
        self._last_page = ""
        self._ended = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer._handle(self)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/api/v1/xml"

    @property
    def paths(self) -> list[str]:
        return [path for _, path in self.requests]

    def forget(self) -> None:
        self.requests.clear()

    def __enter__(self) -> Loopback:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    # --- one request

    def _handle(self, handler: Any) -> None:
        path = unquote(urlsplit(handler.path).path)
        self.keys |= set(parse_qs(urlsplit(handler.path).query).get("api_key", []))
        if "canary" in path:
            self.canary_hits += 1
        with self._lock:
            self._active += 1
            self.peak = max(self.peak, self._active)
            self.requests.append((time.monotonic(), path.removeprefix("/api/v1/xml/")))
            self.headers.append(dict(handler.headers.items()))
            number = len(self.requests)
            self.before(path, number)
        try:
            short = path.removeprefix("/api/v1/xml/")
            fault = self.fault(short, number)
            status, body = self._answer(short, fault)
            self._send(handler, status, body, fault)
        except (BrokenPipeError, ConnectionResetError):
            handler.close_connection = True
        finally:
            with self._lock:
                self._active -= 1

    def _send(self, handler: Any, status: int, body: str, fault: str | None) -> None:
        plain = body.encode("utf-8", "surrogatepass")
        status, data, headers = _misbehaved(fault or "", status, plain, self.url)
        packed = "gzip" in handler.headers.get("Accept-Encoding", "")
        if packed and status in (200, 412):
            data = gzip.compress(data, 1)
            headers["Content-Encoding"] = "gzip"
        if fault == "badgzip":
            data = data[:10] + b"\x00\xff" * 20
        if fault == "silent":  # ends when the client hangs up and the test is over
            self._ended.wait(600)
            handler.close_connection = True
            return
        if fault in ("close", "close-silent", "close-drip"):
            headers["Connection"] = "close"
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        self._write(handler, data, fault)

    def _write(self, handler: Any, data: bytes, fault: str | None) -> None:
        """Write an answer: all of it at once, or as the fault has it."""
        if fault == "reset":
            handler.wfile.write(data[: len(data) // 2])
            handler.wfile.flush()
            linger = struct.pack("ii", 1, 0)
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            handler.close_connection = True
            handler.connection.close()
        elif fault == "close-silent":
            handler.wfile.write(data[: len(data) // 2])
            handler.wfile.flush()
            self._ended.wait(600)
        elif fault in ("drip", "close-drip"):
            for at in range(len(data)):  # ends when the client hangs up
                handler.wfile.write(data[at : at + 1])
                handler.wfile.flush()
                time.sleep(0.05)
        else:
            handler.wfile.write(data)

    # --- the API

    def _answer(self, path: str, fault: str | None) -> tuple[int, str]:
        parts = [part for part in path.split("/") if part]
        for endpoint, method in (
            ("evaluation/list", self._evaluations), ("run/list", self._runs),
            ("setup/list", self._setups), ("task/list", self._tasks),
            ("estimationprocedure/list", self._procedures),
        ):  # fmt: skip
            if parts[:2] == endpoint.split("/"):
                rest = parts[2:]
                return method(dict(zip(rest[::2], rest[1::2], strict=False)), fault)
        if parts[:2] == ["data", "qualities"]:
            return self._qualities(int(parts[2]))
        if parts[0] == "flow" and len(parts) == 2:
            return self._flow(int(parts[1]))
        if parts[0] == "run" and len(parts) == 2:
            return self._run_details(int(parts[1]))
        if parts[0] == "study":
            return self._study(int(parts[1]))
        if parts[0] == "task" and len(parts) == 2:
            return 412, _error(151, "Unknown task")
        return 412, _error(100, "Function not valid")

    def _listing(
        self, rows: list[tuple[Any, str]], filters: dict[str, str], fault: str | None, root: str,
        codes: tuple[int, int, int], count: int | None = None,
    ) -> tuple[int, str]:  # fmt: skip
        empty, many, limit_code = codes
        if fault == "none":
            return 412, _error(empty, "No results")
        cap = self.cap
        if "limit" in filters:
            limit, offset = int(filters["limit"]), int(filters.get("offset", 0))
            if limit > cap:
                return 412, _error(limit_code, f"Limit exceeds maximum: {cap}")
            rows = rows[offset : offset + limit]
        elif (len(rows) if count is None else count) > cap:
            what = f"{len(rows)}" if count is None else f"{count} runs"
            text = f"Size of result set: {what}; max size: {cap}"
            return 412, _error(many, "Too many results", text)
        if not rows:
            return 412, _error(empty, "No results")
        if fault == "short":
            rows = rows[: max(1, len(rows) // 3)]
        if fault == "repeat" and self._last_page:
            return 200, self._last_page
        body = f"<oml:{root} {NS}>" + "".join(text for _, text in rows) + f"</oml:{root}>"
        if fault == "foreign":
            body = body.replace("<oml:task_id>", "<oml:task_id>9")
        self._last_page = body
        return 200, body

    def _matching(self, filters: dict[str, str]) -> list[Any]:
        wanted = {
            name: {int(i) for i in filters[name].split(",")}
            for name in ("run", "task", "setup", "flow", "uploader")
            if name in filters
        }
        runs = [
            run
            for run in list(self.world.runs.values())
            if all(getattr(run, name) in ids for name, ids in wanted.items())
        ]
        if "flow" in filters:
            return sorted(runs, key=lambda r: (r.setup, r.uploader, r.run))
        return sorted(runs, key=lambda r: (r.task, r.uploader, r.run))

    def _evaluations(self, filters: dict[str, str], fault: str | None) -> tuple[int, str]:
        """List rows, but count runs: pending, failed and with an evaluation error as well."""
        by_run = self._values_by_run(filters.get("function"))
        runs = self._matching(filters)
        rows = [
            (run, _evaluation(self.world, run, *item))
            for run in runs
            for item in by_run.get(run.run, ())
        ]
        return self._listing(
            rows, filters, fault, "evaluations", (542, 543, 546), len({r.run for r in runs})
        )

    def _values_by_run(self, function: str | None) -> dict[int, list[tuple[str, int, str | None]]]:
        by_run: dict[int, list[tuple[str, int, str | None]]] = {}
        for (run, name, engine), value in list(self.world.evaluations.items()):
            if function in (None, name):
                by_run.setdefault(run, []).append((name, engine, value))
        return by_run

    def _runs(self, filters: dict[str, str], fault: str | None) -> tuple[int, str]:
        """List runs, once for each engine that evaluated them; evaluation errors if wanted."""
        shows_errors = filters.get("show_errors", "").lower() == "true"
        engines: dict[int, set[int]] = {}
        for number, _, engine in list(self.world.evaluations):
            engines.setdefault(number, set()).add(engine)
        rows = [
            (run, _run(run))
            for run in self._matching(filters)
            if shows_errors or not run.evaluation_error
            for _ in engines.get(run.run, {1})
        ]
        return self._listing(rows, filters, fault, "runs", (512, 513, 516))

    def _run_details(self, number: int) -> tuple[int, str]:
        run = self.world.runs.get(number)
        if run is None:
            return 412, _error(236, "Unknown run")
        functions = {name for of, name, _ in list(self.world.evaluations) if of == number}
        rows = []
        for function in sorted(functions):
            folds = self.world.folds(number, function).items()
            rows += [_fold(function, repeat, fold, value) for (repeat, fold), value in folds]
            for (repeat, fold), _ in folds:
                fit_ms = self.world.fit_ms(number, repeat, fold)
                rows.append(_fold("usercpu_time_millis_training", repeat, fold, str(fit_ms)))
        return 200, (
            f"<oml:run {NS}><oml:run_id>{number}</oml:run_id><oml:task_id>{run.task}"
            f"</oml:task_id><oml:setup_id>{run.setup}</oml:setup_id><oml:error>{run.error}"
            "</oml:error><oml:output_data><oml:evaluation><oml:name>predictive_accuracy"
            "</oml:name><oml:value>0.5</oml:value></oml:evaluation>"
            + "".join(rows) + "</oml:output_data></oml:run>"
        )  # fmt: skip

    def _setups(self, filters: dict[str, str], fault: str | None) -> tuple[int, str]:
        ids = [int(i) for i in filters.get("setup", "").split(",") if i]
        chosen = [i for i in ids or self.world.setups if i in self.world.setups]
        if fault in ("short", "none", "repeat", "foreign") and ids:
            chosen = chosen[: len(chosen) // 2] if fault == "short" else []
        rows = [_setup(self.world, i) for i in chosen]
        if not rows:
            return 412, _error(674, "No results")
        return 200, f"<oml:setups {NS}>" + "".join(rows) + "</oml:setups>"

    def _tasks(self, filters: dict[str, str], fault: str | None) -> tuple[int, str]:
        ids = [int(i) for i in filters.get("task_id", "").split(",") if i] or list(
            self.world.tasks
        )
        rows = [_task(i, self.world.tasks[i]) for i in ids if i in self.world.tasks]
        if not rows or fault == "none":
            return 412, _error(482, "No results")
        return 200, f"<oml:tasks {NS}>" + "".join(rows) + "</oml:tasks>"

    def _procedures(self, filters: dict[str, str], fault: str | None) -> tuple[int, str]:
        del filters, fault
        return 200, (
            f"<oml:estimationprocedures {NS}><oml:estimationprocedure><oml:id>1</oml:id>"
            "<oml:ttid>1</oml:ttid><oml:name>10-fold Crossvalidation</oml:name>"
            "<oml:type>crossvalidation</oml:type><oml:repeats>1</oml:repeats>"
            "<oml:folds>10</oml:folds><oml:stratified_sampling>true</oml:stratified_sampling>"
            "</oml:estimationprocedure></oml:estimationprocedures>"
        )

    def _qualities(self, data: int) -> tuple[int, str]:
        known = {task["data"]: task for task in self.world.tasks.values()}
        if data not in known:
            return 412, _error(361, "Unknown dataset")
        values = {"NumberOfInstances": known[data]["rows"], "ClassEntropy": 0.5 + data / 1000}
        rows = [
            f"<oml:quality><oml:name>{name}</oml:name><oml:value>{value}</oml:value></oml:quality>"
            for name, value in values.items()
        ]
        rows.append("<oml:quality><oml:name>J48</oml:name><oml:value/></oml:quality>")
        return 200, f"<oml:data_qualities {NS}>" + "".join(rows) + "</oml:data_qualities>"

    def _flow(self, number: int) -> tuple[int, str]:
        flow = self.world.flows.get(number)
        if flow is None:
            return 412, _error(181, "Unknown flow")
        parts = "".join(
            f"<oml:component><oml:identifier>{role}</oml:identifier>"
            f"{_flow_xml(inner, name, flow.external, flow.defaults.get(inner, {}), '')}"
            "</oml:component>"
            for role, name, inner in flow.parts
        )
        own = flow.defaults.get(number, {})
        return 200, _flow_xml(number, flow.name, flow.external, own, parts, NS)

    def _study(self, suite: int) -> tuple[int, str]:
        if suite not in self.world.suites:
            return 412, _error(601, "Unknown study")
        tasks = "".join(f"<oml:task_id>{i}</oml:task_id>" for i in self.world.suites[suite])
        return 200, (
            f"<oml:study {NS}><oml:id>{suite}</oml:id><oml:main_entity_type>task"
            f"</oml:main_entity_type><oml:name>S</oml:name><oml:tasks>{tasks}</oml:tasks></oml:study>"
        )


_ANSWERS: dict[str, Callable[[bytes, str], tuple[int, bytes]]] = {
    "500": lambda data, url: (500, b""),
    "502": lambda data, url: (502, b"<html><body><h1>502 Bad Gateway</h1></body></html>"),
    "429": lambda data, url: (429, b'{"error":{"code":"RATE_LIMITED"}}'),
    "302": lambda data, url: (302, b"<html><body>Found</body></html>"),
    "404": lambda data, url: (404, b"<html><body>Not Found</body></html>"),
    "112": lambda data, url: (412, _error(112, "No access granted").encode()),
    "107": lambda data, url: (412, _error(107, "Database connection error").encode()),
    "none": lambda data, url: (412, _error(_nothing(data.decode()), "No results").encode()),
    "html": lambda data, url: (200, b"<html><body>Maintenance</body></html>"),
    "empty": lambda data, url: (200, b""),
    "bomb": lambda data, url: (200, BOMB.encode()),
    "external": lambda data, url: (200, _external(url)),
    "huge": lambda data, url: (200, b"<oml:evaluations>" + b"A" * (70 << 20)),
}
"""Status and body of a fault, from what would have been sent and the address of the server."""
_BODIES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda data: data[: max(20, int(len(data) * 0.6))],
    "warning": lambda data: (
        b"<br />\n<b>Warning</b>: mysqli in <b>x.php</b> on line 3<br />\n" + data
    ),
    "hugegzip": lambda data: b"<oml:evaluations>" + b"A" * (300 << 20),
}
"""Body of a fault that leaves the status as it is."""


def _misbehaved(
    fault: str, status: int, data: bytes, url: str
) -> tuple[int, bytes, dict[str, str]]:
    """Return status, body and headers of an answer with a fault; "" for none."""
    headers = {"Content-Type": "text/xml"}
    name, _, value = fault.partition(":")
    if name == "429":
        headers["Retry-After"] = value or "0"
    elif name == "302":
        headers["Location"] = value
    if name in _ANSWERS:
        status, data = _ANSWERS[name](data, url)
    elif name in _BODIES:
        data = _BODIES[name](data)
    return status, data, headers


def _external(url: str) -> bytes:
    canary = url.replace("/api/v1/xml", "/canary")
    text = f'<!DOCTYPE e [<!ENTITY x SYSTEM "{canary}">]><oml:evaluations {NS}>&x;'
    return f"{text}</oml:evaluations>".encode()


def _nothing(body: str) -> int:
    """Return the code with which the endpoint of an answer says that there is nothing."""
    known = re.search(r"<oml:code>(\d+)", body)
    if known:
        return int(known[1])
    root = body[: body.find(" ")]
    return {"<oml:data_qualities": 362, "<oml:estimationprocedures": 500, "<oml:flow": 181,
            "<oml:study": 601, "<oml:task": 151}.get(root, 542)  # fmt: skip


def _error(code: int, message: str, more: str = "") -> str:
    extra = f"<oml:additional_information>{more}</oml:additional_information>" if more else ""
    return (
        f"<oml:error {NS}><oml:code>{code}</oml:code><oml:message>{message}</oml:message>{extra}"
        "</oml:error>"
    )


def _evaluation(world: World, run: Any, name: str, engine: int, value: str | None) -> str:
    task = world.tasks[run.task]
    shown = f"<oml:value>{value}</oml:value>" if value is not None else ""
    flow = world.flows[run.flow].name
    return (
        f"<oml:evaluation><oml:run_id>{run.run}</oml:run_id><oml:uploader>{run.uploader}"
        f"</oml:uploader><oml:task_id>{run.task}</oml:task_id><oml:setup_id>{run.setup}"
        f"</oml:setup_id><oml:flow_id>{run.flow}</oml:flow_id><oml:flow_name>{flow}(1)"
        f"</oml:flow_name><oml:data_id>{task['data']}</oml:data_id><oml:data_name>{task['name']}"
        f"</oml:data_name><oml:evaluation_engine_id>{engine}</oml:evaluation_engine_id>"
        f"<oml:function>{name}</oml:function><oml:upload_time>{run.time}</oml:upload_time>{shown}"
        "</oml:evaluation>"
    )


def _run(run: Any) -> str:
    return (
        f"<oml:run><oml:run_id>{run.run}</oml:run_id><oml:task_id>{run.task}</oml:task_id>"
        f"<oml:task_type_id>1</oml:task_type_id><oml:setup_id>{run.setup}</oml:setup_id>"
        f"<oml:flow_id>{run.flow}</oml:flow_id><oml:uploader>{run.uploader}</oml:uploader>"
        f"<oml:upload_time>{run.time}</oml:upload_time><oml:error_message>{run.error}"
        "</oml:error_message><oml:run_details></oml:run_details></oml:run>"
    )


def _fold(function: str, repeat: int, fold: int, value: str) -> str:
    return (
        f'<oml:evaluation repeat="{repeat}" fold="{fold}"><oml:name>{function}</oml:name>'
        f"<oml:value>{value}</oml:value></oml:evaluation>"
    )


def _setup(world: World, number: int) -> str:
    flow, components = world.setups[number]
    names = {inner: name for _, name, inner in world.flows[flow].parts}
    names[flow] = world.flows[flow].name
    rows = [
        f"<oml:parameter><oml:id>{100 * inner + i}</oml:id><oml:flow_id>{inner}</oml:flow_id>"
        f"<oml:flow_name>{names[inner]}</oml:flow_name>"
        f"<oml:full_name>{names[inner]}(1)_{name}</oml:full_name>"
        f"<oml:parameter_name>{name}</oml:parameter_name><oml:data_type></oml:data_type>"
        f"<oml:default_value></oml:default_value><oml:value>{escape(value)}</oml:value>"
        "</oml:parameter>"
        for inner, values in components.items()
        for i, (name, value) in enumerate(values.items())
    ]
    return (
        f"<oml:setup><oml:setup_id>{number}</oml:setup_id><oml:flow_id>{flow}</oml:flow_id>"
        + "".join(rows)
        + "</oml:setup>"
    )


def _task(number: int, task: dict[str, Any]) -> str:
    qualities = {
        "NumberOfInstances": task["rows"], "NumberOfFeatures": task["columns"],
        "NumberOfClasses": task["classes"],
    }  # fmt: skip
    inputs = {"source_data": task["data"], "target_feature": "class", "estimation_procedure": 1}
    return (
        f"<oml:task><oml:task_id>{number}</oml:task_id><oml:task_type_id>{task['type']}"
        f"</oml:task_type_id><oml:did>{task['data']}</oml:did><oml:name>{task['name']}</oml:name>"
        "<oml:status>active</oml:status>"
        + "".join(f'<oml:input name="{k}">{v}</oml:input>' for k, v in inputs.items())
        + "".join(f'<oml:quality name="{k}">{v}.0</oml:quality>' for k, v in qualities.items())
        + "</oml:task>"
    )


def _flow_xml(
    number: int, name: str, external: str, defaults: dict[str, str], parts: str, ns: str = ""
) -> str:
    rows = "".join(
        f"<oml:parameter><oml:name>{key}</oml:name><oml:data_type></oml:data_type>"
        f"<oml:default_value>{escape(value)}</oml:default_value></oml:parameter>"
        for key, value in defaults.items()
    )
    return (
        f"<oml:flow {ns}><oml:id>{number}</oml:id><oml:uploader>1</oml:uploader>"
        f"<oml:name>{name}</oml:name><oml:version>1</oml:version>"
        f"<oml:external_version>{external}</oml:external_version>"
        f"<oml:description>caf&eacute;</oml:description>{rows}{parts}</oml:flow>"
    )
