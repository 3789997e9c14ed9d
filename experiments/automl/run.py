"""AutoML systems side by side at equal seconds, on tables whose experience is left out.

    python experiments/automl/run.py TABLES [--systems ours,...] [--budgets 10,30]
        [--names iris,...] [--splits 0,1] [--autogluon PYTHON] [--out DIR] [--docs]
    python experiments/automl/run.py --docs
    python experiments/automl/run.py --smoke

TABLES is an index CSV. Each fit has a process of its own, one thread and B seconds; a row has the
loss on the third of the rows that was kept aside (log loss, or RMSE), seconds on the clock and
processor seconds of the fit with all its children. `ours` knows all of the bundled store but the
table's own rows and those of its family; `cold` knows nothing; `alone` takes the best single
configuration; `folds` does not refit on all rows. AutoGluon needs an older pandas: it runs in an
environment of its own, which the script makes unless `--autogluon` names its interpreter. `--docs`
writes the comparison into the evidence page; without TABLES that of the fits in `--out`.
"""

from __future__ import annotations

import argparse
import runpy
import subprocess
import sys
import tempfile
import time
import venv
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "evidence" / "automl.md"
SYSTEMS = ("hgb", "rf", "flaml", "agm", "agb", "prototype", "ours", "cold", "alone", "folds")
_AUTOGLUON = "autogluon.tabular[lightgbm,catboost,xgboost]"
NAMES = (
    "credit-g", "vowel", "cmc", "diabetes", "hr-attrition", "segment", "waveform-5000",
    "tic-tac-toe",
    "housing", "stock", "pm10", "abalone", "house-prices", "puma8NH", "servo", "wage",
)  # fmt: skip


def hgb(X: Any, y: Any, kind: str, *_: Any) -> Any:
    from sklearn import ensemble

    ending = "Classifier" if kind == "classification" else "Regressor"
    model = getattr(ensemble, f"HistGradientBoosting{ending}")
    return model(categorical_features="from_dtype", random_state=0).fit(X, y)


def rf(X: Any, y: Any, kind: str, *_: Any) -> Any:
    from sklearn import ensemble
    from sklearn.pipeline import make_pipeline

    from metalearn.learners.preparation import preparation_pipeline

    ending = "Classifier" if kind == "classification" else "Regressor"
    forest = getattr(ensemble, f"RandomForest{ending}")(random_state=0)
    return make_pipeline(preparation_pipeline("ordinal"), forest).fit(X, y)


def flaml(X: Any, y: Any, kind: str, B: float, _: Any, metric: str) -> Any:
    from flaml import AutoML

    model = AutoML()
    model.fit(X, y, task=kind, metric=metric, time_budget=B, n_jobs=1, verbose=0, seed=0)
    return model


def ours(**changed: Any) -> Callable[..., Any]:
    def fit(X: Any, y: Any, kind: str, B: float, left_out: Sequence[str], metric: str) -> Any:
        import metalearn

        is_classes = kind == "classification"
        estimator = metalearn.AutoMLClassifier if is_classes else metalearn.AutoMLRegressor
        settings = {"metric": metric, "time_budget": B, "remember": False, "random_state": 0,
                    "exclude": left_out, **changed}  # fmt: skip
        return estimator(**settings).fit(X, y)

    return fit


def prototype(*job: Any) -> Any:
    found: Any = runpy.run_path(str(HERE / "prototype.py"))["prototype"](*job)
    return found


FITS: dict[str, Callable[..., Any]] = {
    "hgb": hgb,
    "rf": rf,
    "prototype": prototype,
    "flaml": flaml,
    "ours": ours(),
    "cold": ours(kb=HERE / "nothing.duckdb"),
    "alone": ours(ensemble=False),
    "folds": ours(final_refit="never"),
}


