"""Scores already measured on the user's table, matched to stored configurations.

Any configuration of a known algorithm is accepted. One that is not stored is replaced by the
nearest stored one of its algorithm, in the encoding of the row model, with a note. Numbers of
three digits, as printed, match the stored value that they are rounded from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from metalearn.core.configuration import Configuration, Value
from metalearn.core.encoding import encode_configurations
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import Metric
from metalearn.core.task import Kind
from metalearn.errors import InputError, UnknownNameError, UsageError, did_you_mean, listed

__all__ = ["Observed", "Placed", "placed", "read_observed", "scores_of"]

Observed = Mapping[Configuration, float] | Mapping[str, Any] | Iterable[Any]
"""Scores by configuration; pairs; rows of {algorithm, hyperparameters, score}; or the document of
`recommend --json` with a "score" in the entries that were measured."""

_FORM = '[{"algorithm": "svc", "hyperparameters": {"C": 1.0}, "score": 0.9}, ...]'
_ROUNDED = 5.1e-3
_LINE = re.compile(r"^\s*\d*\s*([A-Za-z_]\w*)\s+(.*)$")
_VALUE = re.compile(r"(\w+)=(\S+)")


@dataclass(frozen=True, slots=True)
class Placed:
    """Observations as input of a recommender.

    Attributes:
        losses: Loss by column of the meta-dataset; NaN = it failed.
        notes: Which ones were replaced by another configuration, or could not be used.
    """

    losses: dict[int, float]
    notes: tuple[str, ...]


def read_observed(text: str, name: str) -> list[dict[str, Any]]:
    """Return the rows of a file of observations: JSON, or the printed list.

    A line of the printed list counts if `score=0.81` was added to it.

    Raises:
        UsageError: If it is neither.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        rows = [row for row in map(_printed, text.splitlines()) if row]
        if not rows:
            raise UsageError(
                f"{name!r}: expected {_FORM}, or the list that 'metalearn recommend' prints, with "
                "or without --json, and a score for each configuration that was tried"
            ) from None
        return rows
    return _rows(document, name)


def scores_of(given: Observed, name: str = "observed") -> tuple[dict[Configuration, float], int]:
    """Return scores by configuration, and how many entries have none.

    Raises:
        UsageError: If the form is unknown.
        InputError: If a configuration or a score is invalid.
    """
    found: dict[Configuration, float] = {}
    n_without = 0
    for configuration, score in _pairs(given, name):
        if score is None:
            n_without += 1
        elif isinstance(score, bool | str) or not isinstance(score, int | float | np.number):
            raise UsageError(f"{name!r}: the score of {configuration} must be a number: {score!r}")
        else:
            found[configuration] = float(score)
    return found, n_without


def placed(scores: Mapping[Configuration, float], meta: MetaDataset, kind: Kind) -> Placed:
    """Return the losses of observations by column of a meta-dataset.

    Raises:
        InputError: If a score is outside the metric's range, or a configuration has a
            hyperparameter that its algorithm does not have.
        UnknownNameError: If an algorithm is unknown.
    """
    position = {c: j for j, c in enumerate(meta.configurations)}
    columns: dict[str, list[int]] = {}
    for j, c in enumerate(meta.configurations):
        columns.setdefault(c.algorithm, []).append(j)
    losses: dict[int, float] = {}
    distance: dict[int, float] = {}
    notes: list[str] = []
    for configuration, score in scores.items():
        loss = _loss(meta.metric, score, configuration)
        if configuration in position:
            losses[position[configuration]], distance[position[configuration]] = loss, 0.0
            continue
        wanted = _completed(configuration, kind, columns, meta)
        if not columns.get(wanted.algorithm):
            notes.append(f"not used: {configuration}: the store has no evaluation of "
                         f"{wanted.algorithm!r} that counts here")  # fmt: skip
            continue
        j, far = _nearest(wanted, columns[wanted.algorithm], meta)
        if far >= distance.get(j, np.inf):
            notes.append(f"not used: {configuration}: {meta.configurations[j]} stands for a "
                         "nearer one")  # fmt: skip
            continue
        losses[j], distance[j] = loss, far
        if far > 0.0:
            notes.append(
                f"{configuration} is not in the store: its score counts for the nearest one "
                f"there, {meta.configurations[j]}"
            )
    return Placed(losses, tuple(notes))


def _loss(metric: Metric, score: float, configuration: Configuration) -> float:
    if np.isnan(score):
        return float("nan")
    return float(metric.loss(metric.checked(score, f"the score of {configuration}")))


