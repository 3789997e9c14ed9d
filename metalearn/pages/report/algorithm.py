"""The page of one algorithm: defaults to paste, importance, priors, tunability."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from metalearn.pages.importance import importance_sections, notes_of
from metalearn.pages.parts import (
    Code,
    Column,
    Heading,
    HtmlPage,
    Notes,
    PageTable,
    Row,
    Section,
    number,
)
from metalearn.pages.priors import density_figures
from metalearn.pages.report.places import page_of
from metalearn.pages.tunability import pasteable, tunability_sections
from metalearn.workflows.report.algorithm import AlgorithmReport, StoredDefault

__all__ = ["algorithm_page"]

_MARGIN = 0.01


def algorithm_page(algorithm: str, reports: Sequence[AlgorithmReport]) -> HtmlPage:
    """Return the page.

    Args:
        algorithm: Its name.
        reports: What is known about it, for each kind of task.
    """
    sections = [section for report in reports for section in _sections(report, len(reports) > 1)]
    kinds = " and ".join(report.memory.kind for report in reports)
    return HtmlPage(
        algorithm.replace("_", " "), f"What is known from {kinds} tasks.", tuple(sections)
    )


def _sections(report: AlgorithmReport, named: bool) -> Iterator[Section]:
    """Yield the sections; titles name the kind of task if there are two."""
    of = f", {report.memory.kind}" if named else ""
    for section in _found(report):
        yield Section(f"{section.title}{of}", section.blocks, section.text)


def _found(report: AlgorithmReport) -> Iterator[Section]:
    prefix = Path(page_of("", report.algorithm, report.algorithm)).stem
    prefix = f"{prefix}_{report.memory.kind}"
    if report.defaults:
        yield _defaults(report.defaults, report.memory.metric.name)
    if report.importance is not None:
        method = {"fanova": "functional ANOVA", "ped-anova": "PED-ANOVA"}
        for section in importance_sections(report.importance, prefix):
            yield Section(section.title, section.blocks,
                          f"{method[report.importance.method]} of {report.importance.metric} on "
                          f"{len(report.importance.valid)} tasks.")  # fmt: skip
    if report.prior is not None:
        n = len(report.prior.pool.tasks)
        yield Section("Where good values lie", tuple(density_figures(report.prior, prefix)),
                      f"Densities of the best runs on {n} tasks; 1 is the uniform "
                      "density.")  # fmt: skip
    if report.tunability is not None:
        yield from tunability_sections(report.tunability, _MARGIN, prefix)
    notes = [*report.notes, *(notes_of(report.importance) if report.importance else ())]
    if notes:
        yield Section("Notes", (Notes(tuple(notes)),))


def _defaults(defaults: Sequence[StoredDefault], metric: str) -> Section:
    table = PageTable(
        (Column("rank", "number"), Column("regret so far", "number"),
         Column("hyperparameters", "long")),
        tuple(
            Row((number(rank, "d"), number(d.regret), pasteable(d.configuration.hyperparameters)))
            for rank, d in enumerate(defaults, start=1)
        ),
        caption="To try in this order; regret of the best so far",
    )  # fmt: skip
    lines = (json.dumps(dict(d.configuration.hyperparameters)) for d in defaults)
    listed = "[\n " + ",\n ".join(lines) + "\n]"
    return Section(
        "Defaults to paste",
        (table, Heading("As JSON"), Code(listed)),
        "Stored configurations that complement each other: a greedy list by mean normalized "
        f"regret of {metric} among this algorithm's configurations.",
    )
