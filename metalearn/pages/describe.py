"""The page of `metalearn describe --html`: a table in words, and its meta-features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from metalearn.metafeatures.in_words import in_words
from metalearn.pages.parts import (
    Cell,
    Column,
    Data,
    HtmlPage,
    Notes,
    PageTable,
    Row,
    Section,
    number,
)

if TYPE_CHECKING:
    from metalearn.workflows.describe import Description

__all__ = ["describe_page"]


def describe_page(found: Description, notes: Sequence[str] = ()) -> HtmlPage:
    """Return the page.

    Args:
        found: The task and its meta-features.
        notes: What was done when the table was read.
    """
    task, features = found.task, found.features
    names, values = list(features.values), list(features.values.values())
    frame = pd.DataFrame({"meta_feature": names, "value": values})
    remarks = [(features.reasons.get(name, ""),) if features.reasons else () for name in names]
    table = PageTable(
        (Column("meta-feature"), Column("value", "number"),
         *((Column("remark", "long"),) if features.reasons else ())),
        tuple(
            Row((Cell(name, is_code=True), number(value, ".6g"), *remark))
            for name, value, remark in zip(names, values, remarks, strict=True)
        ),
        caption=f"{len(names)} meta-features",
        data=Data("meta_features.csv", frame),
    )  # fmt: skip
    sections = [
        Section("", (Notes(in_words(features.values, task.kind)),)),
        Section("Meta-features", (table,), "Known tasks are compared with this one by them."),
    ]
    if notes:
        sections.append(Section("Notes", (Notes(tuple(notes)),)))
    return HtmlPage(f"What {task.name} is like", f"A {task.kind} task.", tuple(sections))
