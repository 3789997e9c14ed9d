"""Every recommender on every published set, by one protocol; writes the table of the docs.

    python experiments/recommenders/run.py --data ../shared/data/metadatasets [--sets oboe,...]
        [--recommenders R,...] [--seed N] [--jobs 2] [--out DIR] [--resume] [--docs] [--plots]
        [--smoke]

Question: which way to recommend leaves the least regret, from the first evaluation to the
twentieth? Each set is split over tasks (leave one task out below 60 tasks, else 10 folds). With
`--docs` the tables in docs/evidence/recommenders.md are replaced by the results in the output
folder.
"""

from __future__ import annotations

import argparse
import json
import pickle
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from sets import SETS, bundled, load

from metalearn.core import MetaDataset
from metalearn.recommenders import names
from metalearn.workflows.evaluate.folds import Split
from metalearn.workflows.evaluate.recommenders import evaluate
from metalearn.workflows.evaluate.result import EvaluationResult

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs" / "evidence" / "recommenders.md"
BUNDLED = {"bundled-classification": "balanced_accuracy", "bundled-regression": "r2"}
SLOW = ("portfolio-mip",)  # exact; seconds a fold below 40,000 cells, minutes beyond


def read(name: str, folder: Path) -> MetaDataset:
    """Return a set by name."""
    if name in BUNDLED:
        return bundled(ROOT / "data", BUNDLED[name])
    return load(name, folder)


def measure(
    name: str,
    meta: MetaDataset,
    methods: list[str],
    jobs: int,
    kept: Path,
    *,
    resume: bool,
    seed: int = 0,
) -> EvaluationResult:
    """Evaluate the methods on one set, one after the other, and put the results together.

    Seeds go by name, so that a method's result does not depend on the others. With `resume`, a
    method whose result lies in the folder `kept` is not played again.
    """
    ks = (1, 3, 5, 10, 20, 50) if name == "tst-svm" else (1, 3, 5, 10, 20)
    split: Split = "leave-one-task-out" if meta.n_tasks < 60 else "10-fold"
    kept.mkdir(parents=True, exist_ok=True)
    results = []
    for method in methods:
        path = kept / f"{method}.pkl"
        if not (resume and path.exists()):
            found = evaluate(
                meta, [method], ks=ks, split=split, seed=seed, jobs=jobs, skip_unable=True
            )
            path.write_bytes(pickle.dumps(found))
            print(f"{name}: {method}", file=sys.stderr, flush=True)
        results.append(pickle.loads(path.read_bytes()))
    played = [r for m, r in zip(methods, results, strict=True) if m in r.recommenders]
    baselines = results[0].recommenders[-2:]
    return replace(
        results[0],
        recommenders=(*(r.recommenders[0] for r in played), *baselines),
        curves=np.concatenate([*(r.curves[:1] for r in played), results[0].curves[-2:]]),
        seconds={m: s for r in played for m, s in r.seconds.items()},
        skipped={m: why for r in results for m, why in r.skipped.items()},
    )


def table(document: dict[str, object]) -> str:
    """Return the results of one set as a Markdown table, best mean regret in bold."""
    protocol, results = document["protocol"], document["results"]
    ks = sorted({row["k"] for row in results})
    methods = list(dict.fromkeys(row["recommender"] for row in results))
    cell = {(row["recommender"], row["k"]): row for row in results}
    best = {k: min(cell[m, k]["regret_mean"] for m in methods if m != "oracle") for k in ks}
    lines = [
        f"{protocol['n_tasks']} tasks x {protocol['n_configurations']} configurations, "
        f"{protocol['metric']}, {protocol['split']}.",
        "",
        "| method | " + " | ".join(f"k = {k}" for k in ks) + " |",
        "| --- |" + " --- |" * len(ks),
    ]
    for method in methods:
        if method == "oracle":
            continue
        cells = []
        for k in ks:
            row = cell[method, k]
            half = (row["regret_high"] - row["regret_low"]) / 2
            text = f"{row['regret_mean']:.4f} ± {half:.3f}"
            cells.append(f"**{text}**" if row["regret_mean"] == best[k] else text)
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def write_docs(out: Path) -> None:
    """Replace the tables of the page by the results in the output folder."""
    found = {path.parent.name: json.loads(path.read_text())
             for path in sorted(out.glob("*/evaluation.json"))}  # fmt: skip
    write_parts(DOCS, {name: table(document) for name, document in found.items()}, only_known=True)


def main() -> None:
    """Evaluate, write, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / ".." / "shared/data/metadatasets")
    parser.add_argument("--sets", default=",".join((*SETS, *BUNDLED)))
    parser.add_argument("--recommenders", help="default: all that fit")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0, help="of folds and methods; the docs: 0")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--resume", action="store_true", help="go on where the last run ended")
    parser.add_argument("--docs", action="store_true", help="write the tables into the docs")
    parser.add_argument("--plots", action="store_true", help="draw curves and diagrams")
    parser.add_argument("--smoke", action="store_true", help="a corner of each set")
    arguments = parser.parse_args()
    for name in arguments.sets.split(","):
        started = time.perf_counter()
        meta = read(name, arguments.data)
        methods = [n for n in names() if n not in SLOW or meta.losses.size <= 40_000]
        if arguments.recommenders:
            methods = arguments.recommenders.split(",")
        if arguments.smoke:
            meta = meta.take(np.arange(min(7, meta.n_tasks)), np.arange(8))
            methods = arguments.recommenders.split(",") if arguments.recommenders else [
                "average-rank", "portfolio", "default"
            ]  # fmt: skip
        folder = arguments.out / name
        result = measure(
            name, meta, methods, arguments.jobs, folder / "methods",
            resume=arguments.resume, seed=arguments.seed,
        )  # fmt: skip
        (folder / "evaluation.json").write_text(json.dumps(result.to_dict(), indent=1) + "\n")
        result.per_task().to_csv(folder / "per_task.csv", index=False, float_format="%.6g")
        if arguments.plots:
            from metalearn.plots.evaluation import write_evaluation

            write_evaluation(result, folder)
        print(f"{name}: {time.perf_counter() - started:.0f} s")
        print(table(result.to_dict()), flush=True)
    if arguments.docs:
        write_docs(arguments.out)


if __name__ == "__main__":
    main()
