"""The space that `optimize` searches: the named one, or that of the first recommendation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from metalearn.core.space import Space
from metalearn.core.task import Kind
from metalearn.errors import NotEnoughMetaDataError
from metalearn.learners import CATALOGUE
from metalearn.learners.joint import ALL, named_space
from metalearn.learners.tables import Table
from metalearn.pipelines import Grammar, PipelineSpace, is_pipelines
from metalearn.workflows.describe import Description
from metalearn.workflows.optimize.options import OptimizeOptions
from metalearn.workflows.recommend.ask import RecommendRequest, recommend_for
from metalearn.workflows.recommend.result import Recommendations

if TYPE_CHECKING:
    from metalearn.store import Store

__all__ = ["chosen_space"]


def chosen_space(
    table: Table, store: Store, options: OptimizeOptions, described: Description
) -> tuple[Space, list[str]]:
    """Return the space to search: the named one, or that of the algorithm recommended first."""
    wanted, notes = options.space, []
    if wanted is None:
        request = RecommendRequest(
            metric=options.metric, exclude=options.exclude, seed=options.seed
        )
        found = recommend_for(table, store, request, described.features)
        listed = [item.configuration.algorithm for item in found]
        wanted = next((name for name in listed if _is_searchable(name, table.kind)), None)
        if wanted is None:
            raise NotEnoughMetaDataError(_why_no_space(found, listed, CATALOGUE.names()))
        notes.append(f"no space was named: {wanted}, the algorithm recommended first")
    if is_pipelines(wanted) and not isinstance(wanted, Space):
        return PipelineSpace(table.kind, Grammar.for_table(table)), notes
    if not isinstance(wanted, Space):
        space, left_out = named_space(wanted, table.kind)
        return space, [*notes, *left_out]
    for name in wanted.algorithms:
        named_space(name, table.kind)  # refuses what cannot be run on this table
    return wanted, notes


def _why_no_space(found: Recommendations, listed: list[str], names: Sequence[str]) -> str:
    """Return the message for a list without an algorithm that has a space to search."""
    next_step = f"name a space with --space (space=): {', '.join([*names, ALL])}"
    if listed:
        algorithms = ", ".join(dict.fromkeys(listed))
        return (
            f"none of the recommended algorithms ({algorithms}) has a space to search; {next_step}"
        )
    why = "; ".join(found.notes) or "no configuration is expected to beat a dummy"
    return f"no algorithm is recommended for {found.task.name} ({why}); {next_step}"


def _is_searchable(algorithm: str, kind: Kind) -> bool:
    if algorithm not in CATALOGUE.names() or not CATALOGUE.get(algorithm).is_installed:
        return False
    axes = CATALOGUE.get(algorithm).space(kind).axes
    return sum(axis.n_cells != 1 for axis in axes) >= 2
