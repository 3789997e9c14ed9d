"""The systems of AutoML as presets: what each is made of, from the catalogue of strategies."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from metalearn.automl.strategies import get, names
from metalearn.automl.strategy import Pipelines, Strategy

__all__ = ["PresetRow", "system_rows"]


@dataclass(frozen=True, slots=True)
class PresetRow:
    """A row of the table of systems; parts are "" where the preset is not available.

    Attributes:
        preset: Name of the preset.
        system: The system that it follows; "" for our own.
        architecture: How the learner is chosen.
        operators: What is searched.
        search: How hyperparameters are searched: initial designs, search, fidelity.
        improvements: What becomes of the trials.
        meta_learning: What is taken from the store.
        keeps: What of the original is kept.
        differs: What is not.
        needs: What it needs and what is not built yet; "" if it runs.
    """

    preset: str
    system: str
    architecture: str
    operators: str
    search: str
    improvements: str
    meta_learning: str
    keeps: str
    differs: str
    needs: str

    def to_dict(self) -> dict[str, Any]:
        """Return the row for JSON; `available` says whether it runs."""
        return {**asdict(self), "available": not self.needs}


def system_rows() -> tuple[PresetRow, ...]:
    """Return the rows of all presets, in the order of the catalogue."""
    return tuple(_row(name, get(name)) for name in names())


def _row(name: str, strategy: Strategy) -> PresetRow:
    if strategy.needs:
        return PresetRow(name, strategy.after, "", "", "", "", "", "", strategy.differs,
                         strategy.needs)  # fmt: skip
    return PresetRow(
        name,
        strategy.after,
        _architecture(strategy),
        strategy.space.words,
        _search(strategy),
        strategy.improvement.words,
        "none" if strategy.memory is None else f"recommender `{strategy.memory}`",
        strategy.keeps,
        strategy.differs,
        "",
    )


def _architecture(strategy: Strategy) -> str:
    if strategy.search is None:
        return "none: a list of configurations"
    only = strategy.space.names
    if isinstance(strategy.space, Pipelines):
        return "shape and operators of a pipeline"
    return "none: one learner" if only is not None and len(only) == 1 else "learner as an axis"


def _search(strategy: Strategy) -> str:
    steps = [part.words for part in strategy.initial]
    steps += [] if strategy.search is None else [strategy.search.words]
    text = ", then ".join(steps)
    if strategy.fidelity is None:
        return text
    return f"{text}; halving of rows with eta {strategy.fidelity.eta}"
