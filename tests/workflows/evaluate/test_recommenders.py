import json
import zlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import wilcoxon

from metalearn.cli import main
from metalearn.core.records import COLUMNS, Batch, Source
from metalearn.core.task import TargetTask
from metalearn.errors import NotEnoughMetaDataError, UnknownNameError, UsageError
from metalearn.numerics.statistics.regret import expected_random_regret, normalized_regret
from metalearn.recommenders import CATALOGUE
from metalearn.store import writing
from metalearn.testing.worlds import clusters, with_holes
from metalearn.workflows.evaluate.folds import task_folds
from metalearn.workflows.evaluate.play_ranker import regret_curve
from metalearn.workflows.evaluate.recommenders import evaluate, evaluate_store

KEYS = ["recommender", "k", "regret_mean", "regret_low", "regret_high", "rank_mean", "n_tasks"]


@pytest.fixture
def meta(rng):
    return clusters(rng, n_tasks=24, n_configurations=12).meta


def _row(result, name, k):
    return next(row for row in result.rows if (row.recommender, row.k) == (name, k))


def test_a_fixed_list_is_scored_as_by_hand(meta):
    result = evaluate(meta, ["portfolio"], ks=(1, 3), seed=0)
    regret = normalized_regret(meta.losses)
    expected = np.empty((meta.n_tasks, 2))
    for train, test in task_folds(meta.groups, "10-fold", 0):
        covered, chosen = np.ones(len(train)), []
        for _ in range(3):
            left = np.minimum(covered[:, None], regret[train]).mean(axis=0)
            chosen.append(int(np.argmin(left)))
            covered = np.minimum(covered, regret[train][:, chosen[-1]])
        for j, k in enumerate((1, 3)):
            expected[test, j] = regret[test][:, chosen[:k]].min(axis=1)
    for j, k in enumerate((1, 3)):
        assert _row(result, "portfolio", k).regret_mean == pytest.approx(expected[:, j].mean())


def test_curves_are_those_of_the_scores_step_by_step(meta):
    holes = with_holes(meta, 0.2, np.random.default_rng(1))
    result = evaluate(holes, ["default"], ks=(6,), seed=3)
    for number, (train, test) in enumerate(task_folds(holes.groups, "10-fold", 3)):
        rng = np.random.default_rng((3, number, zlib.crc32(b"default")))
        ranker = CATALOGUE.get("default")().fit(holes.take(train), rng)
        for task in test:
            losses = holes.losses[task]
            target = TargetTask(holes.meta_features[task])
            for _ in range(min(6, np.isfinite(losses).sum())):
                index = target.lowest(ranker.score(target), np.isfinite(losses))
                target = target.tell(index, float(losses[index]))
            expected = regret_curve(target.observed_losses, losses, 6)
            np.testing.assert_array_equal(result.curves[0, task], expected)


def test_random_is_exact_and_the_oracle_is_zero(meta):
    result = evaluate(meta, ["average-rank"], ks=(2,))
    expected = expected_random_regret(normalized_regret(meta.losses), 2).mean()
    assert _row(result, "random", 2).regret_mean == pytest.approx(expected)
    assert _row(result, "oracle", 2).regret_mean == 0.0
    assert result.recommenders == ("average-rank", "random", "oracle")


def test_nothing_of_the_target_reaches_the_method(meta, monkeypatch):
    """Evil twin: the held-out rows are changed where they were not asked for; same choices."""
    seen = []

    class Spy:
        def fit(self, train, rng):
            seen.append({task.key for task in train.tasks})
            self.train = train
            return self

        def score(self, target):
            assert target.n_observed <= 2
            return np.arange(self.train.n_configurations, dtype=float)

    monkeypatch.setitem(CATALOGUE.__dict__, "_entries", {"spy": "ignored:ignored"})
    get = type(CATALOGUE).get
    monkeypatch.setattr(
        type(CATALOGUE), "get", lambda self, name: Spy if self is CATALOGUE else get(self, name)
    )
    evaluate(meta, ["spy"], ks=(3,))
    folds = task_folds(meta.groups, "10-fold", 0)
    for keys, (train, _) in zip(seen, folds, strict=True):
        assert keys == {meta.tasks[i].key for i in train}


def test_jobs_and_selection_change_nothing(meta):
    alone = evaluate(meta, ["forest-portfolio"], ks=(1, 3), seed=5)
    both = evaluate(meta, ["portfolio", "forest-portfolio"], ks=(1, 3), seed=5, jobs=2)
    np.testing.assert_array_equal(
        alone.curves[0], both.curves[both.recommenders.index("forest-portfolio")]
    )


def test_holes_are_passed_over_and_failures_charged(meta):
    world = with_holes(meta, 0.4, np.random.default_rng(2))
    failed = np.isnan(world.losses) & (np.random.default_rng(3).random(world.losses.shape) < 0.5)
    result = evaluate(replace(world, failed=failed), ["portfolio"], ks=(1, 12))
    assert np.isfinite(result.curves).all()
    assert _row(result, "portfolio", 12).regret_mean == 0.0
    assert _row(result, "portfolio", 1).regret_mean > 0.0


