"""A plain scikit-learn script that reads a table and fits the best single pipeline of a fit.

It names every hyperparameter and does not import metalearn: whoever gets it needs pandas,
scikit-learn, skrub, and the package of the learner.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from metalearn.automl.model_metadata import installed_version
from metalearn.learners.columns import ColumnVectorizer, skrub_vectorizer
from metalearn.learners.plain_columns import LARGEST, PlainColumns
from metalearn.learners.tables import Table, load_frame
from metalearn.workflows.fit.ask import TableFit
from metalearn.workflows.fit.expressions import Expressions

__all__ = ["script_of"]

_DISTRIBUTIONS = {"sklearn": "scikit-learn", "arff": "liac-arff"}

_CUT = f"""def cut(table):
    \"\"\"Cut numbers that single precision cannot hold.\"\"\"
    numbers = table.select_dtypes("float")
    return table.assign(**numbers.clip(-{LARGEST:g}, {LARGEST:g}))


"""
_ARFF = """    with {opened} as file:
        document = arff.load(file)
    table = pd.DataFrame(document["data"], columns=[name for name, _ in document["attributes"]])
    for name, kind in document["attributes"]:
        if isinstance(kind, list):
            table[name] = pd.Categorical(table[name], categories=kind)
        elif kind.upper() in ("NUMERIC", "REAL", "INTEGER"):
            table[name] = pd.to_numeric(table[name])
"""


def script_of(found: TableFit, source: str) -> str:
    """Return the text of the script.

    Args:
        found: The fit.
        source: The table as the user named it: a path, or `openml:ID`.

    Raises:
        UsageError: If the pipeline holds an object that cannot be written as plain Python.
    """
    table, pipeline = found.table, found.model.best_pipeline_
    expressions = Expressions(len(table.y))
    expressions.imports["pandas"] = set()
    frame, reading = _reading(source, expressions)
    made = expressions.of(_plain_pipeline(pipeline, table), 1)
    cut = _has_large(table.X) and pipeline is not None
    if cut:
        expressions.imports.setdefault("sklearn.preprocessing", set()).add("FunctionTransformer")
        expressions.imports.setdefault("sklearn.pipeline", set()).add("make_pipeline")
        made = f"make_pipeline(FunctionTransformer(cut), {made})"
    left_out = [c for c in frame.columns if c not in table.X.columns and c != table.target]
    drop = f"    table = table.drop(columns={left_out!r})\n" if left_out else ""
    definitions = "".join(f"{text}\n\n\n" for text in expressions.definitions)
    return (
        f"{_docstring(found, source, expressions)}\n\n{_imports(expressions)}\n\n"
        f"{definitions}TABLE = {source!r}\nTARGET = {table.target!r}\n\n\n{_CUT if cut else ''}"
        f'def read_table():\n    """Return columns and target; rows without one are left out."""\n'
        f"{reading}{drop}    table = table.dropna(subset=[TARGET]).reset_index(drop=True)\n"
        f"    return table.drop(columns=TARGET), {_target(frame, table)}\n\n\n"
        f'def build_pipeline():\n    """Return the pipeline, not fitted yet."""\n'
        f"    return {made}\n\n\n"
        'if __name__ == "__main__":\n    X, y = read_table()\n'
        "    model = build_pipeline().fit(X, y)\n"
        '    print(f"fitted on {len(X)} rows, {X.shape[1]} columns")\n'
    )


def _plain_pipeline(pipeline: Any, table: Table) -> Any:
    """Return the pipeline with scikit-learn's and skrub's classes only, in one level of steps."""
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.pipeline import Pipeline

    if pipeline is None:
        is_classes = table.kind == "classification"
        return DummyClassifier(strategy="prior") if is_classes else DummyRegressor()
    preparation, model = (step for _, step in pipeline.steps)
    steps = [
        ("columns" if name == "columnvectorizer" else name, _plain_step(step))
        for name, step in preparation.steps
        if not isinstance(step, PlainColumns)
    ]
    return Pipeline([*steps, ("model", model)])


def _plain_step(step: Any) -> Any:
    """Return skrub's vectorizer for ours, which gives the same matrix in less time."""
    return skrub_vectorizer(step.encoding) if isinstance(step, ColumnVectorizer) else step


