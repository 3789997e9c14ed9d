"""Parsing of OpenML pages to typed rows, by pure functions.

A page that does not match the request raises `PageError`, and the client repeats the request. A
single row that cannot be used is counted by reason; the other rows of the page are kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from metalearn.harvesters.openml.fields import (
    UnusableRowError,
    finite_number,
    natural_id,
    optional_id,
)
from metalearn.harvesters.openml.xml import Element, PageError, read_page, read_records

__all__ = [
    "ApiError",
    "Component",
    "EvaluationRow",
    "Listed",
    "ListedTask",
    "Parameter",
    "ProcedureRow",
    "RunRow",
    "SetupRow",
    "read_error",
    "read_evaluations",
    "read_flow",
    "read_ids",
    "read_procedures",
    "read_qualities",
    "read_runs",
    "read_setups",
    "read_task",
    "read_tasks",
]

_ERROR = re.compile(rb"<(oml:)?error[\s>]")
T = TypeVar("T")


class ApiError(Exception):
    """An error reported by the server: code and message."""

    def __init__(self, code: int, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(f"OpenML error {code}: {message}")


class EvaluationRow(NamedTuple):
    """One row of `evaluation/list`; its identity is (run, function, engine)."""

    run: int
    engine: int
    task: int
    setup: int
    flow: int
    uploader: int | None
    function: str
    time: str
    value: float | None
    reason: str | None  # reason for a missing value
    flow_name: str


class RunRow(NamedTuple):
    """One row of `run/list`."""

    run: int
    task: int
    setup: int
    flow: int
    uploader: int | None
    time: str
    error: str


class Parameter(NamedTuple):
    """One parameter of a setup; its identity is (component flow, name)."""

    flow: int
    name: str
    value: str
    default: str
    full_name: str
    type: str


class SetupRow(NamedTuple):
    """One setup: a flow with values for some of its components' parameters."""

    setup: int
    flow: int
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class Component:
    """A flow and, below it, the flows that it is made of; `role` is its name in its parent."""

    flow: int
    name: str
    class_name: str
    version: str
    external_version: str
    role: str
    defaults: dict[str, str]
    parts: tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class ListedTask:
    """One task of `task/list` or `task/{id}`; `inputs` and `qualities` as listed."""

    task: int
    type: int
    data: int
    name: str
    status: str
    inputs: dict[str, str]
    qualities: dict[str, float]


class ProcedureRow(NamedTuple):
    """One row of `estimationprocedure/list`."""

    id: int
    type: str
    repeats: int | None
    folds: int | None
    percentage: float | None
    stratified: bool | None


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """The rows of a listing, and the number of unusable rows by reason."""

    rows: list[T]
    rejected: Counter[str] = field(default_factory=Counter)

    @property
    def n(self) -> int:
        """Rows that the server listed, usable or not."""
        return len(self.rows) + self.rejected.total()


def read_error(body: bytes) -> ApiError | None:
    """Return the server's error if the body is one."""
    if not _ERROR.search(body, 0, 4096):
        return None
    root = read_page(body)
    if root.tag != "error":  # a run has an element of that name
        return None
    code = root.find("code") or ""
    if not re.fullmatch("[0-9]{1,9}", code):
        raise PageError("an error without a code")
    parts = [root.find("message") or "", root.find("additional_information") or ""]
    return ApiError(int(code), " ".join(part for part in parts if part))


def read_evaluations(body: bytes) -> Listed[EvaluationRow]:
    """Return the rows of `evaluation/list`; array measures have a reason in place of a value."""
    return _read(body, "evaluations", "evaluation", _evaluation)


def read_runs(body: bytes) -> Listed[RunRow]:
    """Return the rows of `run/list`."""
    return _read(body, "runs", "run", _run)


def read_setups(body: bytes) -> Listed[SetupRow]:
    """Return the rows of `setup/list`; parameters repeated by tags appear once."""
    return _read(body, "setups", "setup", _setup)


def read_tasks(body: bytes) -> Listed[ListedTask]:
    """Return the rows of `task/list`."""
    return _read(body, "tasks", "task", _task)


def read_task(body: bytes) -> ListedTask:
    """Return the task of `task/{id}`, which lacks the size of its data set."""
    root = read_page(body)
    if root.tag != "task":
        raise PageError(f"expected a task, got <{root.tag}>")
    inputs: dict[str, str] = {}
    for part in root.all("input"):
        for outer in part.children:
            for inner in outer.children:
                name = inner.attributes.get("name", inner.tag)
                inputs[_TASK_INPUTS.get((outer.tag, name), name)] = inner.text.strip()
    try:
        return ListedTask(
            task=natural_id(root.find("task_id")),
            type=natural_id(root.find("task_type_id")),
            data=optional_id(inputs.get("source_data")) or 0,
            name=root.find("task_name") or "",
            status="",
            inputs=inputs,
            qualities={},
        )
    except UnusableRowError as error:
        raise PageError(f"task {error}") from None


_TASK_INPUTS = {
    ("data_set", "data_set_id"): "source_data",
    ("estimation_procedure", "id"): "estimation_procedure",
}


def read_procedures(body: bytes) -> Listed[ProcedureRow]:
    """Return the rows of `estimationprocedure/list`."""
    return _read(body, "estimationprocedures", "estimationprocedure", _procedure)


def read_flow(body: bytes) -> Component:
    """Return the tree of components of `flow/{id}`."""
    root = read_page(body)
    if root.tag != "flow":
        raise PageError(f"expected a flow, got <{root.tag}>")
    try:
        return _component(root, "")
    except UnusableRowError as error:
        raise PageError(f"flow {error}") from None


