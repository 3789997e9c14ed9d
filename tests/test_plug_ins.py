"""A plug-in of every kind is added from outside, as CONTRIBUTING says, and used as ours are.

A distribution with entry points lies on the path of a process of its own. It uses nothing but the
modules that CONTRIBUTING names.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from metalearn.catalogue import KINDS, catalogue_of

ROOT = Path(__file__).resolve().parents[1]
ENTRY_POINTS = {
    "recommender": ("toy-reversed", "toy_plug_in:Reversed"),
    "surrogate": ("toy-mean", "toy_plug_in:Mean"),
    "optimizer": ("toy-corners", "toy_plug_in:Corners"),
    "learner": ("toy_stump", "toy_plug_in:STUMP"),
    "metafeature_group": ("toy-sizes", "toy_plug_in:SIZES"),
    "format": ("toy-scores", "toy_plug_in:read"),
    "bridge": ("toy_list", "toy_plug_in:BRIDGE"),
    "page": ("toy-page", "toy_plug_in:page"),
    "preset": ("toy-first", "toy_plug_in:FIRST"),
    "plot": ("toy-plot", "toy_plug_in:plot"),
    "engine": ("toy-here", "toy_plug_in:Here"),
    "command": ("toy-hello", "toy_command"),
}
PLUG_IN = '''
from concurrent.futures import Future

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from metalearn.automl import Strategy
from metalearn.automl.strategy import Optimized
from metalearn.bridges import Bridge
from metalearn.bridges.bridge import pending, values_of
from metalearn.core.seams import Prediction
from metalearn.errors import InputError
from metalearn.harvesters import Options, long_csv
from metalearn.learners.algorithm import Algorithm, whole
from metalearn.metafeatures import Group
from metalearn.optimizers.bookkeeping import AskTell


class Reversed:
    """Lists the configurations from last to first."""

    def fit(self, meta, rng):
        self.n = meta.n_configurations
        return self

    def score(self, target):
        return -np.arange(self.n, dtype=float)


class Mean:
    """Predicts the mean loss everywhere."""

    def __init__(self, space, warm=None):
        pass

    def fit(self, history, rng):
        self.mean = float(np.nanmean(history.y))
        return self

    def predict(self, X):
        return Prediction(np.full(len(X), self.mean), np.ones(len(X)))


class Corners(AskTell):
    """Draws corners of the cube."""

    def _propose(self):
        return self._fresh(lambda: self.warm.space.decode(
            self.rng.integers(0, 2, (1, self.warm.space.n_axes)).astype(float))[0])


STUMP = Algorithm(
    "toy_stump", ("classification",), "plain", lambda kind: [whole("max_depth", 1, 3, 1)],
    lambda kind, values, seed: DecisionTreeClassifier(**values, random_state=seed),
)

SIZES = Group("toy-sizes", "How large a table is.")


@SIZES.feature("n", "ours")
def toy_rows(view):
    """Return the number of rows."""
    return view.n_rows


def read(path, options=Options()):
    """Read a long table that is called *.toy."""
    if not path.name.endswith(".toy"):
        raise InputError(f"{path.name}: expected a file *.toy")
    yield from long_csv.read(path, options)


class ToySpace(dict):
    """A space of the toy library: name -> (lower, upper)."""


def read_space(foreign):
    from metalearn.bridges import axes

    return axes.space_of([axes.number(name, *ends, log=True) for name, ends in foreign.items()])


BRIDGE = Bridge(
    name="toy_list", package="toy_plug_in", extra="toy", honours=frozenset({"seeds"}),
    start=lambda warm: [values_of(warm, c) for c in warm.configurations],
    read_space=read_space,
    trials=lambda warm, told: [pending(warm, v.items()).finished(loss) for v, loss in told],
    title="Toy", modules=("toy_plug_in",), space="a toy dict",
)


class Here:
    """Makes calls at once, in this process."""

    n_outstanding = 1
    n_calls = 0

    def __init__(self, options):
        assert options.address == "nowhere"

    def share(self, value):
        return value

    def submit(self, function, handle, item):
        Here.n_calls += 1
        future = Future()
        future.set_result(function(handle, item))
        return future

    def close(self):
        pass


def page(result):
    return f"<b>{result}</b>"


FIRST = Strategy(name="toy-first", search=Optimized("toy-corners"))


def plot(result, axes=None):
    return f"drew {result}"
'''
COMMAND = """
def add_arguments(parser):
    parser.add_argument("name")


def run(arguments):
    print(f"hello {arguments.name}")
    return 0
"""
IMPORT = """
import sys
from pathlib import Path
from metalearn.cli.main import main

kb, *files = sys.argv[1:]
ends = [main(["import", "toy-scores", file, "--kb", kb]) for file in files]
assert Path(kb).exists()
print("imported:", ends)
"""
USE = """
import numpy as np
import pandas as pd
from sklearn.datasets import load_iris

