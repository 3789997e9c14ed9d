"""The parts of pipelines that a planted loss depends on are the most important ones."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from metalearn.core.configuration import Configuration
from metalearn.core.metric import Metric, metric_named
from metalearn.errors import InputError, NotEnoughMetaDataError
from metalearn.importance import OperatorSource, fanova, operator_importance, operator_runs
from metalearn.pipelines import Grammar, PipelineSpace

SPACE = PipelineSpace(
    "classification",
    Grammar("classification", ("pca", "polynomial", "power_transformer"), ("naive_bayes", "svc")),
)
DRAWN = SPACE.sample(150, np.random.default_rng(0))


def has(name: str) -> np.ndarray:
    found = [name in SPACE.genotype(each).operators() for each in DRAWN]
    return np.array(found, dtype=np.float64)


def test_a_planted_operator_is_the_most_important_wherever_it_stands() -> None:
    noise = 0.05 * np.random.default_rng(1).random(len(DRAWN))
    shares = operator_importance(DRAWN, 0.5 - 0.3 * has("polynomial") + noise)
    assert next(iter(shares)) == "has polynomial"
    assert shares["has polynomial"] > 0.5
    assert sum(shares.values()) == pytest.approx(1.0)


def test_a_planted_learner_is_the_most_important() -> None:
    noise = 0.05 * np.random.default_rng(1).random(len(DRAWN))
    assert next(iter(operator_importance(DRAWN, 0.5 - 0.3 * has("svc") + noise))) == "learner"


def test_failures_count_as_the_worst() -> None:
    losses = np.where(has("pca") > 0, np.nan, np.random.default_rng(1).random(len(DRAWN)))
    _, history = operator_runs(DRAWN, losses)
    assert np.all(history.y[has("pca") > 0] == np.nanmax(losses))


@pytest.mark.parametrize("n", [0, 1, 3])
def test_too_few_pipelines_are_refused(n: int) -> None:
    with pytest.raises(NotEnoughMetaDataError, match="search more"):
        operator_importance(DRAWN[:n], np.arange(float(n)))


def test_other_configurations_are_refused() -> None:
    with pytest.raises(InputError, match="no pipeline"):
        operator_importance([Configuration("svc", {"C": 1.0})] * 4, np.arange(4.0))


class Stored:
    """Two tasks with the drawn pipelines, in one of which some failed."""

    def evaluations(self, metric: str, *, algorithm: str | None = None) -> pd.DataFrame:
        texts = [json.dumps(dict(each.hyperparameters)) for each in DRAWN]
        noise = 0.05 * np.random.default_rng(1).random(len(DRAWN))
        score = 0.5 + 0.3 * has("polynomial") - noise
        tables = [
            pd.DataFrame({"task": t, "hyperparameters": texts, "value": score, "status": "ok"})
            for t in ("one", "two")
        ]
        tables[1].loc[has("pca") > 0, "status"] = "failed"
        return pd.concat(tables, ignore_index=True)

    def space(self, algorithm: str) -> None:
        return None

    def metrics(self) -> dict[str, Metric]:
        return {"accuracy": metric_named("accuracy")}


def test_operators_of_stored_pipelines_are_analysed_over_tasks() -> None:
    table = fanova(OperatorSource(Stored()), "pipeline")
    main = table.of_size(1)
    shares = dict(zip(main.names, main.share.T, strict=True))
    assert "learner" in shares
    assert shares["has polynomial"][0] > 0.5  # where nothing failed
    assert shares["has polynomial"][0] == max(share[0] for share in shares.values())
    assert shares["has pca"][1] > shares["has pca"][0]  # its failures count as the worst


def test_other_algorithms_are_passed_on() -> None:
    stored = Stored()
    found = OperatorSource(stored).evaluations("accuracy", algorithm="svc")
    pd.testing.assert_frame_equal(found, stored.evaluations("accuracy"))