def test_tasks_without_preference_are_not_played(meta):
    losses = meta.losses.copy()
    losses[[2, 5]] = 0.25
    result = evaluate(replace(meta, losses=losses), ["portfolio"], ks=(1,))
    assert result.protocol.n_tasks == meta.n_tasks - 2
    assert _row(result, "portfolio", 1).n_tasks == meta.n_tasks - 2


def test_intervals_ranks_and_comparisons(meta):
    result = evaluate(meta, ["average-rank", "portfolio"], ks=(1, 3))
    for row in result.rows:
        assert row.regret_low <= row.regret_mean <= row.regret_high
    ranks = result.ranks(3)[:, :-1]
    np.testing.assert_allclose(ranks.sum(axis=1), 6)  # 1 + 2 + 3, ties share
    comparison = next(c for c in result.comparisons if c.recommender == "portfolio" and c.k == 3)
    assert comparison.reference == "average-rank"
    difference = result.regret(3)[:, 1] - result.regret(3)[:, 0]
    assert comparison.difference == pytest.approx(difference.mean())
    assert comparison.wins + comparison.ties + comparison.losses == len(difference)
    expected = wilcoxon(difference, zero_method="pratt", method="approx").pvalue
    assert comparison.p_value == pytest.approx(expected)
    assert {test.k for test in result.rank_tests} == {1, 3}


def test_document_has_the_agreed_keys(meta):
    document = json.loads(json.dumps(evaluate(meta, ["portfolio"], ks=(1,)).to_dict()))
    assert list(document) == ["protocol", "results"]
    assert all(list(row) == KEYS for row in document["results"])


def test_errors(meta):
    with pytest.raises(UsageError, match="positive"):
        evaluate(meta, ["portfolio"], ks=(0,))
    with pytest.raises(UnknownNameError, match="portfolio"):
        evaluate(meta, ["portfolioo"])
    without = replace(meta, runtimes_s=np.full(meta.losses.shape, np.nan))
    with pytest.raises(NotEnoughMetaDataError, match="runtime"):
        evaluate(without, ["a3r"], ks=(1,))
    result = evaluate(without, ["a3r", "portfolio"], ks=(1,), skip_unable=True)
    assert "runtime" in result.skipped["a3r"]
    assert result.recommenders == ("portfolio", "random", "oracle")


@pytest.fixture
def kb(tmp_path, meta):
    names = [f"task {i}" for i in range(meta.n_tasks)]
    keys = [c.key for c in meta.configurations]
    tables = {
        "tasks": [(n, n, "classification", n, "y", "{}", "", 10, 2, 2) for n in names],
        "algorithms": [("planted", None, None, None)],
        "configurations": [(c.key, c.algorithm, c.canonical) for c in meta.configurations],
        "metrics": [("error_rate", False, 0.0, 1.0)],
        "evaluations": [
            (n, key, "error_rate", -1, 1.0, 0, float(loss), "ok", None, 1.0, 0.0)
            for n, row in zip(names, meta.losses, strict=True)
            for key, loss in zip(keys, row, strict=True)
        ],
    }
    frames = {
        name: pd.DataFrame(rows, columns=list(COLUMNS[name]), dtype=object)
        for name, rows in tables.items()
    }
    path = tmp_path / "kb.duckdb"
    with writing(path) as writer:
        writer.load(Batch(Source("test"), **frames))
    return path


def test_command_prints_one_document(kb, capsys):
    command = ["evaluate", "--kb", str(kb), "-k", "1,3", "--recommenders", "portfolio", "--json"]
    assert main(command) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["protocol"]["metric"] == "error_rate"
    assert len(document["results"]) == 3 * 2
    assert evaluate_store(kb, recommenders=["portfolio"], ks=[1, 3]).protocol.snapshot


def test_command_prints_a_table(kb, capsys):
    assert main(["evaluate", "--kb", str(kb), "-k", "2", "--recommenders", "average-rank"]) == 0
    assert "average-rank" in capsys.readouterr().out
    assert main(["evaluate", "--kb", str(kb), "-k", "two"]) == 2
    assert main(["evaluate", "--kb", str(kb), "--recommenders", "nothing"]) == 2


def test_tasks_without_a_configuration_in_common_are_refused(tmp_path, capsys):
    """Each task has random configurations of its own, as published sets of random runs do."""
    rows = [f"t{t},svc,{t * 10 + i},accuracy,{0.5 + i / 100}" for t in range(4) for i in range(5)]
    path, kb = tmp_path / "runs.csv", str(tmp_path / "k.duckdb")
    path.write_text("\n".join(["task,algorithm,hp_C,metric,value", *rows, ""]))
    assert main(["import", "long-csv", str(path), "--kb", kb]) == 0
    assert main(["evaluate", "--kb", kb]) == 1
    error = capsys.readouterr().err
    assert "nothing to compare: the 20 configurations with 'accuracy' were each evaluated" in error
    assert "evaluate --optimizers random,tpe --space ALGORITHM" in error
    path.write_text("\n".join(["task,algorithm,hp_C,metric,value", *rows, "t1,svc,0,accuracy,.9"]))
    assert main(["import", "long-csv", str(path), "--kb", kb]) == 0
    main(["evaluate", "--kb", kb, "--recommenders", "average-rank"])  # one is shared
    assert "each evaluated on one of" not in capsys.readouterr().err
