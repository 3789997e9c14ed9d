"""Does the tenth fit of a sequence of related tables start better than a first one?

    python experiments/automl/sequence.py TABLES [--names adult,...] [--budget 10] [--docs]

Each table is cut into ten disjoint parts of rows. Ten fits, one a part, share one store (`kb=`),
which begins as the bundled one without the table and its family; so the tenth knows the nine
before it as well. Each is compared with a fit of the same part that knows only the bundled store:
the loss on rows that no fit has seen, and the area under the curve of the best trial's loss.
"""

from __future__ import annotations

import argparse
import runpy
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "evidence" / "automl.md"
RUN = runpy.run_path(str(HERE / "run.py"))
NAMES = (
    "adult", "letter", "pendigits", "spambase", "telco-customer-churn",
    "cal-housing", "fried", "cpu-act", "ailerons", "pol",
)  # fmt: skip
_N_PARTS, _PART_ROWS = 10, 400


def parts_of(frame: pd.DataFrame, target: str, n_rows: int) -> list[pd.DataFrame]:
    """Return ten disjoint parts of a table and, as the last one, rows to test on."""
    frame = frame[frame[target].notna()].sample(frac=1.0, random_state=0)
    size = min(n_rows, len(frame) // (_N_PARTS + 1))
    cuts = [frame.iloc[i * size : (i + 1) * size] for i in range(_N_PARTS)]
    rest = frame.iloc[_N_PARTS * size :].head(4_000)
    return [part.reset_index(drop=True) for part in (*cuts, rest)]


def one(
    kind: str, target: str, part: pd.DataFrame, test: pd.DataFrame, **settings: Any
) -> dict[str, Any]:
    """Fit on a part with a store, and return its row."""
    import metalearn

    is_classes = kind == "classification"
    estimator = metalearn.AutoMLClassifier if is_classes else metalearn.AutoMLRegressor
    y = part[target].astype(str) if is_classes else part[target].astype(float)
    model = estimator(random_state=0, **settings).fit(part.drop(columns=target), y)
    if is_classes:
        test = test[test[target].astype(str).isin(model.classes_)]
        codes = np.searchsorted(model.classes_, test[target].astype(str))
        said = model.predict_proba(test.drop(columns=target))
        loss = RUN["loss_of"](kind, codes, said, len(model.classes_))
    else:
        said = model.predict(test.drop(columns=target))
        loss = RUN["loss_of"](kind, test[target], said, 0, "rmse")
    done = model.trials_[model.trials_["status"] == "ok"]
    curve = [[float(t), float(v)] for t, v in
             zip(done["ended_s"], done["loss"].cummin(), strict=True)]  # fmt: skip
    return {"loss": loss, "n_trials": len(done), "curve": curve}


def main(arguments: Sequence[str] | None = None) -> pd.DataFrame:
    """Run, write `sequence.csv`, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", type=Path)
    parser.add_argument("--names", default=",".join(NAMES))
    parser.add_argument("--budget", type=float, default=10.0)
    parser.add_argument("--rows", type=int, default=_PART_ROWS, help="rows of a part")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    parser.add_argument("--docs", action="store_true", help="write the evidence page")
    asked = parser.parse_args(arguments)
    asked.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, kind, target, frame in RUN["tables_of"](asked.tables, asked.names.split(",")):
        *parts, test = parts_of(frame, target, asked.rows)
        settings = {"time_budget": asked.budget, "exclude": RUN["family_of"](name)}
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder) / "sequence.duckdb"
            for part in parts:
                last = one(kind, target, part, test, kb=store, **settings)
        first = one(kind, target, parts[-1], test, remember=False, **settings)
        same = {"metric": "x", "table": name, "split": 0, "budget": asked.budget}
        both = [{**same, "system": "ours", **last}, {**same, "system": "cold", **first}]
        (area,) = RUN["areas"](pd.DataFrame(both)).to_dict("records")
        found = {"tenth": last, "first": first}
        rows.append({"table": name, **{which: fit["loss"] for which, fit in found.items()},
                     "area_tenth": area["ours"], "area_first": area["cold"],
                     **{f"trials_{w}": fit["n_trials"] for w, fit in found.items()}})  # fmt: skip
        print(rows[-1], flush=True)
        pd.DataFrame(rows).round(5).to_csv(asked.out / "sequence.csv", index=False)
    found = pd.DataFrame(rows)
    print(found.round(4).to_string(index=False))
    if asked.docs:
        write_parts(PAGE, {"sequence": as_text(found, asked)})
    return found


def as_text(found: pd.DataFrame, asked: argparse.Namespace) -> str:
    """Return the comparison as a table of the evidence page."""
    lines = [
        f"Ten parts of {asked.rows} rows a table, {asked.budget:g} s a fit.",
        "",
        "| table | test loss: tenth fit | without the nine | area: tenth fit | without the nine |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| `{row.table}` | {row.tenth:.4g} | {row.first:.4g} | {row.area_tenth:.2f} "
        f"| {row.area_first:.2f} |"
        for row in found.itertuples()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
