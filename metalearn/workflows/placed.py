"""`recommend` for a page: the list, and where the table lies among the known tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metalearn.errors import NotEnoughMetaDataError
from metalearn.workflows.recommend.ask import recommend_for
from metalearn.workflows.similar import described, similar_tasks

if TYPE_CHECKING:
    from metalearn.learners.tables import Table
    from metalearn.store import Store
    from metalearn.workflows.recommend.ask import RecommendRequest
    from metalearn.workflows.recommend.result import Recommendations
    from metalearn.workflows.similar import SimilarTasks

__all__ = ["recommend_placed"]


def recommend_placed(
    table: Table, store: Store, request: RecommendRequest
) -> tuple[Recommendations, SimilarTasks | None]:
    """Return recommendations, and the most similar tasks with a map.

    The meta-features of the table are computed once. There is no map, None, if fewer than two
    known tasks have meta-features.
    """
    found = described(table)
    recommended = recommend_for(table, store, request, found)
    try:
        near = similar_tasks(table, store, metric=recommended.metric.name, found=found,
                             exclude=request.exclude)  # fmt: skip
    except NotEnoughMetaDataError:
        near = None
    return recommended, near