import metalearn
from metalearn.bridges import names as bridges
from metalearn.catalogue import catalogue_of
from metalearn.core.history import History
from metalearn.engines import EngineOptions
from metalearn.learners import get as learner
from metalearn.learners.tables import as_table
from metalearn.metafeatures import extract
from metalearn.optimizers import get as optimizer
from metalearn.surrogates import get as surrogate
from metalearn.testing.warm_worlds import planted_warm
from metalearn.workflows.describe import DescribeRequest, describe_many
from metalearn.workflows.foreign_objects import bridge_of
from metalearn.workflows.systems import system_rows
from metalearn.workflows.warm_start.user_space import space_mapping
from toy_plug_in import Here, ToySpace

X, y = load_iris(return_X_y=True, as_frame=True)
rng = np.random.default_rng(0)

found = metalearn.recommend(X, y, recommender="toy-reversed", k=2)
assert len(found.items) == 2, found

space = learner("toy_stump").space("classification")
assert space.names == ("max_depth",)
made = learner("toy_stump").build("classification", {"max_depth": 1}, 0).fit(X, y)
assert made.get_depth() == 1

history = History(np.array([[0.0], [1.0]]), np.array([0.2, 0.4]))
fitted = surrogate("toy-mean")(space).fit(history, rng)
assert fitted.predict(np.array([[0.5]])).mean == [0.30000000000000004]

search = optimizer("toy-corners")(space, rng=rng)
assert search.ask()[0].configuration.hyperparameters["max_depth"] in (1, 3)

values = extract(X, y, kind="classification", groups=["toy-sizes"]).values
assert dict(values) == {"toy_rows": 150.0}, values

assert "toy_list" in bridges()
warm = planted_warm(n_seeds=2)
started = warm.to_toy_list()
assert started == [dict(c.hyperparameters) for c in warm.configurations]
mine = ToySpace(C=(0.01, 100.0), gamma=(1e-4, 1.0))
assert bridge_of(mine) == "toy_list"
assert space_mapping(mine, algorithm="svc", kind="classification").library == "toy_list"

where = EngineOptions("toy-here", address="nowhere")
(described,) = describe_many([as_table(X, y)], DescribeRequest(("simple",)), engine=where)
assert described.task.n_rows == 150
assert Here.n_calls == 1

assert catalogue_of("page").get("toy-page")("it") == "<b>it</b>"
assert catalogue_of("plot").get("toy-plot")("it") == "drew it"
assert catalogue_of("preset").get("toy-first").search.optimizer == "toy-corners"
assert "toy-first" in [row.preset for row in system_rows()]
print("all used")
"""


@pytest.fixture(scope="module")
def outside(tmp_path_factory) -> Path:
    """Return a folder with an installed distribution that adds one plug-in of every kind."""
    folder = tmp_path_factory.mktemp("outside")
    (folder / "toy_plug_in.py").write_text(PLUG_IN)
    (folder / "toy_command.py").write_text(COMMAND)
    facts = folder / "toy_plug_in-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-plug-in\nVersion: 1.0\n")
    lines = [f"[metalearn.{kind}s]\n{name} = {where}\n"
             for kind, (name, where) in ENTRY_POINTS.items()]  # fmt: skip
    (facts / "entry_points.txt").write_text("\n".join(lines))
    return folder


Process = subprocess.CompletedProcess[str]


def run(outside: Path, *arguments: str) -> Process:
    path = os.pathsep.join([str(outside), str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, *arguments], env={**os.environ, "PYTHONPATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_every_kind_has_a_toy():
    assert set(ENTRY_POINTS) == set(KINDS)


@pytest.fixture(scope="module")
def used(outside: Path, tmp_path_factory: pytest.TempPathFactory) -> Process:
    """A process that uses each toy, and imports a file of the toy's format and one that is not."""
    folder = tmp_path_factory.mktemp("scores")
    rows = "task,algorithm,metric,value\na,svc,accuracy,0.5\nb,svc,accuracy,0.7\n"
    files = [folder / name for name in ("scores.toy", "scores.csv")]
    for file in files:
        file.write_text(rows)
    return run(outside, "-c", USE + IMPORT, *map(str, [folder / "kb.duckdb", *files]))


def test_they_are_used_through_the_public_face(used: Process):
    assert used.returncode == 0, used.stderr
    assert "all used" in used.stdout


def test_a_format(used: Process):
    assert used.stdout.endswith("imported: [0, 1]\n"), used.stderr
    assert "expected a file *.toy" in used.stderr


def test_a_command(outside: Path):
    done = run(outside, "-m", "metalearn", "toy-hello", "you")
    assert (done.returncode, done.stdout) == (0, "hello you\n"), done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_contributing_names_file_line_and_group(kind: str):
    """Each kind has a row: the folder, the file of the catalogue, the group, the contract."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf8")
    (row,) = [line for line in text.splitlines() if f"`metalearn.{kind}s`" in line]
    for path in re.findall(r"`((?:metalearn|tests)/[^`<]*?)(?:<[^`]*)?`", row):
        assert (ROOT / path).exists(), path
    assert catalogue_of(kind).kind == kind
