"""Speed, memory and agreement of our meta-features against pymfe 0.4.4, in one run.

    python experiments/metafeatures/compare.py --tables INDEX_CSV --out DIR
    python experiments/metafeatures/compare.py --smoke

Each measurement is a forked process of its own on one thread; both engines are imported and warm
before. Ratios are of processor seconds, which other load on the machine does not inflate as it
does wall-clock time.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import resource
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

GROUPS = {
    "simple": "general",
    "statistical": "statistical",
    "information": "info-theory",
    "model-based": "model-based",
    "landmarkers": "landmarking",
}
TOGETHER = "together"
SIZES = "1000x20,10000x50,100000x20"
N_TABLES = 20
TURNS = 4
MOST_REPEATS = 25
LONG_S = 0.5
DIFFERENT = ("sd_ratio", "elite_nn", "worst_node", "random_node")
MANY_CLASSES = ("can_cor", "w_lambda", "p_trace", "lh_trace", "roy_root")
TREE_CELLS = 100_000  # rows x columns up to which our tree sees all rows
EXACT_ROWS = 10_000  # larger tables are sampled for the tree and the landmarkers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=Path, help="index CSV of raw tables")
    parser.add_argument("--out", type=Path, default=Path("metafeatures-comparison"))
    parser.add_argument("--timeout", type=float, default=1800.0, help="seconds a measurement")
    parser.add_argument("--sizes", default=SIZES, help="rows x columns (default: %(default)s)")
    parser.add_argument("--groups", default=",".join(GROUPS), help="default: %(default)s")
    parser.add_argument("--smoke", action="store_true", help="one small table only")
    arguments = parser.parse_args()
    asked = "200x5" if arguments.smoke else arguments.sizes
    sizes = [tuple(map(int, size.split("x"))) for size in asked.split(",") if size]
    sources: list[tuple[str, Any]] = [(f"{n} x {p}", (n, p)) for n, p in sizes]
    if arguments.tables and not arguments.smoke:
        tables = [(row["name"], row) for row in chosen_tables(arguments.tables)]
        sources[2:2] = tables  # the largest last: it takes minutes
    groups = arguments.groups.split(",")
    arguments.out.mkdir(parents=True, exist_ok=True)
    warm_up()
    results = []
    for name, source in sources:
        results.append(compare(name, *load(source), groups, arguments.timeout))
        text = json.dumps(results, indent=1)
        (arguments.out / "results.json").write_text(text, encoding="utf-8")
        (arguments.out / "results.md").write_text(report(results), encoding="utf-8")
    print(report(results))


def chosen_tables(index: Path) -> list[dict[str, Any]]:
    """Return the first complete classification tables of 100 to 3,000 rows."""
    table = pd.read_csv(index)
    fits = table[(table["kind"] == "classification") & (table["n_missing"] == 0)
                 & table["rows"].between(100, 3000)]  # fmt: skip
    rows = fits.head(N_TABLES).to_dict("records")
    return [{**row, "folder": str(index.parent)} for row in rows]


def load(source: Any) -> tuple[pd.DataFrame, pd.Series]:
    """Return columns and classes of a synthetic size or of a row of the index."""
    if isinstance(source, tuple):
        from sklearn.datasets import make_classification

        X, y = make_classification(*source, random_state=0)
        return pd.DataFrame(X), pd.Series(y)
    from metalearn.learners.tables import load_table

    assert isinstance(source, dict)
    ignored = str(source["ignore"]).split(";") if isinstance(source["ignore"], str) else []
    path = Path(source["folder"]) / source["file"]
    table = load_table(path, source["target"], kind="classification", ignore=ignored)
    return table.X, table.y


def warm_up() -> None:
    """Run both engines once on a tiny table, so that imports do not count."""
    warnings.simplefilter("ignore")
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)))
    for run in ENGINES.values():
        run(X, pd.Series(np.arange(60) % 2), ",".join(GROUPS))


def compare(
    name: str, X: pd.DataFrame, y: pd.Series, groups: list[str], timeout: float
) -> dict[str, Any]:
    """Return what both engines need, together and for each group, and how values agree."""
    runs: dict[str, dict[str, Any]] = {}
    asked = {**{group: group for group in groups}, TOGETHER: ",".join(groups)}
    for label, together in asked.items():
        skipped = label == TOGETHER and len(X) > EXACT_ROWS  # then the sum of the groups
        engines = ["metalearn"] if skipped else ["metalearn", "pymfe"]
        runs[label] = in_turn(engines, X, y, together, timeout)
        ours, theirs = runs[label]["metalearn"], runs[label].setdefault("pymfe", {"skipped": True})
        print(name, label, brief(ours), brief(theirs), file=sys.stderr, flush=True)
    if runs[TOGETHER]["pymfe"].get("skipped"):
        parts = [runs[group]["pymfe"] for group in groups]
        runs[TOGETHER]["pymfe"] = {
            "cpu_s": sum(part["cpu_s"] for part in parts),
            "wall_s": sum(part["wall_s"] for part in parts),
            "peak_mb": max(part.get("peak_mb", 0.0) for part in parts),
            "stopped": any(part.get("stopped", False) for part in parts),
            "sum_of_groups": True,
            "values": {},
        }
    ours = runs[TOGETHER]["metalearn"]
    agreement = {
        group: agree(ours["values"], runs[group]["pymfe"].get("values", {}), X, y)
        for group in groups
    }
    for run in runs.values():
        for engine in run.values():
            engine.pop("values", None)
    return {"name": name, "n_rows": len(X), "n_columns": X.shape[1], "runs": runs,
            "bare_tree_s": bare_tree(X, y, timeout), "agreement": agreement}  # fmt: skip


def in_turn(
    engines: list[str], X: pd.DataFrame, y: pd.Series, groups: str, timeout: float
) -> dict[str, dict[str, Any]]:
    """Return the fastest measurement of each engine; short ones are made `TURNS` times in turn."""
    best: dict[str, dict[str, Any]] = {}
    for _ in range(TURNS):
        for engine in engines:
            found = child(engine, X, y, groups, timeout)
            if engine not in best or found["cpu_s"] < best[engine]["cpu_s"]:
                best[engine] = found
        if max(run["cpu_s"] for run in best.values()) > LONG_S:
            break
    return best


def bare_tree(X: pd.DataFrame, y: pd.Series, timeout: float) -> float | None:
    """Return processor seconds of growing the tree alone; None where ours is grown on a sample."""
    if X.size > TREE_CELLS:
        return None
    return float(child("tree", X, y, "", timeout)["values"]["cpu_s"])


def brief(run: dict[str, Any]) -> str:
    return f"{run['cpu_s']:.3f} s" if "cpu_s" in run else "-"


def child(
    engine: str, X: pd.DataFrame, y: pd.Series, groups: str, timeout: float
) -> dict[str, Any]:
    """Return one measurement, made in a forked process; stopped after `timeout` seconds."""
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=measure, args=(sending, engine, X, y, groups))
    process.start()
    if receiving.poll(timeout):
        found: dict[str, Any] = receiving.recv()
        process.join()
        return found
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    process.terminate()
    process.join()
    spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    return {"cpu_s": spent, "wall_s": timeout, "stopped": True}


def measure(sending: Any, engine: str, X: pd.DataFrame, y: pd.Series, groups: str) -> None:
    """Send processor and wall seconds (best of several), and the growth of peak memory at first.

    Short measurements are repeated, at most 25 times and until half a second is spent, so that
    what a fork costs (pages copied at first touch) does not count; both engines alike.
    """
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    best_cpu = best_wall = float("inf")
    values: dict[str, float] = {}
    peak, started = 0, time.process_time()
    for _ in range(MOST_REPEATS):
        cpu, wall = time.process_time(), time.perf_counter()
        values = ENGINES[engine](X, y, groups)
        best_cpu = min(best_cpu, time.process_time() - cpu)
        best_wall = min(best_wall, time.perf_counter() - wall)
        peak = peak or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if time.process_time() - started > LONG_S:
            break
    sending.send({
        "cpu_s": best_cpu, "wall_s": best_wall, "peak_mb": (peak - before) / 1024,
        "values": {k: float(v) for k, v in values.items()},
    })  # fmt: skip


def run_ours(X: Any, y: Any, groups: str) -> dict[str, float]:
    from metalearn.metafeatures import extract

    return dict(extract(X, y, kind="classification", groups=groups.split(",")).values)


def run_pymfe(X: Any, y: Any, groups: str) -> dict[str, float]:
    from pymfe.mfe import MFE

    categorical = [j for j in range(X.shape[1]) if X.dtypes.iloc[j].kind not in "iuf"]
    values = X.to_numpy(dtype=object if categorical else float)
    names = [GROUPS[group] for group in groups.split(",")]
    model = MFE(groups=names, summary=("mean", "sd", "min", "max"), random_state=0)
    model.fit(values, np.asarray(y), cat_cols=categorical or False, suppress_warnings=True)
    found = model.extract(suppress_warnings=True)
    return dict(zip(*found, strict=True))


def run_bare_tree(X: Any, y: Any, _groups: str) -> dict[str, float]:
    """Grow scikit-learn's tree on the encoded block: what both engines do for `model-based`."""
    from sklearn.tree import DecisionTreeClassifier

    from metalearn.metafeatures import view_of
    from metalearn.metafeatures.encoded import as_float32, imputed

    view = view_of(X, y, "classification")
    block = as_float32(imputed(view).T)
    started = time.process_time()
    DecisionTreeClassifier(random_state=0).fit(block, view.y, check_input=False)
    return {"cpu_s": time.process_time() - started}


