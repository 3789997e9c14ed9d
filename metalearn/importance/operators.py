"""Which parts of pipelines matter: the learner, the encoder, and whether an operator occurs.

The axes of a pipeline say what stands at each place, so an operator has many axes and each is
seldom active. Here a pipeline is described by what it contains: `encoder`, `learner`, `n_steps`,
and one yes or no for each operator, wherever it stands. Any method of this package applies.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.core.inferred_space import inferred_space
from metalearn.core.metric import Metric
from metalearn.core.space import Space
from metalearn.core.stored_json import stored_object
from metalearn.errors import NotEnoughMetaDataError
from metalearn.histories.algorithm_runs import HasLibraries
from metalearn.histories.source import RunSource
from metalearn.importance.parzen_anova import PedAnovaSettings, ped_anova_task
from metalearn.importance.table import TaskImportance
from metalearn.pipelines import ALGORITHM_NAME, genotype_of
from metalearn.pipelines.genotype import Genotype

__all__ = ["OperatorSource", "operator_importance", "operator_runs"]

_FEWEST = 2


def operator_runs(pipelines: Sequence[Configuration], losses: Floats) -> tuple[Space, History]:
    """Return the space of contents of pipelines, and the runs in it.

    Args:
        pipelines: Configurations of the algorithm `pipeline`, `(n,)`.
        losses: `(n,)`; NaN = failed, which counts as the largest loss.

    Raises:
        InputError: If a configuration is no pipeline.
        NotEnoughMetaDataError: If there are fewer than two pipelines.
    """
    if len(pipelines) < _FEWEST:
        raise NotEnoughMetaDataError(
            f"the importance of operators needs at least {_FEWEST} pipelines, got "
            f"{len(pipelines)}; search more (metalearn optimize --space pipelines)"
        )
    rows = _contents_of([genotype_of(each) for each in pipelines])
    space = inferred_space(ALGORITHM_NAME, rows)
    finite = np.isfinite(losses)
    worst = losses[finite].max() if finite.any() else np.nan
    return space, History(space.encode(rows), np.where(finite, losses, worst))


def operator_importance(
    pipelines: Sequence[Configuration],
    losses: Floats,
    settings: PedAnovaSettings | None = None,
) -> dict[str, float]:
    """Return the share of each content of pipelines in reaching the best ones, largest first.

    The method is PED-ANOVA (Watanabe, Bansal & Hutter 2023).

    Args:
        pipelines: Configurations of the algorithm `pipeline` on one task, `(n,)`.
        losses: `(n,)`; NaN = failed.
        settings: Shares of runs to compare.

    Raises:
        NotEnoughMetaDataError: If there are too few pipelines for a statement.
    """
    space, history = operator_runs(pipelines, losses)
    varying = [axis.name for axis in space.axes if axis.n_cells != 1]
    found: TaskImportance = ped_anova_task(space, history, names=varying, settings=settings)
    if not np.isfinite(found.share).any():
        raise NotEnoughMetaDataError(
            f"no importance of operators: {found.note}; search more (metalearn optimize --space "
            "pipelines)"
        )
    shares = dict(zip(varying, map(float, found.share), strict=True))
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


class OperatorSource:
    """The runs of a store, in which pipelines are described by what they contain.

    It is a `RunSource`: `fanova(OperatorSource(store), "pipeline")` analyses operators.

    Args:
        source: A store, or another source of runs.
    """

    def __init__(self, source: RunSource) -> None:
        self._source = source

    def evaluations(self, metric: str, *, algorithm: str | None = None) -> pd.DataFrame:
        """Return the rows of the source; contents take the place of pipelines' hyperparameters."""
        table = self._source.evaluations(metric, algorithm=algorithm)
        if algorithm != ALGORITHM_NAME:
            return table
        codes, texts = pd.factorize(table["hyperparameters"])
        stored = [Configuration(ALGORITHM_NAME, stored_object(text)) for text in texts]
        rows = _contents_of([genotype_of(each) for each in stored])
        described = np.array([json.dumps(row) for row in rows], dtype=object)
        return table.assign(hyperparameters=described[codes])

    def space(self, algorithm: str) -> Space | None:
        """Return the declared space; that of contents is inferred."""
        return None if algorithm == ALGORITHM_NAME else self._source.space(algorithm)

    def libraries(self) -> dict[str, str]:
        """Return where the algorithms of the source come from, as far as it knows."""
        return self._source.libraries() if isinstance(self._source, HasLibraries) else {}

    def metrics(self) -> dict[str, Metric]:
        """Return the metrics of the source."""
        return self._source.metrics()


def _contents_of(genotypes: Sequence[Genotype]) -> list[dict[str, str | int]]:
    """Return what each pipeline contains; an operator that only others contain is a no."""
    rows = [_contents(each) for each in genotypes]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return [{name: row.get(name, "no") for name in names} for row in rows]


def _contents(genotype: Genotype) -> dict[str, str | int]:
    steps = (*genotype.steps, *genotype.left, *genotype.right)
    return {
        "encoder": genotype.encoder,
        "learner": genotype.model.name,
        "n_steps": len(steps),
        **{f"has {gene.name}": "yes" for gene in steps},
    }
