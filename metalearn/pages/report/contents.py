"""What is on a site: every page with the digest of what it is made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from metalearn.pages.report.algorithm import algorithm_page
from metalearn.pages.report.overview import (
    algorithms_page,
    loads_page,
    overview_page,
    tasks_page,
)
from metalearn.pages.report.places import page_of
from metalearn.pages.report.task import task_page
from metalearn.pages.report.writing import SiteWriter, digest_of
from metalearn.workflows.report.algorithm import AlgorithmReport, algorithm_report
from metalearn.workflows.report.memory import KindMemory, Memory, read_memory

if TYPE_CHECKING:
    from metalearn.pages.parts import HtmlPage
    from metalearn.pages.report.build import Progress, SiteOptions
    from metalearn.store import Store
    from metalearn.workflows.evaluate.result import EvaluationResult
    from metalearn.workflows.similar import Neighbour

__all__ = ["write_pages"]

_N_NEIGHBOURS = 8


def write_pages(
    writer: SiteWriter, store: Store, options: SiteOptions, progress: Progress | None
) -> None:
    """Write the pages of a store that are not as they should be.

    Args:
        writer: Writes them; it is open.
        store: The store.
        options: What is on the site.
        progress: Called with the number of pages done, and of all.
    """
    systems = _systems(options.systems) if options.systems else None  # errors before long work
    memory = read_memory(store, metric=options.metric)
    tasks = {key: page_of("tasks", name, key)
             for key, name in zip(memory.tasks["task"], memory.tasks["name"],
                                  strict=True)}  # fmt: skip
    algorithms = {name: page_of("algorithms", name, name)
                  for name in memory.algorithms["algorithm"]
                  if any(name in kind.by_algorithm for kind in memory.kinds)}  # fmt: skip
    total = 4 + len(tasks) + len(algorithms) + len(options.comparisons)
    say = (lambda: progress(len(writer.written) + len(writer.kept), total)) if progress else None
    _front(writer, memory, tasks, algorithms, options)
    _tasks(writer, memory, tasks, options, say)
    _algorithms(writer, store, memory, algorithms, options, say)
    if options.recommenders:
        digest = digest_of([store.snapshot, options])
        writer.page("recommenders.html", digest, lambda: _comparison(store, options))
    if systems is not None:
        writer.page("systems.html", digest_of([options.systems]), lambda: systems)


def _front(
    writer: SiteWriter, memory: Memory, tasks: dict[str, str], algorithms: dict[str, str],
    options: SiteOptions,
) -> None:  # fmt: skip
    digest = digest_of([memory.info.snapshot, memory.info.size_bytes, options])
    writer.page("index.html", digest, lambda: overview_page(memory))
    writer.page("tasks.html", digest, lambda: tasks_page(memory, tasks))
    writer.page("algorithms.html", digest, lambda: algorithms_page(memory, algorithms))
    writer.page("loads.html", digest, lambda: loads_page(memory))


def _tasks(
    writer: SiteWriter, memory: Memory, places: dict[str, str], options: SiteOptions,
    say: Callable[[], object] | None,
) -> None:  # fmt: skip
    of = {key: kind for kind in memory.kinds for key in kind.by_task}
    position = {
        kind.kind: {task.key: i for i, task in enumerate(kind.meta.tasks)} for kind in memory.kinds
    }
    near_places = {key: f"../{place}" for key, place in places.items()}
    rows = {key: number for kind in memory.kinds for key, number in kind.digests("task").items()}
    for task in memory.tasks.to_dict("records"):
        key = task["task"]
        kind = of.get(key)
        neighbours: tuple[Neighbour, ...] = ()
        if kind is not None and kind.neighbourhood is not None and key in position[kind.kind]:
            features = kind.meta.meta_features[position[kind.kind][key]]
            neighbours = kind.neighbourhood.nearest(features, _N_NEIGHBOURS, without=key)
        digest = digest_of([task, neighbours, rows.get(key), options.metric])
        name = Path(places[key]).stem

        def build(task=task, kind=kind, neighbours=neighbours, name=name) -> HtmlPage:  # type: ignore[no-untyped-def]  # bound now
            return task_page(task, kind, neighbours, near_places, name)

        writer.page(places[key], digest, build)
        if say is not None:
            say()


def _algorithms(
    writer: SiteWriter, store: Store, memory: Memory, places: dict[str, str],
    options: SiteOptions, say: Callable[[], object] | None,
) -> None:  # fmt: skip
    rows = [kind.digests("algorithm") for kind in memory.kinds]
    fences = [kind.fences for kind in memory.kinds]
    for algorithm, place in places.items():
        known = [numbers.get(algorithm) for numbers in rows]
        digest = digest_of([*known, fences, options.slow, options.seed, options.metric])

        def build(algorithm=algorithm) -> HtmlPage:  # type: ignore[no-untyped-def]  # bound now
            return algorithm_page(algorithm, _reports(store, algorithm, memory.kinds, options))

        writer.page(place, digest, build)
        if say is not None:
            say()


def _reports(
    store: Store, algorithm: str, kinds: Sequence[KindMemory], options: SiteOptions
) -> list[AlgorithmReport]:
    found = (
        algorithm_report(store, algorithm, kind, slow=options.slow, seed=options.seed)
        for kind in kinds
    )
    return [report for report in found if report is not None]


def _comparison(store: Store, options: SiteOptions) -> HtmlPage:
    from metalearn.pages.evaluate import evaluate_page
    from metalearn.workflows.evaluate.recommenders import evaluate_store

    result: EvaluationResult = evaluate_store(
        store.path, metric=options.metric, recommenders=options.recommenders, seed=options.seed,
    )  # fmt: skip
    return evaluate_page(result)


def _systems(text: str) -> HtmlPage:
    from metalearn.pages.systems import systems_page
    from metalearn.workflows.evaluate.systems.result import SystemEvaluation

    try:
        document = json.loads(text)
    except ValueError:
        document = None
    return systems_page(SystemEvaluation.from_dict(document))
