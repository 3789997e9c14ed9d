"""Published sets under other names, packed or not, with other columns: the same evaluations.

Each set of `../shared/data/metadatasets` is copied, cut, and changed in one way; what comes out of
the changed copy must be what comes out of the plain one.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest

from metalearn.core.arff import Attribute
from metalearn.errors import InputError, UsageError
from metalearn.harvesters import FORMATS, Options
from metalearn.harvesters.arff_table import arff_header, arff_rows
from metalearn.harvesters.files import lines
from tests.harvesters.published import Loaded, load

_Change = Callable[["Table"], None]
_PLACES = {
    "oboe": "oboe",
    "tst": "tst-svm",
    "aslib": "aslib-openml-weka-2017",
    "arff-runs": "pimp-rf",
    "auto-sklearn": "auto-sklearn/classification/accuracy",
    "quantile-csv": "quantile-xgboost",
    "yahpo": "yahpo/iaml_glmnet",
    "long-csv": "",
}
_MAIN = {"oboe": "error_matrix", "aslib": "algorithm_runs", "arff-runs": "random_forest",
         "auto-sklearn": "algorithm_runs", "quantile-csv": "XGBoost",
         "long-csv": "runs"}  # fmt: skip
_TASK = {"oboe": "", "aslib": "instance_id", "arff-runs": "task_id",
         "auto-sklearn": "instance_id", "quantile-csv": "task", "long-csv": "task"}  # fmt: skip
_LONG = (
    "task,algorithm,hp_C,metric,value\n"
    "iris,svc,1.0,accuracy,0.9\niris,svc,2.0,accuracy,0.8\nwine,svc,1.0,accuracy,0.7\n"
)
_ROWS = 60
_OPTIONS = Options(n_configurations=3)


@dataclass
class Table:
    """A CSV or ARFF table that is changed; `comments` and attributes stand for ARFF alone."""

    names: list[str]
    rows: list[list[str]]
    comments: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Table:
        if ".arff" in path.name:
            header = arff_header(path)
            cells = [c for _, c in zip(range(_ROWS), _cells(path), strict=False)]
            return cls(list(header.names), cells, header.comments, header.attributes)
        first, *rows = csv.reader(lines(path))
        return cls(first, rows[:_ROWS])

    def text(self) -> str:
        if not self.attributes:
            stream = io.StringIO()
            csv.writer(stream, lineterminator="\n").writerows([self.names, *self.rows])
            return stream.getvalue()
        kinds = {a.name: f"{{{','.join(a.levels)}}}" if a.levels else a.kind
                 for a in self.attributes}  # fmt: skip
        declared = [f"@ATTRIBUTE {name} {kinds.get(name, 'STRING')}" for name in self.names]
        rows = [",".join(cell or "?" for cell in row) for row in self.rows]
        said = [f"% {comment}" for comment in self.comments]
        return "\n".join([*said, "@RELATION openml-meta-flow-6969", *declared, "@DATA", *rows, ""])

    def rename(self, old: str, new: str) -> None:
        self.names = [new if name == old else name for name in self.names]
        self.attributes = tuple(replace(a, name=new) if a.name == old else a
                                for a in self.attributes)  # fmt: skip

    def add(self, name: str, text: str, kind: str = "numeric") -> None:
        self.names.insert(1, name)
        self.rows = [[row[0], text, *row[1:]] for row in self.rows]
        if self.attributes:
            self.attributes += (Attribute(name, kind),)

    def turn(self) -> None:
        self.names.reverse()
        self.rows = [row[::-1] for row in self.rows]


def _cells(path: Path) -> Iterator[list[str]]:
    return (cells for _, cells in arff_rows(path, arff_header(path)) if cells is not None)


def _plain(form: str, shared_data: Path, folder: Path) -> Path:
    """A small copy of the published set, unpacked."""
    folder.mkdir(parents=True)
    if form == "long-csv":
        (folder / "runs.csv").write_text(_LONG)
        return folder / "runs.csv"
    for path in sorted((shared_data / "metadatasets" / _PLACES[form]).iterdir()):
        name = path.name.removesuffix(".gz")
        if form == "tst" and name not in ("chess", "wine"):
            continue
        if form in _MAIN and name.startswith(_MAIN[form]) and form != "long-csv":
            (folder / name).write_text(Table.read(path).text())
        elif path.name.endswith(".gz"):
            (folder / name).write_bytes(gzip.decompress(path.read_bytes()))
        else:
            shutil.copyfile(path, folder / name)
    return folder


def _main(form: str, path: Path) -> Path:
    if path.is_file():
        return path
    return next(p for p in path.iterdir() if p.name.startswith(_MAIN[form]))


def _changed(form: str, path: Path, change: _Change) -> None:
    table = Table.read(_main(form, path))
    change(table)
    _main(form, path).write_text(table.text())


def _read(form: str, path: Path, options: Options = _OPTIONS) -> Loaded:
    if form == "yahpo":
        pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")
    return load(FORMATS.get(form)(path, options))


def _scores(loaded: Loaded) -> list[tuple[object, ...]]:
    rows = loaded.tables["evaluations"]
    tasks = loaded.tables["tasks"].set_index("task")["name"]
    texts = loaded.tables["configurations"].set_index("configuration")["hyperparameters"]
    columns = (rows["task"].map(tasks), rows["configuration"].map(texts), rows["metric"],
               rows["value"])  # fmt: skip
    return sorted(zip(*columns, strict=True))


@pytest.fixture
def copies(shared_data: Path, tmp_path: Path) -> Callable[[str], tuple[Path, Path]]:
    """The plain copy of a set and another one to change."""

    def made(form: str) -> tuple[Path, Path]:
        place = "auto-sklearn/accuracy" if form == "auto-sklearn" else form
        return (_plain(form, shared_data, tmp_path / "plain" / place),
                _plain(form, shared_data, tmp_path / "other" / place))  # fmt: skip

    return made


def _copies_of(form: str, copies: Callable[[str], tuple[Path, Path]]) -> tuple[Loaded, Path]:
    plain, other = copies(form)
    return _read(form, plain), other


@pytest.mark.in_turn("form", each=2)
@pytest.mark.parametrize("form", _PLACES)
def test_packed_files_are_the_same_set(
    form: str, copies: Callable[[str], tuple[Path, Path]]
) -> None:
    expected, other = _copies_of(form, copies)
    for path in [other] if other.is_file() else sorted(other.iterdir()):
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    other = other.with_name(other.name + ".gz") if form == "long-csv" else other
    got = _read(form, other)
    assert _scores(got) == _scores(expected)
    features = ["name", "value"]
    assert len(got.tables["meta_features"]) == len(expected.tables["meta_features"])
    pd.testing.assert_frame_equal(
        got.tables["meta_features"][features], expected.tables["meta_features"][features]
    )


@pytest.mark.in_turn("form", each=2)
@pytest.mark.parametrize("form", [form for form in _PLACES if form != "tst"])
def test_files_of_any_name_are_the_same_set(
    form: str, copies: Callable[[str], tuple[Path, Path]]
) -> None:
    """The files of tst are called like their data sets: there the name says something."""
    expected, other = _copies_of(form, copies)
    for i, path in enumerate([other] if other.is_file() else sorted(other.iterdir())):
        path.rename(path.with_name(f"part{i}.download"))
    got = _read(form, other.with_name("part0.download") if form == "long-csv" else other)
    assert _scores(got) == _scores(expected)
    assert len(got.tables["meta_features"]) == len(expected.tables["meta_features"])


@pytest.mark.in_turn("form", each=2)
@pytest.mark.parametrize("form", _MAIN)
def test_one_file_is_enough_to_name(form: str, copies: Callable[[str], tuple[Path, Path]]) -> None:
    expected, other = _copies_of(form, copies)
    assert _scores(_read(form, _main(form, other))) == _scores(expected)


@pytest.mark.parametrize("name", ["dataset", "my_tasks"])
@pytest.mark.in_turn("form", "name", each=2)
@pytest.mark.parametrize("form", _MAIN)
def test_the_column_of_tasks_may_have_another_name(
    form: str, name: str, copies: Callable[[str], tuple[Path, Path]]
) -> None:
    expected, other = _copies_of(form, copies)
    _changed(form, other, lambda table: table.rename(_TASK[form], name))
    assert _scores(_read(form, other)) == _scores(expected)  # found
    named = _read(form, other, replace(_OPTIONS, task_column=name))
    assert _scores(named) == _scores(expected)
    with pytest.raises(UsageError, match="--task-column: there is no"):
        _read(form, other, replace(_OPTIONS, task_column="absent"))


@pytest.mark.in_turn("form", each=2)
@pytest.mark.parametrize("form", _MAIN)
def test_columns_may_come_in_any_order(
    form: str, copies: Callable[[str], tuple[Path, Path]]
) -> None:
    expected, other = _copies_of(form, copies)
    _changed(form, other, Table.turn)
    assert _scores(_read(form, other)) == _scores(expected)


@pytest.mark.parametrize("name", ["metric_CRPS", "metric_train_accuracy", "usercpu_time_millis"])
@pytest.mark.in_turn("form", "name", each=2)
@pytest.mark.parametrize("form", _MAIN)
def test_columns_beside_are_left_out_and_counted(
    form: str, name: str, copies: Callable[[str], tuple[Path, Path]]
) -> None:
    expected, other = _copies_of(form, copies)
    n_rows = len(Table.read(_main(form, other)).rows)
    _changed(form, other, lambda table: table.add(name, "0.25"))
    got = _read(form, other)
    assert _scores(got) == _scores(expected)
    counted = {reason: n for reason, n in got.rejected.items() if repr(name) in reason}
    assert list(counted.values()) == [n_rows]
    assert "is left out" in next(iter(counted))


@pytest.mark.in_turn("form", each=2)
@pytest.mark.parametrize("form", ["aslib", "arff-runs", "auto-sklearn", "quantile-csv"])
def test_a_score_of_any_name_can_be_named(
    form: str, copies: Callable[[str], tuple[Path, Path]]
) -> None:
    """The values are those of the added column, in the direction that was said."""
    _, other = copies(form)
    _changed(form, other, lambda table: table.add("badness", "0.25"))
    options = replace(_OPTIONS, score="badness", direction="minimize")
    got = _read(form, other, options)
    mine = got.tables["evaluations"].query("metric == 'badness'")
    assert len(mine) == len(Table.read(_main(form, other)).rows)
    assert set(mine["value"]) == {0.25}
    metrics = got.tables["metrics"].set_index("metric")["greater_is_better"]
    assert not metrics["badness"]
    with pytest.raises(UsageError, match="--direction maximize or --direction minimize"):
        _read(form, other, replace(options, direction=""))


@pytest.mark.parametrize(
    ("form", "flag"),
    [(form, flag) for form in ("oboe", "tst", "yahpo") for flag in ("score", "direction")]
    + [("tst", "task_column")],
)
def test_options_that_mean_nothing_are_refused(
    form: str, flag: str, copies: Callable[[str], tuple[Path, Path]]
) -> None:
    _, other = copies(form)
    option = f"--{flag.replace('_', '-')} means nothing for {form}"
    with pytest.raises(UsageError, match=option):
        _read(form, other, Options(**{flag: "minimize"}))  # type: ignore[arg-type]  # texts all


def test_the_task_of_a_surrogate_may_have_another_name(
    copies: Callable[[str], tuple[Path, Path]],
) -> None:
    expected, other = _copies_of("yahpo", copies)
    for name in ("config_space.json", "encoding.json"):
        text = (other / name).read_text()
        (other / name).write_text(text.replace("task_id", "which"))
    assert _scores(_read("yahpo", other)) == _scores(expected)
    assert _scores(_read("yahpo", other, replace(_OPTIONS, task_column="which"))) == _scores(
        expected
    )
    with pytest.raises(UsageError, match="no hyperparameter 'absent'"):
        _read("yahpo", other, replace(_OPTIONS, task_column="absent"))


def test_runs_without_a_comment_say_how_they_were_read(
    copies: Callable[[str], tuple[Path, Path]],
) -> None:
    expected, other = _copies_of("arff-runs", copies)

    def bare(table: Table) -> None:
        table.comments = ()
        table.add("usercpu_time_millis", "12.5")
        table.add("train_accuracy", "1.0")

    _changed("arff-runs", other, bare)
    got = _read("arff-runs", other)
    assert _scores(got) == _scores(expected)
    assert sum("is left out" in reason for reason in got.rejected) == 2
    (note,) = {note for b in FORMATS.get("arff-runs")(other, Options()) for note in b.notes}
    assert "hyperparameters: randomforestclassifier__bootstrap" in note
    assert "as scores: predictive_accuracy" in note
    chosen = _read("arff-runs", other, Options(hyperparameters=("train_accuracy",)))
    texts = chosen.tables["configurations"]["hyperparameters"]
    assert {tuple(json.loads(text)) for text in texts} == {("train_accuracy",)}


@pytest.mark.parametrize(
    ("form", "change", "line"),
    [
        ("quantile-csv", ("metric_error", "metric_CRPS"),
         "--score metric_CRPS --direction minimize"),
        ("arff-runs", ("predictive_accuracy", "CRPS"), "--score CRPS --direction maximize"),
        ("auto-sklearn", ("accuracy", "CRPS"), "--score CRPS --direction maximize"),
        ("aslib", ("predictive_accuracy", "CRPS"), "--score CRPS --direction maximize"),
    ],
)  # fmt: skip
def test_errors_show_the_line_to_type(
    form: str, change: tuple[str, str], line: str, copies: Callable[[str], tuple[Path, Path]]
) -> None:
    _, other = copies(form)

    def renamed(table: Table) -> None:
        table.rename(*change)
        table.comments = tuple(c.replace(*change) for c in table.comments)

    _changed(form, other, renamed)
    if form == "aslib":
        (other / "description.txt").unlink()
    command = f"metalearn import {form} 'my set' --kb my.duckdb"
    with pytest.raises(InputError) as caught:
        _read(form, other, replace(_OPTIONS, command=command))
    assert f"type: {command} {line}" in str(caught.value)
    direction = line.split()[-1]
    named = _read(form, other, replace(_OPTIONS, score=change[1], direction=direction))
    assert len(named.tables["evaluations"]) == len(Table.read(_main(form, other)).rows)
