"""What `--script` writes runs without metalearn and gives our pipeline's predictions."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from metalearn.errors import UsageError
from metalearn.learners import get, names
from metalearn.learners.tables import load_table
from metalearn.workflows.fit.expressions import Expressions
from metalearn.workflows.fit.script import script_of
from tests.automl.fitted_models import of_few_steps

CASES = [(kind, n) for n in names() for kind in get(n).kinds if get(n).is_installed]
FEW = [(get(n).kinds[i % len(get(n).kinds)], n)
       for i, n in enumerate(dict.fromkeys(name for _, name in CASES))]  # fmt: skip
pytestmark = pytest.mark.filterwarnings("ignore")
_RUNNER = """
import json, runpy, sys, warnings
import numpy as np
warnings.simplefilter("ignore")
sys.modules["metalearn"] = None  # importing it raises ImportError
found = {}
for path in sys.argv[1:]:
    made = runpy.run_path(path, run_name="__main__")
    model, X = made["model"], made["X"]
    values = model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)
    found[path] = np.asarray(values).tolist()
print("RESULT" + json.dumps(found))
"""


def run(*paths):
    """Return the predictions of scripts that run here, where metalearn cannot be imported."""
    found = {}
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setitem(sys.modules, "metalearn", None)
        for path in map(str, paths):
            made = runpy.run_path(path, run_name="__main__")
            model, X = made["model"], made["X"]
            values = model.predict_proba if hasattr(model, "predict_proba") else model.predict
            found[path] = np.asarray(values(X)).tolist()
    return found


def run_anew(*paths):
    """Return the same of a process of their own, where nothing is imported yet."""
    words = [sys.executable, "-c", _RUNNER, *map(str, paths)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.rpartition("RESULT")[2])


def fit_of(table, pipeline):
    board = pd.DataFrame({"rank": [1], "algorithm": ["x"], "weight": [1.0], "score": [0.5]})
    model = SimpleNamespace(
        best_pipeline_=pipeline, leaderboard_=board, metric_="log_loss", score_=0.4
    )
    return SimpleNamespace(table=table, model=model)


def frame():
    rng = np.random.default_rng(0)
    n = 72
    return pd.DataFrame(
        {
            "id": range(n),
            "number": np.where(np.arange(n) % 6 == 0, np.nan, rng.normal(size=n).round(4)),
            "word": rng.choice(["red", "green", "blue, or so"], n),
            "day": pd.date_range("2020-01-01", periods=n).astype(str),
            "label": np.where(np.arange(n) % 9 == 0, None, rng.choice(["yes", "no"], n)),
            "amount": rng.normal(size=n).round(4),
        }
    )


@pytest.mark.parametrize(
    ("runner", "cases"), [(run, FEW), pytest.param(run_anew, CASES, marks=pytest.mark.slow)]
)
def test_every_learner(tmp_path, runner, cases):
    paths, wanted = {}, {}
    frame().to_csv(tmp_path / "t.csv", index=False)
    for kind, name in cases:
        target = "label" if kind == "classification" else "amount"
        table = load_table(
            tmp_path / "t.csv", target, ignore=["id", "amount" if target == "label" else "label"]
        )
        space = get(name).space(kind)
        configuration = of_few_steps(space, space.sample(1, np.random.default_rng(3))[0])
        model = get(name).pipeline(kind, configuration, seed=5).fit(table.X, table.y.to_numpy())
        path = tmp_path / f"{kind}_{name}.py"
        path.write_text(script_of(fit_of(table, model), str(tmp_path / "t.csv")))
        assert "metalearn" not in path.read_text()
        paths[str(path)] = name
        values = model.predict_proba if hasattr(model, "predict_proba") else model.predict
        wanted[str(path)] = np.asarray(values(table.X))
    found = runner(*paths)
    for path, values in wanted.items():
        if values.dtype.kind in "OU":
            assert found[path] == values.tolist(), paths[path]
        else:
            np.testing.assert_allclose(found[path], values, rtol=1e-9, err_msg=paths[path])


def written(kind, path, table):
    if kind == "semicolons":
        table.to_csv(path, index=False, sep=";", decimal=",")
    elif kind == "latin":
        table.assign(word=table["word"].str.replace("red", "rouge foncé")).to_csv(
            path, index=False, encoding="latin-1")  # fmt: skip
    elif kind == "utf-16":
        table.to_csv(path, index=False, encoding="utf-16", sep="\t")
    elif kind == "gzip":
        table.to_csv(path, index=False, compression="gzip")
    elif kind == "parquet":
        table.to_parquet(path, index=False)
    elif kind == "large":
        table.assign(number=table["number"].fillna(1e300)).to_csv(path, index=False)
    elif kind == "arff":
        rows = ["@relation t", "@attribute number numeric", "@attribute word {red,green,other}",
                "@attribute label {yes,no}", "@data"]  # fmt: skip
        rows += [
            f"{a},{b if ' ' not in b else 'other'},{c}".replace("nan", "?")
            for a, b, c in zip(table["number"], table["word"], table["label"], strict=True)
        ]
        path.write_text("\n".join(rows) + "\n")


FILES = {"semicolons": "t.csv", "latin": "t.csv", "utf-16": "t.tsv", "gzip": "t.csv.gz",
         "parquet": "t.parquet", "large": "t.csv", "arff": "t.arff"}  # fmt: skip


def test_every_format_of_a_table(tmp_path):
    scripts, wanted = [], {}
    for kind, name in FILES.items():
        path = tmp_path / kind / name
        path.parent.mkdir()
        written(kind, path, frame())
        table = load_table(path, "label")
        algorithm = get("decision_tree")
        configuration = algorithm.space("classification").default()
        model = algorithm.pipeline("classification", configuration).fit(
            table.X, table.y.to_numpy()
        )
        script = path.parent / "script.py"
        script.write_text(script_of(fit_of(table, model), str(path)))
        scripts.append(script)
        wanted[str(script)] = model.predict_proba(table.X)
    found = run(*scripts)
    for script, values in wanted.items():
        np.testing.assert_allclose(found[script], values, err_msg=script)


def test_targets_as_dates_and_numbers_in_text(tmp_path):
    table = frame().assign(day=pd.date_range("2020-01-01", periods=72).astype(str),
                           amount=lambda t: t["amount"].map(lambda v: f" {v}"))  # fmt: skip
    table.to_csv(tmp_path / "t.csv", index=False)
    algorithm = get("ridge")
    wanted, scripts = {}, []
    for target in ("day", "amount"):
        read = load_table(tmp_path / "t.csv", target, kind="regression", ignore=["label"])
        model = algorithm.pipeline("regression", algorithm.space("regression").default())
        model.fit(read.X, read.y.to_numpy())
        script = tmp_path / f"{target}.py"
        script.write_text(script_of(fit_of(read, model), str(tmp_path / "t.csv")))
        scripts.append(script)
        wanted[str(script)] = model.predict(read.X)
    found = run(*scripts)
    for script, values in wanted.items():
        np.testing.assert_allclose(found[script], values)


@pytest.mark.slow
def test_names_with_quotes_do_no_harm(tmp_path):
    target = 'y"""\nraise SystemExit("caught")\n"""'
    path = tmp_path / 'it\'s """ here.csv'
    frame().rename(columns={"label": target}).to_csv(path, index=False)
    table = load_table(path, target, ignore=["day"])
    algorithm = get("decision_tree")
    model = algorithm.pipeline("classification", algorithm.space("classification").default())
    model.fit(table.X, table.y.to_numpy())
    script = tmp_path / "s.py"
    script.write_text(script_of(fit_of(table, model), str(path)))
    assert len(run_anew(script)[str(script)]) == len(table.y)


def test_a_constant_fit_becomes_a_dummy(tmp_path):
    frame().to_csv(tmp_path / "t.csv", index=False)
    table = load_table(tmp_path / "t.csv", "label", ignore=["day"])
    text = script_of(fit_of(table, None), str(tmp_path / "t.csv"))
    assert "return DummyClassifier()" in text


def test_what_cannot_be_written_is_refused():
    with pytest.raises(UsageError, match="function cannot be written"):
        Expressions(10).of(make_pipeline(FunctionTransformer(lambda X: X)))
