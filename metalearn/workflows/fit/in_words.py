"""A fitted model in one sentence, from its document."""

from __future__ import annotations

from typing import Any

from metalearn.core.short_text import score_form

__all__ = ["fit_in_words"]


def fit_in_words(document: dict[str, Any]) -> str:
    """Return what a model is in one sentence.

    Args:
        document: Of `metalearn fit --json` or `metalearn leaderboard --json`.
    """
    task = document["task"]
    size = f", {task['n_rows']:,} rows, {task['n_features']:,} columns" if task["n_rows"] else ""
    classes = f", {task['n_classes']} classes" if task["n_classes"] else ""
    n = len(document["members"])
    what = {0: "a constant prediction", 1: "one model"}.get(n, f"an ensemble of {n} models")
    score = document["score"]
    shown = "" if score is None else format(score, score_form(score))
    seconds = document["seconds"]
    took = f" in {seconds:.1f} s" if seconds is not None else ""
    of = f" of {document['time_budget']:g}" if document["time_budget"] else ""
    until = ", interrupted" if document["interrupted"] else ""
    name = task["name"] or "table"
    return (
        f"{name}: {task['kind']}{size}{classes}; {what} with {document['metric']} {shown} "
        f"out-of-fold, {len(document['leaderboard'])} configurations{took}{of}{until}"
    )
