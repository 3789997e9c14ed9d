"""Would another preparation of raw tables help the learners that read scaled columns?

    python experiments/preparation/run.py TABLES [--rows 500] [--tables 20] [--out DIR] [--docs]
        [--questions encoding,scaling,imputation,rare-levels] [--learners svc,mlp,...]
        [--best-of 1] [--smoke]

TABLES is an index CSV. Each learner has its default configuration, or with `--best-of N` the best
of the first N of the common list, chosen by the score on either side; today's preparation (one-hot
categories, standardised numbers, medians for missing ones) and one change of it see the same three
folds of at most `--rows` rows. `encoding`: means of the target in place of categories, on tables
with a column of ten or more of them. `scaling`: normal quantiles of columns of more than ten
values. `imputation`: means of the five nearest rows, on tables with missing numbers.
`rare-levels`: categories in fewer than ten training rows, and unseen ones, share a column (today:
those in one row share one, unseen ones have none), on tables with categories in two to nine rows.
`--docs` writes the table into docs/evidence/automl.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from metalearn.automl.bench import quiet
from metalearn.core.configuration import Configuration
from metalearn.learners import get
from metalearn.learners.common_list import algorithm_list
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.preparation import preparation_pipeline
from metalearn.learners.tables import Table
from metalearn.numerics.statistics.bootstrap import bootstrap_means
from metalearn.workflows.tables.index import table_entries

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "evidence" / "automl.md"
MANY_LEVELS, MANY_VALUES, CLIP = 10, 10, 3.0
FEW_ROWS, RARE = 10, "(rare)"
KIND = "classification"
LEARNERS = ("logistic_regression", "k_nearest_neighbors", "svc", "mlp")
Arrays = tuple[Any, Any]  # training and test rows
Candidates = dict[str, list[Configuration]]  # by learner


def has_many_levels(table: Table) -> bool:
    """Return whether a column has ten or more categories."""
    words = table.X.select_dtypes(exclude="number")
    return bool((words.nunique() >= MANY_LEVELS).any())


def has_many_values(table: Table) -> bool:
    """Return whether two or more columns are numbers of more than ten values."""
    numbers = table.X.select_dtypes("number")
    return int((numbers.nunique() > MANY_VALUES).sum()) >= 2


def has_gaps(table: Table) -> bool:
    """Return whether one number in a hundred, or more, is missing."""
    numbers = table.X.select_dtypes("number")
    return bool(numbers.size) and float(numbers.isna().to_numpy().mean()) >= 0.01


def has_rare_levels(table: Table, n_rows: int = 500) -> bool:
    """Return whether a category is in two to nine of the training rows, as far as shares say."""
    words = table.X.select_dtypes(exclude="number").astype(object)
    n_training = min(len(words), n_rows) * 2 / 3
    counts = [words[name].value_counts(normalize=True) * n_training for name in words]
    return any(bool(((of >= 2) & (of < FEW_ROWS)).any()) for of in counts)


def today(X: pd.DataFrame, y: Any, test: pd.DataFrame) -> Arrays:
    """Return rows prepared as the learners of the catalogue have them."""
    pipeline = preparation_pipeline("scaled")
    return pipeline.fit_transform(X, y), pipeline.transform(test)


def target_means(X: pd.DataFrame, y: Any, test: pd.DataFrame) -> Arrays:
    """Return rows with means of the target, fitted across folds, for categories."""
    pipeline = make_pipeline(preparation_pipeline("target"), StandardScaler())
    return pipeline.fit_transform(X, y), pipeline.transform(test)


def normal_quantiles(X: pd.DataFrame, y: Any, test: pd.DataFrame) -> Arrays:
    """Return rows whose columns of many values are normal, within three deviations."""
    A, B = (np.array(part) for part in today(X, y, test))
    many = [j for j in range(A.shape[1]) if len(np.unique(A[:, j])) > MANY_VALUES]
    if many:
        ranks = QuantileTransformer(
            n_quantiles=min(len(A), 200), output_distribution="normal", random_state=0
        )
        A[:, many] = np.clip(ranks.fit_transform(A[:, many]), -CLIP, CLIP)
        B[:, many] = np.clip(ranks.transform(B[:, many]), -CLIP, CLIP)
    return A, B


def nearest_rows(X: pd.DataFrame, y: Any, test: pd.DataFrame) -> Arrays:
    """Return rows whose missing numbers are means of the five nearest rows."""
    pipeline = preparation_pipeline("scaled", imputer="k_nearest")
    return pipeline.fit_transform(X, y), pipeline.transform(test)


def rare_levels_merged(X: pd.DataFrame, y: Any, test: pd.DataFrame) -> Arrays:
    """Return rows whose categories in few training rows, and unseen ones, are one category."""
    X, test = X.copy(), test.copy()
    for name in X.select_dtypes(exclude="number"):
        counts = X[name].value_counts()
        usual = counts.index[counts >= FEW_ROWS]
        for part in (X, test):
            values = part[name].astype(object)
            part[name] = values.where(values.isin(usual) | values.isna(), RARE)
    return today(X, y, test)


QUESTIONS: dict[str, tuple[Callable[[Table], bool], Callable[..., Arrays]]] = {
    "encoding": (has_many_levels, target_means),
    "scaling": (has_many_values, normal_quantiles),
    "imputation": (has_gaps, nearest_rows),
    "rare-levels": (has_rare_levels, rare_levels_merged),
}


def rows_of(
    index: Path, questions: list[str], candidates: Candidates, n_rows: int, n_tables: int
) -> Iterator[dict]:
    """Yield both scores of each table, question and learner."""
    left = dict.fromkeys(questions, n_tables)
    for entry in shuffled(index):
        if not any(left.values()):
            return
        table = entry.load()
        for question in [q for q in questions if left[q]]:
            applies, change = QUESTIONS[question]
            if not applies(table):
                continue
            left[question] -= 1
            scores = compared(table, change, candidates, n_rows)
            for learner, (before, after) in scores.items():
                yield {"question": question, "table": entry.name, "learner": learner,
                       "today": before, "changed": after}  # fmt: skip


def shuffled(index: Path) -> list[Any]:
    """Return the classification tables of the index in a fixed, random order."""
    entries = [entry for entry in table_entries(index) if entry.kind == KIND]
    return [entries[i] for i in np.random.default_rng(0).permutation(len(entries))]


def compared(
    table: Table, change: Callable[..., Arrays], candidates: Candidates, n_rows: int
) -> dict[str, tuple[float, float]]:
    """Return balanced accuracy over all folds before and after a change, by learner.

    Of several configurations, the best one counts on either side.
    """
    task = PreparedTask(table, Procedure(max_rows=n_rows, n_folds=3))
    truth: list[Any] = []
    guesses: dict[Configuration, tuple[list[Any], list[Any]]] = {}
    for train, test in task.splits:
        X, y, rest = table.X.iloc[train], task.codes[train], table.X.iloc[test]
        truth.append(task.codes[test])
        prepared = [way(X, y, rest) for way in (today, change)]
        for configuration in [c for some in candidates.values() for c in some]:
            learner = get(configuration.algorithm)
            for kept, (A, B) in zip(
                guesses.setdefault(configuration, ([], [])), prepared, strict=True
            ):
                kept.append(learner.estimator(KIND, configuration, 0).fit(A, y).predict(B))
    right = np.concatenate(truth)

    def best(name: str, side: int) -> float:
        scores = [balanced_accuracy_score(right, np.concatenate(guesses[c][side]))
                  for c in candidates[name]]  # fmt: skip
        return float(max(scores))

    return {name: (best(name, 0), best(name, 1)) for name in candidates}


def summary(found: pd.DataFrame) -> str:
    """Return mean gains with intervals over tables, as a Markdown table."""
    lines = ["| change | learner | tables | better | worse | mean gain in balanced accuracy |",
             "| --- | --- | ---: | ---: | ---: | ---: |"]  # fmt: skip
    for (question, learner), part in found.groupby(["question", "learner"], sort=False):
        gain = (part["changed"] - part["today"]).to_numpy()
        low, high = bootstrap_means(gain[:, None], np.random.default_rng(0))
        mean = f"{gain.mean():+.3f} ({low[0]:+.3f} to {high[0]:+.3f})"
        counts = f"{len(gain)} | {(gain > 0).sum()} | {(gain < 0).sum()}"
        lines.append(f"| {question} | `{learner}` | {counts} | {mean} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and write the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tables", type=Path)
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--tables", type=int, default=20, dest="n_tables")
    parser.add_argument("--questions", default=",".join(QUESTIONS))
    parser.add_argument("--learners", default=",".join(LEARNERS))
    parser.add_argument("--best-of", type=int, default=1, metavar="N")
    parser.add_argument("--out", type=Path, default=HERE / "out")
    parser.add_argument("--docs", action="store_true", help="write the table into the docs")
    parser.add_argument("--smoke", action="store_true", help="two tables, 100 rows")
    asked = parser.parse_args()
    n_rows, n_tables = (100, 2) if asked.smoke else (asked.rows, asked.n_tables)
    started = time.process_time()
    asked.out.mkdir(parents=True, exist_ok=True)
    rows = []
    learners, questions = asked.learners.split(","), asked.questions.split(",")
    candidates = {name: algorithm_list(name, KIND, asked.best_of) for name in learners}
    with quiet():
        for row in rows_of(asked.tables, questions, candidates, n_rows, n_tables):
            rows.append(row)
            pd.DataFrame(rows).round(5).to_csv(asked.out / "scores.csv", index=False)
    text = summary(pd.DataFrame(rows).sort_values("question", kind="stable"))
    print(f"{text}\n{time.process_time() - started:.0f} processor seconds")
    if asked.docs:
        part = "preparation" if asked.best_of == 1 else "preparation best"
        write_parts(PAGE, {"rare levels" if questions == ["rare-levels"] else part: text})


if __name__ == "__main__":
    main()
