"""Notes in a few lines: one per kind, with how many there are; all of them are in `--json`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

__all__ = ["of_tasks", "remarks_by_kind", "task_notes_by_kind"]

_SHOWN = 3
_NUMBER = re.compile(r"-?(?<![\w.])\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")
_QUOTED = re.compile(r"'[^']*'|\[[^\]]*\]")


def task_notes_by_kind(notes: Mapping[str, str]) -> list[str]:
    """Return one line per kind of note, most frequent first; kinds differ in more than numbers.

    Args:
        notes: Task -> sentence; empty ones are left out.

    >>> task_notes_by_kind({"a": "only 20 runs", "b": "only 5 runs", "c": "flat"})
    ['2 tasks (a, b): only 5 to 20 runs', 'c: flat']
    """
    kinds: dict[str, dict[str, str]] = {}
    for task, note in notes.items():
        if note:
            kinds.setdefault(_NUMBER.sub("#", note), {})[task] = note
    lines = []
    for group in sorted(kinds.values(), key=len, reverse=True):
        tasks = list(group)
        if len(tasks) == 1:
            lines.append(f"{tasks[0]}: {group[tasks[0]]}")
            continue
        listed = ", ".join(tasks[:_SHOWN]) + (", ..." if len(tasks) > _SHOWN else "")
        lines.append(f"{len(tasks)} tasks ({listed}): {_with_ranges(list(group.values()))}")
    return lines


def remarks_by_kind(remarks: Iterable[str]) -> list[str]:
    """Return the first remark of each kind, and how many more there are like it.

    >>> remarks_by_kind(["'x' is unknown: ignored", "'y' is unknown: ignored", "3 runs failed"])
    ["'x' is unknown: ignored (and 1 more like this)", '3 runs failed']
    """
    kinds: dict[str, list[str]] = {}
    for remark in dict.fromkeys(remarks):
        kinds.setdefault(_NUMBER.sub("#", _QUOTED.sub("*", remark)), []).append(remark)
    return [
        group[0] + (f" (and {len(group) - 1} more like this)" if len(group) > 1 else "")
        for group in kinds.values()
    ]


def of_tasks(notes: Iterable[str], tasks: Collection[str]) -> tuple[dict[str, str], list[str]]:
    """Return notes that begin with `task: `, by task, and the others."""
    found: dict[str, str] = {}
    others = []
    for note in notes:
        parts = [place.start() for place in re.finditer(": ", note)]
        task = next((note[:at] for at in parts if note[:at] in tasks), None)
        if task is None or task in found:
            others.append(note)
        else:
            found[task] = note[len(task) + 2 :]
    return found, others


def _with_ranges(notes: list[str]) -> str:
    """Return the text that notes share, with the lowest and highest of each number."""
    numbers = zip(*(_NUMBER.findall(note) for note in notes), strict=True)
    spans = iter([_span(found) for found in numbers])
    return _NUMBER.sub(lambda _: next(spans), notes[0])


def _span(texts: tuple[str, ...]) -> str:
    if len(set(texts)) == 1:
        return texts[0]
    ordered = sorted(texts, key=lambda text: float(text.replace(",", "")))
    return f"{ordered[0]} to {ordered[-1]}"
