"""Configurations evaluated on the same table by earlier fits, and not yet part of the store.

Fits with short time budgets leave their evaluations in the journal beside the store.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.metric import metric_named
from metalearn.learners.tables import Table

__all__ = ["waiting_configurations"]

_MOST_BYTES = 20_000_000
_log = logging.getLogger(__name__)


def waiting_configurations(
    kb: Path, table: Table, metric: str, *, exclude: Collection[str] = (), n: int = 6
) -> list[Configuration]:
    """Return the best configurations in the journal of a store for a table, best first.

    Args:
        kb: The store.
        table: The table; evaluations of tables with the same content count.
        metric: The metric that decides.
        exclude: Names or keys of tasks to leave out.
        n: How many at most.
    """
    journal = kb.with_name(kb.name + ".journal")
    try:
        if not 0 < journal.stat().st_size <= _MOST_BYTES:
            return []
        lines = journal.read_bytes().splitlines()
        records = [json.loads(line) for line in lines if line.endswith(b"}")]
    except (OSError, ValueError) as error:
        _log.info("the journal %s cannot be read: %s", journal.name, error)
        return []
    digest = f"@{table.digest()}"
    names = {r["task"]: r["table"] for r in records if "table" in r}
    own = {task for task, name in names.items() if digest in task
           and not {task, name} & set(exclude)}  # fmt: skip
    losses: dict[Configuration, float] = {}
    for record in records:
        if record.get("status") == "ok" and record["task"] in own:
            found = Configuration(record["algorithm"], json.loads(record["hyperparameters"]))
            losses[found] = min(_loss(record, metric), losses.get(found, np.inf))
    ranked = sorted((c for c in losses if np.isfinite(losses[c])), key=lambda c: losses[c])
    return ranked[:n]


def _loss(record: dict[str, Any], metric: str) -> float:
    """Return the mean loss over the folds; infinite if it was not measured."""
    scores = [fold[1].get(metric) for fold in record["folds"]]
    if not scores or None in scores:
        return float("inf")
    mean = float(np.mean(scores))
    return -mean if metric_named(metric).greater_is_better else mean