def read_ids(body: bytes, group: str, item: str) -> list[int]:
    """Return the ids of one group of `study/{id}`, for instance `tasks`, `task_id`."""
    root = read_page(body)
    if root.tag != "study":
        raise PageError(f"expected a study, got <{root.tag}>")
    try:
        found = [natural_id(e.text) for part in root.all(group) for e in part.all(item)]
    except UnusableRowError as error:
        raise PageError(f"study {error}") from None
    return sorted(set(found))


def read_qualities(body: bytes) -> dict[str, float | None]:
    """Return the qualities of `data/qualities/{id}`; None where a value is empty or not finite."""
    root, pairs = read_records(body, lambda e: (e.find("name"), e.find("value")))
    if root.tag != "data_qualities":
        raise PageError(f"expected qualities, got <{root.tag}>")
    return {name: finite_number(text or "") for name, text in pairs if name}


def _read(body: bytes, root_tag: str, tag: str, convert: Callable[[Element], T]) -> Listed[T]:
    rejected: Counter[str] = Counter()

    def one(element: Element) -> T | None:
        if element.tag != tag:
            raise PageError(f"<{element.tag}> among the <{root_tag}>")
        try:
            return convert(element)
        except UnusableRowError as error:
            rejected[f"{tag}: {error}"] += 1
            return None

    root, rows = read_records(body, one)
    if root.tag != root_tag:
        raise PageError(f"expected <{root_tag}>, got <{root.tag}>")
    return Listed([row for row in rows if row is not None], rejected)


def _evaluation(element: Element) -> EvaluationRow:
    fields = {child.tag: child.text.strip() for child in element.children}
    function = fields.get("function", "")
    if not function:
        raise UnusableRowError("no function")
    text = fields.get("value", "")
    value = finite_number(text)
    reason = None
    if value is None:
        reason = f"value is not a finite number: {text[:40]}" if text else "no value"
    return EvaluationRow(
        run=natural_id(fields.get("run_id")),
        engine=optional_id(fields.get("evaluation_engine_id")) or 1,
        task=natural_id(fields.get("task_id")),
        setup=natural_id(fields.get("setup_id")),
        flow=natural_id(fields.get("flow_id")),
        uploader=optional_id(fields.get("uploader")),
        function=function,
        time=fields.get("upload_time", ""),
        value=value,
        reason=reason,
        flow_name=fields.get("flow_name", ""),
    )


def _run(element: Element) -> RunRow:
    fields = {child.tag: child.text.strip() for child in element.children}
    return RunRow(
        run=natural_id(fields.get("run_id")),
        task=natural_id(fields.get("task_id")),
        setup=natural_id(fields.get("setup_id")),
        flow=natural_id(fields.get("flow_id")),
        uploader=optional_id(fields.get("uploader")),
        time=fields.get("upload_time", ""),
        error=fields.get("error_message", ""),
    )


def _setup(element: Element) -> SetupRow:
    found: dict[tuple[int, str], Parameter] = {}
    for child in element.all("parameter"):
        fields = {part.tag: part.text for part in child.children}
        name = (fields.get("parameter_name") or fields.get("name") or "").strip()
        if not name:
            raise UnusableRowError("a parameter without a name")
        parameter = Parameter(
            flow=natural_id(fields.get("flow_id")),
            name=name,
            value=fields.get("value", "").strip(),
            default=fields.get("default_value", "").strip(),
            full_name=fields.get("full_name", "").strip(),
            type=fields.get("data_type", "").strip(),
        )
        known = found.setdefault((parameter.flow, name), parameter)
        if known.value != parameter.value:
            raise UnusableRowError("a parameter with two values")
    return SetupRow(natural_id(element.find("setup_id")), natural_id(element.find("flow_id")),
                    tuple(found[key] for key in sorted(found)))  # fmt: skip


def _task(element: Element) -> ListedTask:
    qualities = {
        e.attributes.get("name", ""): finite_number(e.text.strip()) for e in element.all("quality")
    }
    inputs = {e.attributes.get("name", ""): e.text.strip() for e in element.all("input")}
    return ListedTask(
        task=natural_id(element.find("task_id")),
        type=natural_id(element.find("task_type_id")),
        data=optional_id(element.find("did") or inputs.get("source_data")) or 0,
        name=element.find("name") or "",
        status=element.find("status") or "",
        inputs=inputs,
        qualities={name: value for name, value in qualities.items() if value is not None},
    )


def _procedure(element: Element) -> ProcedureRow:
    stratified = element.find("stratified_sampling")
    return ProcedureRow(
        id=natural_id(element.find("id")),
        type=element.find("type") or "",
        repeats=optional_id(element.find("repeats")),
        folds=optional_id(element.find("folds")),
        percentage=finite_number(element.find("percentage") or ""),
        stratified=None if not stratified else stratified == "true",
    )


def _component(element: Element, role: str) -> Component:
    parts = []
    for child in element.all("component"):
        inner = next(child.all("flow"), None)
        if inner is not None:
            parts.append(_component(inner, child.find("identifier") or ""))
    defaults = {
        e.find("name") or "": e.find("default_value") or "" for e in element.all("parameter")
    }
    return Component(
        flow=natural_id(element.find("id")),
        name=element.find("name") or "",
        class_name=element.find("class_name") or "",
        version=element.find("version") or "",
        external_version=element.find("external_version") or "",
        role=role,
        defaults=defaults,
        parts=tuple(parts),
    )