def family_of(name: str) -> list[str]:
    """Return the names of the known tasks that a table must not learn from."""
    import metalearn

    with metalearn.open() as store:
        tasks = store.tasks()
    families = set(tasks.loc[(tasks["name"] == name) & (tasks["family"] != ""), "family"].dropna())
    is_related = tasks["family"].isin(families) | (tasks["name"] == name)
    return sorted(set(tasks.loc[is_related, "name"]))


def split(frame: pd.DataFrame, target: str, kind: str, seed: int) -> tuple[Any, Any, Any, Any]:
    """Return training and test features and targets: two thirds of at most 4,000 rows."""
    from sklearn.model_selection import train_test_split

    frame = frame[frame[target].notna()]
    if len(frame) > 4000:
        frame = frame.sample(4000, random_state=1)
    y = frame[target].reset_index(drop=True)
    X = frame.drop(columns=target).reset_index(drop=True)
    X = X.loc[:, X.nunique().gt(1)].copy()
    for column in X.columns:
        if not pd.api.types.is_numeric_dtype(X[column]):
            X[column] = X[column].astype(str).astype("category")
    is_classes = kind == "classification"
    y = pd.Series(pd.factorize(y.astype(str))[0], name="y") if is_classes else y.astype(float)
    strata = y if is_classes and y.value_counts().min() > 1 else None
    return tuple(train_test_split(X, y, test_size=1 / 3, random_state=seed, stratify=strata))


def loss_of(kind: str, truth: Any, said: Any, n_classes: int, metric: str = "log_loss") -> float:
    """Return log loss or one minus balanced accuracy of probabilities, or RMSE."""
    from sklearn.metrics import balanced_accuracy_score, log_loss, root_mean_squared_error

    if metric == "balanced_accuracy":
        return 1 - float(balanced_accuracy_score(truth, said))
    if kind == "classification":
        return float(log_loss(truth, said, labels=np.arange(n_classes)))
    return float(root_mean_squared_error(truth, said))