def _pairs(given: Any, name: str) -> list[tuple[Configuration, Any]]:
    if isinstance(given, Mapping) and all(isinstance(c, Configuration) for c in given):
        return list(given.items())
    found: list[tuple[Any, Any]] = []
    for row in _rows(given, name):
        if isinstance(row, Mapping):
            try:
                values = row["hyperparameters"]
                found.append((Configuration(row["algorithm"], values), row.get("score")))
            except (KeyError, TypeError) as error:
                raise UsageError(f"{name!r}: expected {_FORM}, got {error!r}") from error
        elif isinstance(row, Configuration) or hasattr(row, "configuration"):
            found.append((getattr(row, "configuration", row), None))  # a recommendation
        elif isinstance(row, Sequence) and len(row) == 2:
            found.append((getattr(row[0], "configuration", row[0]), row[1]))
        else:
            raise UsageError(f"{name!r}: expected {_FORM}, got {row!r:.80}")
    if not all(isinstance(c, Configuration) for c, _ in found):
        raise UsageError(f"{name!r}: expected configurations with scores, got {found[:1]!r:.80}")
    return found


def _rows(document: Any, name: str) -> list[Any]:
    if isinstance(document, Mapping):
        document = document.get("configurations", [document] if "algorithm" in document else None)
    if document is None or isinstance(document, str) or not isinstance(document, Iterable):
        raise UsageError(f"{name!r}: expected {_FORM}, or the document of recommend --json")
    return list(document)


def _printed(line: str) -> dict[str, Any] | None:
    """Return the row of a line of the printed list; None for any other line."""
    found = _LINE.match(line)
    values = dict(_VALUE.findall(found[2])) if found else {}
    if found is None or not (values or re.search(r"\d to -?\d", found[2])):
        return None
    score = values.pop("score", None)
    parsed = {key: _parsed(text) for key, text in values.items()}
    row = {"algorithm": found[1], "hyperparameters": parsed}
    return row if score is None else row | {"score": _parsed(score)}


def _parsed(text: str) -> Value:
    words: dict[str, Value] = {"None": None, "True": True, "False": False}
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return words.get(text, text)


def _completed(
    configuration: Configuration, kind: Kind, columns: Mapping[str, list[int]], meta: MetaDataset
) -> Configuration:
    """Return a configuration with missing hyperparameters set to their defaults."""
    from metalearn.learners import CATALOGUE

    algorithm, given = configuration.algorithm, dict(configuration.hyperparameters)
    stored = [meta.configurations[j].hyperparameters for j in columns.get(algorithm, ())]
    known = {name for values in stored for name in values}
    default: dict[str, Value] = {}
    if algorithm in CATALOGUE and kind in CATALOGUE.get(algorithm).kinds:
        space = CATALOGUE.get(algorithm).space(kind)
        known |= set(space.names)
        if not stored or {name for values in stored for name in values} <= set(space.names):
            default = dict(space.default().hyperparameters)
    elif algorithm not in columns:
        ours = [name for name in CATALOGUE.names() if kind in CATALOGUE.get(name).kinds]
        raise UnknownNameError("algorithm", algorithm, tuple(dict.fromkeys([*columns, *ours])))
    for name in given:
        if name not in known:
            raise InputError(
                f"{algorithm!r} has no hyperparameter {name!r}; it has "
                f"{listed(sorted(known))}{did_you_mean(name, sorted(known))}"
            )
    return Configuration(algorithm, default | given)


def _nearest(wanted: Configuration, columns: list[int], meta: MetaDataset) -> tuple[int, float]:
    """Return the nearest stored configuration, and its distance; 0 if equal up to rounding."""
    stored = [meta.configurations[j] for j in columns]
    for j, other in zip(columns, stored, strict=True):
        if _is_rounded(wanted.hyperparameters, other.hyperparameters):
            return j, 0.0
    points = encode_configurations([*stored, wanted]).points()
    distances = np.sqrt(((points[:-1] - points[-1]) ** 2).sum(axis=1))
    place = int(np.argmin(distances))
    return columns[place], max(float(distances[place]), 1e-9)


def _is_rounded(given: Mapping[str, Value], stored: Mapping[str, Value]) -> bool:
    """Whether all stored values, rounded to three digits, equal the given ones."""
    if not set(stored) <= set(given):
        return False
    for name, value in stored.items():
        other = given[name]
        numbers = [v for v in (value, other) if isinstance(v, int | float)
                   and not isinstance(v, bool)]  # fmt: skip
        if len(numbers) == 2:
            if abs(numbers[0] - numbers[1]) > _ROUNDED * abs(numbers[0]):
                return False
        elif str(value) != str(other):
            return False
    return True
