"""`metalearn fit`, `predict` and `leaderboard` as their users meet them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metalearn.automl.estimators import AutoMLClassifier
from metalearn.cli import main
from tests.automl.clocks import SteppingClock
from tests.automl.in_process import fits_in_process
from tests.pages.safety import assert_safe

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "examples" / "customers.csv"
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module", autouse=True)
def in_process():
    """Fits spend readings of a clock instead of seconds."""
    with fits_in_process() as patch:
        patch.setattr(AutoMLClassifier, "_clock", SteppingClock(0.2))
        yield patch


def table(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    x = rng.normal(size=120)
    y = np.where(x + 0.3 * rng.normal(size=120) > 0, "up", "down")
    frame = pd.DataFrame({"id": range(120), "x": x, "c": rng.choice(["a", "b"], 120), "y": y})
    frame.to_csv(folder / "t.csv", index=False)
    return folder / "t.csv"


class Fitted:
    """What one fit of a little table left."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str] | None = None) -> None:
        self.folder, self.table, self.model = folder, table(folder), folder / "m.metalearn"
        self.html, self.script = folder / "page.html", folder / "script.py"
        self.words = ["fit", str(self.table), "--target", "y", "--ignore", "id", "--kb",
                      str(ROOT / "data"), "--no-remember", "--time-budget", "25", "--algorithm",
                      "logistic_regression,naive_bayes,decision_tree"]  # fmt: skip


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    import contextlib

    made = Fitted(tmp_path_factory.mktemp("fit"))
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = main([*made.words, "--output", str(made.model), "--html", str(made.html),
                     "--script", str(made.script), "--json"])  # fmt: skip
    assert code == 0
    made.document = json.loads(out.getvalue())
    return made


def test_the_document_of_a_fit(fitted):
    document = fitted.document
    assert document["task"] == {"name": "t", "kind": "classification", "n_rows": 120,
                                "n_features": 2, "n_classes": 2, "target": "y"}  # fmt: skip
    assert document["metric"] == "log_loss"
    assert 0 < document["score"] < 0.69  # better than a guess
    assert document["model"] == str(fitted.model)
    assert document["time_budget"] == 25
    assert document["interrupted"] is False
    assert sum(m["weight"] for m in document["members"]) == pytest.approx(1.0)
    assert [row["rank"] for row in document["leaderboard"]] == list(
        range(1, len(document["leaderboard"]) + 1))  # fmt: skip
    assert {"rank", "algorithm", "source", "score", "seconds", "weight", "stage",
            "hyperparameters"} == set(document["leaderboard"][0])  # fmt: skip
    assert len(document["snapshot"]) == 64


def test_the_leaderboard_of_a_model(fitted, capsys):
    assert main(["leaderboard", str(fitted.model), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["leaderboard"] == fitted.document["leaderboard"]
    assert document["task"] == fitted.document["task"]
    assert main(["leaderboard", str(fitted.model)]) == 0
    out = capsys.readouterr().out
    assert "t: classification, 120 rows, 2 columns, 2 classes" in out
    assert fitted.document["leaderboard"][0]["algorithm"] in out


def test_predictions_on_standard_output(fitted, capsys):
    assert main(["predict", str(fitted.model), str(fitted.table), "--proba"]) == 0
    captured = capsys.readouterr()
    found = pd.read_csv(io.StringIO(captured.out))
    assert list(found.columns) == ["prediction", "probability_down", "probability_up"]
    known = pd.read_csv(fitted.table)["y"]
    assert (found["prediction"] == known).mean() > 0.75
    assert "left out: id" in captured.err


@pytest.mark.parametrize("name", ["p.csv", "p.csv.gz", "p.parquet"])
def test_predictions_in_a_file(fitted, tmp_path, capsys, name):
    assert main(["predict", str(fitted.model), str(fitted.table), "--output",
                 str(tmp_path / name)]) == 0  # fmt: skip
    assert capsys.readouterr().out == ""
    read = pd.read_parquet if name.endswith("parquet") else pd.read_csv
    assert read(tmp_path / name).shape == (120, 1)


def test_one_column_is_enough_to_predict(fitted, tmp_path, capsys):
    (tmp_path / "t.csv").write_text("x\n1.0\n")
    assert main(["predict", str(fitted.model), str(tmp_path / "t.csv")]) == 1
    assert "'c'" in capsys.readouterr().err
    (tmp_path / "t.csv").write_text("c,x\nnew,\n")
    assert main(["predict", str(fitted.model), str(tmp_path / "t.csv")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_the_script_and_the_page_are_written(fitted):
    text = fitted.script.read_text()
    assert "metalearn" not in text
    compile(text, "script.py", "exec")
    assert_safe(fitted.html.read_text())


BAD = {
    "no target": (["fit", str(TABLE)], 2, "--target"),
    "no such column": (["fit", str(TABLE), "--target", "nothing"], 1, "no column 'nothing'"),
    "budget of nothing": (["fit", str(TABLE), "--target", "churned", "--time-budget", "0"], 2,
                          "time_budget: expected a positive number"),
    "budget too small": (["fit", str(TABLE), "--target", "churned", "--time-budget", "1e-6"], 2,
                         "give at least"),
    "no such preset": (["fit", str(TABLE), "--target", "churned", "--preset", "x"], 2, "preset"),
    "no such metric": (["fit", str(TABLE), "--target", "churned", "--metric", "x"], 2, "metric"),
    "metric of the other kind": (["fit", str(TABLE), "--target", "churned", "--metric", "rmse"],
                                 2, "rmse"),
    "output is a folder": (["fit", str(TABLE), "--target", "churned", "--output", str(ROOT)], 2,
                           "is a folder"),
    "no folder for the script": (["fit", str(TABLE), "--target", "churned", "--script",
                                  "/none/x.py"], 2, "--script"),
    "no model": (["predict", "/none", str(TABLE)], 1, "no file"),
    "no model file": (["predict", str(TABLE), str(TABLE)], 1, "no model file"),
    "no model to list": (["leaderboard", str(TABLE)], 1, "no model file"),
    "ending": (["predict", str(TABLE), str(TABLE), "--output", "x.xlsx"], 2, ".parquet"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case, capsys):
    words, code, text = BAD[case]
    assert main(words) == code
    captured = capsys.readouterr()
    assert text in captured.err
    assert captured.out == ""


def test_probabilities_of_numbers_are_refused(tmp_path, capsys):
    from metalearn.automl.model_file import save_model
    from tests.automl.fitted_models import fitted_model

    save_model(fitted_model("regression", "ridge"), tmp_path / "m")
    assert main(["predict", str(tmp_path / "m"), str(TABLE), "--proba"]) == 2
    assert "numbers" in capsys.readouterr().err


def test_an_interrupted_fit_still_writes_its_model(tmp_path, capsys, monkeypatch):
    """Ctrl-C, raised where it reaches the search, after the first result."""
    from contextlib import contextmanager

    import metalearn.cli.progress as progress

    @contextmanager
    def pressed(budget_s, started):
        def show(seconds, budget, library):
            raise KeyboardInterrupt

        yield show

    monkeypatch.setattr(progress, "progress_fit", pressed)
    made = Fitted(tmp_path)
    words = [*made.words[:-1], "naive_bayes"]
    assert main([*words, "--output", str(made.model), "--json"]) == 130
    document = json.loads(capsys.readouterr().out)
    assert document["interrupted"] is True
    assert len(document["members"]) == 1
    assert main(["predict", str(made.model), str(made.table)]) == 0
