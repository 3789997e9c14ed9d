"""Conversion of table rows to configurations: from columns, from JSON, or by look-up.

Each way caches recent configurations by their texts, because hashing dominates the cost, and
collects the space of every algorithm.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from metalearn.core.configuration import Configuration, Value
from metalearn.errors import InputError
from metalearn.harvesters.cells import Coded, joint
from metalearn.harvesters.chunks import Chunk, reject
from metalearn.harvesters.frames import Rejections
from metalearn.harvesters.spaces import SpaceSurvey
from metalearn.harvesters.values import MISSING, ColumnType

__all__ = ["Configuring", "FromColumns", "FromJson", "FromTable"]

_CACHED = 100_000
_Made = Configuration | None


class Configuring(Protocol):
    """Turns rows into configurations."""

    def survey(self, chunk: Chunk) -> None:
        """Learn the types of the columns."""
        ...

    def make(self, chunk: Chunk, rejections: Rejections) -> Coded[_Made]:
        """Return one configuration a row; None where the row cannot be used, counted."""
        ...

    def spaces(self) -> dict[str, str | None]:
        """Return algorithm -> ConfigSpace JSON of all configurations made."""
        ...


@dataclass(slots=True)
class _Memory:
    """Configurations by their texts, and the surveys of their spaces."""

    surveys: dict[str, SpaceSurvey] = field(default_factory=dict)
    made: dict[tuple[str, ...], _Made] = field(default_factory=dict)

    def get(
        self, token: tuple[str, ...], build: Callable[[tuple[str, ...]], Configuration]
    ) -> _Made:
        if token in self.made:
            return self.made[token]
        try:
            configuration: _Made = build(token)
        except (InputError, ValueError, OverflowError, RecursionError):
            configuration = None
        if configuration is not None:
            name = configuration.algorithm
            survey = self.surveys.setdefault(name, SpaceSurvey(name))
            survey.add(configuration.hyperparameters)
        if len(self.made) >= _CACHED:
            self.made.clear()
        self.made[token] = configuration
        return configuration

    def spaces(self) -> dict[str, str | None]:
        return {name: survey.to_json() for name, survey in self.surveys.items()}


def _counted(
    made: Coded[_Made], chunk: Chunk, rejections: Rejections, reason: str
) -> Coded[_Made]:
    reject(rejections, reason, made.where(lambda configuration: configuration is None), chunk)
    return made


@dataclass(slots=True)
class FromColumns:
    """One column per hyperparameter; an empty cell is an inactive one.

    Attributes:
        parameters: Column -> name of the hyperparameter.
        algorithm: Name of the algorithm where no column gives it.
        column: Column with the algorithm's name; None if there is none.
    """

    parameters: Mapping[str, str]
    algorithm: str
    column: str | None = None
    _types: dict[str, ColumnType] = field(default_factory=dict)
    _memory: _Memory = field(default_factory=_Memory)

    def survey(self, chunk: Chunk) -> None:
        """Learn the types of the hyperparameters."""
        for name in self.parameters:
            self._types.setdefault(name, ColumnType()).survey(chunk.columns[name].coded.distinct)

    def make(self, chunk: Chunk, rejections: Rejections) -> Coded[_Made]:
        """Return one configuration a row."""
        names = ((self.column,) if self.column else ()) + tuple(self.parameters)
        tokens = joint([chunk.columns[name].coded for name in names], len(chunk))
        made = tokens.map(lambda token: self._memory.get(token, self._build))
        reason = "a hyperparameter is not finite or the algorithm is missing"
        return _counted(made, chunk, rejections, reason)

    def spaces(self) -> dict[str, str | None]:
        """Return algorithm -> ConfigSpace JSON."""
        return self._memory.spaces()

    def _build(self, token: tuple[str, ...]) -> Configuration:
        algorithm, texts = self.algorithm, token
        if self.column:
            algorithm, texts = token[0].strip() or self.algorithm, token[1:]
        if not algorithm:
            raise InputError("no algorithm")
        given = zip(self.parameters.items(), texts, strict=True)
        values: dict[str, Value] = {
            name: self._types[column].convert(text.strip())
            for (column, name), text in given
            if text.strip().lower() not in MISSING
        }
        return Configuration(algorithm, values)


@dataclass(slots=True)
class FromJson:
    """One column with the hyperparameters as a JSON object.

    Attributes:
        json_column: That column.
        algorithm: Name of the algorithm where no column gives it.
        column: Column with the algorithm's name; None if there is none.
    """

    json_column: str
    algorithm: str
    column: str | None = None
    _memory: _Memory = field(default_factory=_Memory)

    def survey(self, chunk: Chunk) -> None:
        """Do nothing: JSON carries its types."""

    def make(self, chunk: Chunk, rejections: Rejections) -> Coded[_Made]:
        """Return one configuration a row."""
        names = ((self.column,) if self.column else ()) + (self.json_column,)
        tokens = joint([chunk.columns[name].coded for name in names], len(chunk))
        made = tokens.map(lambda token: self._memory.get(token, self._build))
        reason = "configuration is not a flat JSON object, or the algorithm is missing"
        return _counted(made, chunk, rejections, reason)

    def spaces(self) -> dict[str, str | None]:
        """Return algorithm -> ConfigSpace JSON."""
        return self._memory.spaces()

    def _build(self, token: tuple[str, ...]) -> Configuration:
        named = token[0].strip() if self.column else ""
        algorithm = named or self.algorithm
        loaded = json.loads(token[-1])
        if not algorithm or not isinstance(loaded, dict):
            raise InputError("no algorithm or no object")
        return Configuration(algorithm, loaded)


@dataclass(slots=True)
class FromTable:
    """One column with the key of a configuration that another file describes.

    Attributes:
        column: That column.
        known: Key -> configuration.
    """

    column: str
    known: Mapping[str, Configuration]

    def survey(self, chunk: Chunk) -> None:
        """Do nothing: the other file has been read."""

    def make(self, chunk: Chunk, rejections: Rejections) -> Coded[_Made]:
        """Return one configuration a row."""
        made = chunk.columns[self.column].coded.map(lambda text: self.known.get(text.strip()))
        return _counted(made, chunk, rejections, "configuration is not described")

    def spaces(self) -> dict[str, str | None]:
        """Return algorithm -> None: a list of best configurations does not define a space."""
        return {configuration.algorithm: None for configuration in self.known.values()}
