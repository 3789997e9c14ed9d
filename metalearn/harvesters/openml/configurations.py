"""From setups to configurations: component prefixes, defaults filled in, canonical keys.

A configuration gets the name of one of our algorithms if its learner and values fit the
algorithm's space. Otherwise it keeps the flow's name and parameters, and is not comparable with
ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from metalearn.core.configuration import Configuration, Value
from metalearn.core.task import Kind
from metalearn.errors import InputError
from metalearn.harvesters.openml.pages import Component, SetupRow
from metalearn.harvesters.openml.parameters import (
    DROPPED,
    Dialect,
    Reference,
    canonical_name,
    typed_value,
)
from metalearn.harvesters.openml.spaces import Context, Mapped, UnmappableError, map_learner

__all__ = ["Converted", "Converter", "bare_component"]


_VALUE = re.compile(r"(?<=\w):? \S+(?= (?:lies outside|is not one of))|(?<=\w): (?=.*expected)")


@dataclass(frozen=True, slots=True)
class Converted:
    """A setup converted to a configuration.

    Attributes:
        configuration: In one of our spaces, or under the flow's own name.
        library: Library of the learner: sklearn, mlr, weka or other.
        version: The flow's external version.
        reason: Why it is in none of our spaces; "" if it is in one.
        depends_on_columns: Whether the configuration depends on the number of columns.
    """

    configuration: Configuration
    library: Dialect
    version: str
    reason: str
    depends_on_columns: bool


@dataclass(frozen=True, slots=True)
class _Part:
    component: Component
    prefix: str
    values: dict[str, Value]
    defaults: dict[str, Value]


class Converter:
    """Converts the setups of one flow to configurations.

    Args:
        flow: The flow with its components.
        in_space: From a mapped configuration to the one on our axes; raises `InputError` if a
            value lies outside.
    """

    def __init__(self, flow: Component, in_space: Callable[[Mapped], Configuration]) -> None:
        self.flow, self._in_space = flow, in_space
        self.dialect = _dialect(flow)
        self.name = canonical_name(flow.name)

    def convert(self, setup: SetupRow, kind: Kind, n_features: int | None) -> Converted:
        """Return the configuration of a setup on a task of that kind and number of columns."""
        parts = list(self._parts(setup))
        context = Context(kind, n_features)
        reason = ""
        try:
            mapped = self._mapped(parts, context)
            configuration = self._in_space(mapped)
        except UnmappableError as error:
            reason = str(error)
            configuration = self._own(parts)
        except InputError as error:
            # Setups are counted by reason, so the value, which differs in each, is removed.
            reason = f"{mapped.algorithm}: {_VALUE.sub('', str(error)[:2000])}"
            configuration = self._own(parts)
        version = self.flow.external_version
        depends = context.has_used_columns
        return Converted(configuration, self.dialect, version, reason, depends)

    def _parts(self, setup: SetupRow) -> Iterator[_Part]:
        given: dict[int, dict[str, Value]] = {}
        for p in setup.parameters:
            value = typed_value(p.value, self.dialect, p.type)
            if not isinstance(value, Reference):
                given.setdefault(p.flow, {})[p.name] = value
        seen: set[int] = set()
        for component, prefix in _walk(self.flow, ""):
            if component.flow in seen:
                continue  # the same flow twice shares its parameters
            seen.add(component.flow)
            yield self._part(component, prefix, given.pop(component.flow, {}))
        for flow, values in sorted(given.items()):  # components missing from the flow
            yield _Part(_nameless(flow), f"component{flow}__", values, {})

    def _part(self, component: Component, prefix: str, given: dict[str, Value]) -> _Part:
        defaults: dict[str, Value] = {}
        for name, text in component.defaults.items():
            value = typed_value(text, self.dialect)
            if not isinstance(value, Reference) and (text or self.dialect == "sklearn"):
                defaults[name] = value
        fills = self.dialect in ("sklearn", "mlr")
        return _Part(component, prefix, {**defaults, **given} if fills else given, defaults)

    def _mapped(self, parts: list[_Part], context: Context) -> Mapped:
        learner, inner = _learner(self.flow, self.dialect)
        by_flow = {part.component.flow: part for part in parts}
        if inner is not None:
            context.inner = by_flow[inner.flow].values
            context.inner_name = _short(inner, self.dialect)
        part = by_flow[learner.flow]
        clean = {k: v for k, v in part.values.items() if k not in DROPPED}
        return map_learner(_short(learner, self.dialect), clean, part.defaults, context)

    def _own(self, parts: list[_Part]) -> Configuration:
        values = {
            f"{part.prefix}{name}": value
            for part in parts
            for name, value in part.values.items()
            if name not in DROPPED
        }
        return Configuration(self.name, values)


def bare_component(setup: SetupRow, name: str) -> Component:
    """Return a flow inferred from a setup, for use when `flow/{id}` is not available."""
    own = {p.name: p.default for p in setup.parameters if p.flow == setup.flow}
    inner: dict[int, dict[str, str]] = {}
    titles: dict[int, str] = {}
    for p in setup.parameters:
        if p.flow != setup.flow:
            inner.setdefault(p.flow, {})[p.name] = p.default
            # full_name is "<flow name>(<version>)_<parameter>": cut the known end, not at "_"
            titles[p.flow] = p.full_name.removesuffix(f"_{p.name}")
    parts = tuple(
        Component(flow, titles[flow], "", "", "", canonical_name(titles[flow]), values, ())
        for flow, values in sorted(inner.items())
    )
    return Component(setup.flow, name, "", "", "", "", own, parts)


def _walk(component: Component, prefix: str) -> Iterator[tuple[Component, str]]:
    yield component, prefix
    for part in component.parts:
        yield from _walk(part, f"{prefix}{part.role}__")


def _nameless(flow: int) -> Component:
    return Component(flow, "", "", "", "", "", {}, ())


def _dialect(flow: Component) -> Dialect:
    text = f"{flow.name} {flow.external_version}".lower()
    if "sklearn" in text or "scikit-learn" in text:
        return "sklearn"
    if "mlr." in text or text.startswith("mlr"):
        return "mlr"
    return "weka" if "weka" in text else "other"


def _short(component: Component, dialect: Dialect) -> str:
    name = canonical_name(component.class_name or component.name)
    return name.partition("(")[0].rpartition(".")[2] if dialect == "sklearn" else name


_AROUND = frozenset({
    "BaggingClassifier", "BaggingRegressor", "VotingClassifier", "VotingRegressor",
    "StackingClassifier", "StackingRegressor", "OneVsRestClassifier", "OneVsOneClassifier",
    "OutputCodeClassifier", "MultiOutputClassifier", "TransformedTargetRegressor",
})  # fmt: skip
_ENDS = ("Classifier", "Regressor", "SVC", "SVR", "NB", "LogisticRegression", "Ridge",
         "ElasticNet", "Analysis")  # fmt: skip


def _learner(flow: Component, dialect: Dialect) -> tuple[Component, Component | None]:
    """Return the learner among the components, and its inner learner (the base of an ensemble).

    Only steps of the pipeline are considered; a learner inside a step, for instance in the
    selection of columns, is not the flow's learner.
    """
    if dialect != "sklearn":
        return flow, None
    steps = list(_steps(flow))
    names = [_short(step, dialect) for step in steps]
    around = [
        name
        for step, name in zip(steps, names, strict=True)
        if name in _AROUND or (name.endswith("CV") and step.parts)
    ]
    if around:
        raise UnmappableError(f"{min(around)} around the learner")
    learners = [step for step, name in zip(steps, names, strict=True) if name.endswith(_ENDS)]
    if not learners:
        raise UnmappableError("no learner that we know in the flow")
    if len(learners) == 1 or flow.version:
        learner = learners[-1]
        return learner, learner.parts[0] if learner.parts else None
    # An inferred flow has no structure: a tree beside a booster is taken as its base.
    boosters = [step for step in learners if "AdaBoost" in step.name]
    if len(learners) == 2 and len(boosters) == 1:
        learners.remove(boosters[0])
        return boosters[0], learners[0]
    raise UnmappableError("several learners in a flow whose structure is unknown")


def _steps(component: Component) -> Iterator[Component]:
    """Yield the steps of a pipeline, nested ones included; any other flow is its only step."""
    name = _short(component, "sklearn")
    if name != "Pipeline" or not component.parts:
        yield component
        return
    for part in component.parts:
        yield from _steps(part)