def _has_large(X: pd.DataFrame) -> bool:
    numbers = X.select_dtypes("float").to_numpy(dtype=np.float64)
    return bool((np.abs(numbers) > LARGEST).any())


def _reading(source: str, expressions: Expressions) -> tuple[pd.DataFrame, str]:
    """Return the table as it came, and the lines that read it."""
    if source.startswith("openml:"):
        from metalearn.harvesters.openml.tables import fetch_table

        expressions.imports.setdefault("sklearn.datasets", set()).add("fetch_openml")
        data_id = int(source.removeprefix("openml:"))
        return fetch_table(source)[0], (
            f'    table = fetch_openml(data_id={data_id}, as_frame=True, parser="auto").frame\n'
        )
    frame = load_frame(Path(source))
    name = source.lower()
    packed = name.endswith(".gz")
    if name.removesuffix(".gz").endswith((".parquet", ".pq")):
        if not packed:
            return frame, "    table = pd.read_parquet(TABLE)\n"
        expressions.imports["gzip"] = set()
        return frame, "    table = pd.read_parquet(gzip.open(TABLE))\n"
    encoding = _encoding(Path(source))
    if name.removesuffix(".gz").endswith(".arff"):
        expressions.imports |= {"arff": set(), **({"gzip": set()} if packed else {})}
        opened = "gzip.open(TABLE, " if packed else "open(TABLE, "
        return frame, _ARFF.format(opened=f'{opened}"rt", encoding={encoding!r})')
    options = {"sep": frame.attrs["sep"], "decimal": frame.attrs["decimal"], "encoding": encoding}
    usual = {"sep": ",", "decimal": ".", "encoding": "utf-8-sig"}
    words = [f"{n}={v!r}" for n, v in options.items() if v != usual[n]]
    listed = ", ".join(["TABLE", "index_col=False", "low_memory=False", *words])
    return frame, f"    table = pd.read_csv({listed})\n"


def _encoding(path: Path) -> str:
    import gzip

    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    raw = gzip.decompress(path.read_bytes()) if packed else path.read_bytes()
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8-sig"


def _target(frame: pd.DataFrame, table: Table) -> str:
    """Return the expression of the target as the fit had it."""
    given = frame[table.target]
    if table.kind == "classification":
        return "table[TARGET].to_numpy()"
    if given.dtype.kind in "iufb":
        return "table[TARGET].astype(float)"
    if pd.to_numeric(given.dropna(), errors="coerce").notna().all():
        return "pd.to_numeric(table[TARGET]).astype(float)"
    if given.dtype.kind == "m":
        return 'table[TARGET] / pd.Timedelta("1D")'
    return (
        '(pd.to_datetime(table[TARGET], utc=True) - pd.Timestamp("1970-01-01", tz="UTC")) '
        '/ pd.Timedelta("1D")'
    )


def _docstring(found: TableFit, source: str, expressions: Expressions) -> str:
    packages = {m.partition(".")[0] for m in expressions.imports} - {"gzip", "re"}
    named = sorted(_DISTRIBUTIONS.get(package, package) for package in packages)
    needs = ", ".join(f"{name} {installed_version(name)}" for name in named)
    board = found.model.leaderboard_
    score = ""
    if len(board) and found.model.best_pipeline_ is not None:
        chosen = board[board["weight"] > 0].sort_values("rank").iloc[0]
        score = (
            f": {chosen['algorithm']}, {found.model.metric_} {chosen['score']:.4g} out-of-fold "
            f"(the whole ensemble: {found.model.score_:.4g})"
        )
    text = f"The best single pipeline for {Path(source).name!r}{score}.\n\nNeeds {needs}."
    return '"""' + text.replace("\\", "\\\\").replace('"', "'") + '\n"""'


def _imports(expressions: Expressions) -> str:
    plain = [m for m, names in expressions.imports.items() if not names]
    short = {"pandas": " as pd", "numpy": " as np"}
    lines = [f"import {module}{short.get(module, '')}" for module in sorted(plain)]
    return "\n".join(
        [
            "from __future__ import annotations\n",
            *lines,
            *(
                f"from {module} import {', '.join(sorted(names))}"
                for module, names in sorted(expressions.imports.items())
                if names
            ),
        ]
    )