ENGINES = {"metalearn": run_ours, "pymfe": run_pymfe, "tree": run_bare_tree}


def agree(
    values: dict[str, float], theirs: dict[str, float], X: pd.DataFrame, y: pd.Series
) -> dict[str, Any]:
    """Return how many values are equal within 1e-6, and which of the same definition are not."""
    counts = {"equal": 0, "not_finite": 0, "other_definition": 0}
    apart = {}
    other = set(DIFFERENT)
    if X.shape[1] > 12:
        other.add("attr_conc")
    if y.nunique() > 2:
        other.update(MANY_CLASSES)
    for name, expected in theirs.items():
        mine = values.get(name, math.nan)
        if name.split(".")[0] in other:
            counts["other_definition"] += 1
        elif not math.isfinite(expected):
            counts["not_finite"] += 1
        elif math.isclose(mine, expected, rel_tol=1e-6, abs_tol=1e-9):
            counts["equal"] += 1
        else:
            apart[name] = [mine, expected]
    return {**counts, "apart": apart}


def report(results: list[dict[str, Any]]) -> str:
    """Return the tables as Markdown.

    `pymfe / bare tree` is the ratio that the model-based group would have if nothing but
    scikit-learn's tree were computed: no engine that grows the same tree can exceed it.
    """
    heads = [TOGETHER, *(group for group in GROUPS if group in results[0]["runs"])]
    lines = ["Processor seconds, pymfe / metalearn (ratio).", "",
             "| table | " + " | ".join(heads) + " | pymfe / bare tree | peak MB |",
             "| --- |" + " --- |" * (len(heads) + 2)]  # fmt: skip
    for result in results:
        cells = []
        for head in heads:
            ours, theirs = result["runs"][head]["metalearn"], result["runs"][head]["pymfe"]
            more = ">= " if theirs.get("stopped") else ""
            ratio = theirs["cpu_s"] / ours["cpu_s"]
            cells.append(f"{more}{theirs['cpu_s']:.3g} / {ours['cpu_s']:.3g} ({more}{ratio:.1f})")
        floor, theirs = result["bare_tree_s"], result["runs"].get("model-based", {}).get("pymfe")
        cells.append(f"{theirs['cpu_s'] / floor:.1f}" if floor and theirs else "-")
        both = result["runs"][TOGETHER]
        memory = [both[engine].get("peak_mb", float("nan")) for engine in ("pymfe", "metalearn")]
        cells.append(f"{memory[0]:.0f} / {memory[1]:.0f}")
        lines.append(f"| {result['name']} ({result['n_rows']} x {result['n_columns']}) | "
                     + " | ".join(cells) + " |")  # fmt: skip
    lines += ["", "Values equal within 1e-6, of another definition, and not finite in pymfe.", "",
              "| table | equal | other definition | not finite in pymfe | apart |",
              "| --- | --- | --- | --- | --- |"]  # fmt: skip
    for result in results:
        parts = list(result["agreement"].values())
        apart = [name for part in parts for name in part["apart"]]
        counts = [sum(part[key] for part in parts) for key in
                  ("equal", "other_definition", "not_finite")]  # fmt: skip
        lines.append(f"| {result['name']} | {counts[0]} | {counts[1]} | {counts[2]} | "
                     f"{', '.join(apart) or '-'} |")  # fmt: skip
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