def one_fit(job: dict[str, Any]) -> dict[str, Any]:
    """Fit one system on one split in this process, and return its row."""
    frame = pd.read_pickle(job["data"])  # written by this script
    kind = job["kind"]
    A, B, ya, yb = split(frame, job["target"], kind, job["split"])
    started = time.monotonic()
    model = FITS[job["system"]](A, ya, kind, job["budget"], job["left_out"], job["metric"])
    fit_s = time.monotonic() - started
    said = model.predict_proba(B) if job["metric"] == "log_loss" else model.predict(B)
    loss = loss_of(kind, yb, said, int(ya.nunique()), job["metric"])
    many = pd.concat([B] * (10_000 // len(B) + 1), ignore_index=True).head(10_000)
    started = time.monotonic()
    model.predict(many)
    row = {"loss": loss, "fit_s": fit_s, "predict_10k_s": time.monotonic() - started}
    if hasattr(model, "trials_"):
        done = model.trials_[model.trials_["status"] == "ok"]
        row |= {"n_trials": len(done), "members": len(model.ensemble_.members)}
        row["curve"] = [[round(t, 2), round(v, 5)] for t, v in
                        zip(done["ended_s"], done["loss"].cummin(), strict=True)]  # fmt: skip
    return row


def autogluon_python(given: Path | None, folder: Path) -> Path:
    """Return the interpreter of AutoGluon's environment; it is made if it is not there."""
    if given is not None:
        return given
    python = folder / "autogluon" / "bin" / "python"
    if not python.exists():
        venv.create(folder / "autogluon", with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", _AUTOGLUON], check=True)
    return python


def compared(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how often `ours` is ahead of each system, with a 95 % bootstrap interval.

    A split counts 1 where `ours` has the lower loss, a half where both are equal; splits of a
    table are averaged, and tables are drawn. `median_saved` is the share of the loss saved.
    """
    rng = np.random.default_rng(0)
    keys = ["metric", "table", "split", "budget"]
    wide = rows.pivot_table(index=keys, columns="system", values="loss")
    found = []
    for system in wide.columns.drop("ours", errors="ignore"):
        pairs = (
            wide[["ours", system]].dropna() if "ours" in wide else wide.iloc[:0]
        ).reset_index()
        pairs["metric"] = pairs["metric"].replace({"rmse": "log_loss"})  # one comparison
        for (metric, budget), part in pairs.groupby(["metric", "budget"]):
            ahead = (part["ours"] < part[system]) + 0.5 * (part["ours"] == part[system])
            by_table = ahead.groupby(part["table"]).mean().to_numpy()
            draws = rng.choice(by_table, (2000, len(by_table))).mean(axis=1)
            low, high = np.quantile(draws, [0.025, 0.975])
            saved = 1 - part["ours"] / part[system]
            found.append((metric, budget, system, by_table.mean(), low, high, len(by_table),
                          len(part), saved.median()))  # fmt: skip
    names = ["metric", "budget", "against", "ahead", "low", "high", "n_tables", "n_fits",
             "median_saved"]  # fmt: skip
    return pd.DataFrame(found, columns=names)


TITLES = {
    "hgb": "untuned HistGradientBoosting", "rf": "untuned random forest", "flaml": "FLAML",
    "agm": "AutoGluon `medium_quality`", "agb": "AutoGluon `best_quality`",
    "prototype": "the plain loop", "cold": "without the memory", "alone": "without an ensemble",
    "folds": "without a refit on all rows",
}  # fmt: skip
MEASURES = {"log_loss": "log loss, RMSE", "balanced_accuracy": "balanced accuracy"}


def as_markdown(found: pd.DataFrame) -> str:
    """Return the comparison as a table in Markdown, a line per system, budget and metric."""
    lines = [
        "| against | seconds | metric | tables | splits | ahead on | 95 % interval "
        "| median share of the loss saved |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    place = {name: i for i, name in enumerate(TITLES)}
    order = found.sort_values(
        ["metric", "against", "budget"], ascending=[False, True, True],
        key=lambda column: column.map(place) if column.name == "against" else column,
    )  # fmt: skip
    for row in order.itertuples():
        lines.append(
            f"| {TITLES[row.against]} | {row.budget:g} | {MEASURES[row.metric]} "
            f"| {row.n_tables} | {row.n_fits} | {row.ahead:.2f} | {row.low:.2f} to {row.high:.2f} "
            f"| {row.median_saved:.3f} |"
        )
    return "\n".join(lines)


def areas(rows: pd.DataFrame) -> pd.DataFrame:
    """Return areas under the curves of the best trial's loss over seconds, `ours` and `cold`.

    Losses are scaled per pair of fits: 1 is the worst loss of both curves, 0 the best. Before the
    first trial the loss is 1.
    """
    keys = ["metric", "table", "split", "budget"]
    pairs = rows[rows["system"].isin(["ours", "cold"])].dropna(subset="curve")
    found = []
    for key, part in pairs.groupby(keys):
        curves = dict(zip(part["system"], part["curve"], strict=True))
        if len(curves) < 2:
            continue
        losses = [loss for curve in curves.values() for _, loss in curve]
        low, high = min(losses), max(losses)
        area = {}
        for system, curve in curves.items():
            times = np.array([0.0, *[t for t, _ in curve], key[3]])
            levels = np.array([1.0, *[(v - low) / max(high - low, 1e-12) for _, v in curve]])
            area[system] = float((np.diff(times).clip(0) * levels).sum() / key[3])
        found.append({**dict(zip(keys, key, strict=True)), **area})
    return pd.DataFrame(found)


def smoke_table() -> list[tuple[str, str, str, pd.DataFrame]]:
    from sklearn.datasets import load_iris

    return [("iris-of-sklearn", "classification", "target", load_iris(as_frame=True).frame)]


def tables_of(index: Path, names: Sequence[str]) -> list[tuple[str, str, str, pd.DataFrame]]:
    from metalearn.workflows.tables.index import table_entries

    found = []
    for entry in table_entries(index):
        if entry.name in names:
            table = entry.load()
            found.append((entry.name, table.kind, "__y", table.X.assign(__y=table.y)))
    return found


def main(arguments: Sequence[str] | None = None) -> pd.DataFrame:
    """Run, write `fits.csv` and `ahead.csv`, print the latter."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", type=Path, nargs="?")
    parser.add_argument("--systems", default=",".join(SYSTEMS))
    parser.add_argument("--budgets", default="10,30,60")
    parser.add_argument("--names", default=",".join(NAMES))
    parser.add_argument("--splits", default="0,1")
    parser.add_argument("--metrics", default="log_loss", help="of classification")
    parser.add_argument("--autogluon", type=Path)
    parser.add_argument("--out", type=Path, default=HERE / "results")
    parser.add_argument("--docs", action="store_true", help="write the table of the docs")
    parser.add_argument("--smoke", action="store_true")
    asked = parser.parse_args(arguments)
    if asked.tables is None and not asked.smoke and not asked.docs:
        parser.error("TABLES is missing")
    asked.out.mkdir(parents=True, exist_ok=True)
    rows = rows_of(asked)
    found = compared(rows)
    found.round(3).to_csv(asked.out / "ahead.csv", index=False)
    print(found.round(3).to_string(index=False))
    if asked.docs:
        write_parts(PAGE, {"ahead": as_markdown(found)})
    if "curve" in rows and not (area := areas(rows)).empty:
        area.round(4).to_csv(asked.out / "areas.csv", index=False)
        print(area.groupby("budget")[["ours", "cold"]].mean().round(3).to_string())
    return rows


def rows_of(asked: argparse.Namespace) -> pd.DataFrame:
    """Return the rows of all fits: made now, or made before where no tables are given."""
    if asked.smoke:
        asked.splits = "0"
        return run(asked, smoke_table())
    if asked.tables is None:
        return pd.read_csv(asked.out / "fits.csv")
    return run(asked, tables_of(asked.tables, asked.names.split(",")))


IDENTITY = ["table", "split", "budget", "system", "metric"]


def run(
    asked: argparse.Namespace, tables: list[tuple[str, str, str, pd.DataFrame]]
) -> pd.DataFrame:
    """Make the fits that are missing, and return the rows of all."""
    from metalearn.workflows.evaluate.systems.alone import KeptRows, run_alone

    kept = KeptRows(asked.out / "fits.jsonl", IDENTITY)
    for name, kind, target, frame in tables:
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "table.pickle"
            frame.to_pickle(data)
            frame.to_csv(data.with_suffix(".csv"), index=False)  # for the other environment
            for job in jobs_of(asked, name, kind, target, data):
                if kept.has(job):
                    continue
                is_ag = job["system"] in ("agm", "agb")
                python = autogluon_python(asked.autogluon, asked.out) if is_ag else sys.executable
                script = HERE / ("autogluon_fit.py" if is_ag else "run.py")
                limit_s = 2 * job["budget"] + 120  # some peers do not keep theirs
                row = {**job, **run_alone(str(python), str(script), job, limit_s=limit_s)}
                print({k: v for k, v in row.items() if k not in ("data", "curve")}, flush=True)
                del row["data"]
                kept.add(row)
    rows = pd.DataFrame(kept.rows)
    rows.to_csv(asked.out / "fits.csv", index=False)
    return rows


def jobs_of(
    asked: argparse.Namespace, name: str, kind: str, target: str, data: Path
) -> list[dict[str, Any]]:
    """Return the fits to make on one table."""
    left_out = family_of(name)
    metrics = asked.metrics.split(",") if kind == "classification" else ["rmse"]
    return [
        {"table": name, "kind": kind, "target": target, "data": str(data), "left_out": left_out,
         "split": split_, "budget": float(budget), "system": system, "metric": metric}
        for metric in metrics
        for split_ in map(int, asked.splits.split(","))
        for budget in asked.budgets.split(",")
        for system in asked.systems.split(",")
    ]  # fmt: skip


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
