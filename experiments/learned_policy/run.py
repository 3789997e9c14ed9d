"""Does a policy that is trained over a stored matrix choose better than rules made by hand?

    python experiments/learned_policy/run.py [--evaluation FILE] [--out DIR] [--docs] [--smoke]

The recommender `learned-policy` beside the portfolio that it starts from, `active-testing-set` and
the default, on the bundled classification tasks; ten folds over groups of near-duplicates.
`--evaluation` takes results that `metalearn evaluate --json` printed, instead of computing them.
`--docs` writes the table into docs/evidence/learned.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import metalearn
from metalearn.workflows.evaluate.recommenders import evaluate

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "evidence" / "learned.md"
METHODS = ("default", "active-testing-set", "portfolio", "learned-policy")
KS = (1, 3, 5, 10, 20)
METRIC, KIND = "balanced_accuracy", "classification"


def evaluated(smoke: bool) -> dict[str, Any]:
    """Return the document of `metalearn evaluate` for the methods."""
    with metalearn.open() as kb:
        meta = kb.meta_dataset(METRIC, kind=KIND)
    methods = METHODS[1:3] if smoke else METHODS  # without what takes minutes
    if smoke:
        meta = meta.take(np.arange(12), np.arange(20))
    return evaluate(meta, methods, KS).to_dict()


def table(document: dict[str, Any]) -> str:
    """Return mean regrets with their intervals as a Markdown table."""
    found = pd.DataFrame(document["results"]).set_index(["recommender", "k"])
    lines = [f"| recommender | {' | '.join(f'after {k}' for k in KS)} |",
             "| --- |" + " ---: |" * len(KS)]  # fmt: skip
    for method in [one for one in METHODS if one in found.index]:
        rows = [found.loc[(method, k)] for k in KS]
        cells = [f"{r.regret_mean:.3f} ({r.regret_low:.3f} to {r.regret_high:.3f})" for r in rows]
        lines.append(f"| `{method}` | {' | '.join(cells)} |")
    protocol = document["protocol"]
    size = f"{protocol['n_tasks']} tasks, {protocol['n_configurations']} configurations"
    return "\n".join([*lines, "", f"{size}, {protocol['n_folds']} folds."])


def main() -> None:
    """Evaluate, print, and keep the document."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--evaluation", type=Path, metavar="FILE")
    parser.add_argument("--out", type=Path, default=HERE / "out")
    parser.add_argument("--docs", action="store_true", help="write the table into the docs")
    parser.add_argument("--smoke", action="store_true", help="a corner of the tasks, two methods")
    asked = parser.parse_args()
    started = time.process_time()
    document = json.loads(asked.evaluation.read_text()) if asked.evaluation else None
    if document is None:
        document = evaluated(asked.smoke)
        asked.out.mkdir(parents=True, exist_ok=True)
        (asked.out / "evaluation.json").write_text(json.dumps(document))
    text = table(document)
    print(f"{text}\n{time.process_time() - started:.0f} processor seconds")
    if asked.docs:
        write_parts(PAGE, {"policy": text})


if __name__ == "__main__":
    main()
