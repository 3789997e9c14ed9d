from __future__ import annotations

import io
import json
import os
import pickle
import stat
import zipfile

import numpy as np
import pandas as pd
import pytest

from metalearn.automl.estimators import AutoMLClassifier
from metalearn.automl.model_file import (
    _dumped,
    _untrusted,
    load_model,
    read_metadata,
    save_model,
)
from metalearn.automl.strategy import Improvement, Optimized, Pipelines, Strategy
from metalearn.automl.trusted_types import TRUSTED
from metalearn.errors import InputError, UsageError
from metalearn.learners import get, names
from metalearn.pipelines import Gene, Genotype, PipelineSpace
from metalearn.pipelines.operators import OPERATORS

from .clocks import SteppingClock
from .fitted_models import PLAIN_COLUMNS, fitted_model, mixed_table
from .in_process import fits_in_process

CASES = [(kind, name) for name in names() for kind in get(name).kinds]
# The first learner of each preparation is saved with columns of every type.
FIRST = {get(name).preparation: name for name in reversed(names()) if get(name).is_installed}
pytestmark = pytest.mark.filterwarnings("ignore")  # what learners say of this little table


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A saved classifier of two members, and its path."""
    path = tmp_path_factory.mktemp("model") / "m.metalearn"
    model = fitted_model("classification", "random_forest", "gradient_boosting", "naive_bayes")
    save_model(model, path, about={"table": "mixed"})
    return model, path


def values(model):
    X = mixed_table()[0][[*model.feature_names_in_]]
    if hasattr(model, "predict_proba"):
        return model.predict_proba(X)
    return model.predict(X)


@pytest.mark.parametrize(
    ("kind", "name"),
    [  # one kind of task a learner; the other among the slow tests
        pytest.param(kind, name, marks=[] if kind == get(name).kinds[0] else [pytest.mark.slow])
        for kind, name in CASES
    ],
)
def test_predictions_are_the_same_after_a_round_trip(kind, name, tmp_path):
    if not get(name).is_installed:
        pytest.skip(f"{get(name).package} is not installed")
    columns = None if name in FIRST.values() else PLAIN_COLUMNS
    model = fitted_model(kind, name, columns=columns)
    before = values(model)
    save_model(model, tmp_path / "m")
    np.testing.assert_array_equal(values(load_model(tmp_path / "m")), before)


def pipelines_of(operator, kind):
    space = PipelineSpace(kind)
    tree = Gene.of("decision_tree", get("decision_tree").space(kind).default().hyperparameters)
    drawn = space.grammar.space_of(operator).sample(6, np.random.default_rng(0))
    for c in dict.fromkeys(drawn):
        yield space, Genotype("scaled", (Gene.of(operator, c.hyperparameters),), tree)
    if operator == "pca":
        branch = (Gene.of(operator, drawn[0].hyperparameters),)
        union = (Gene.of("union", {}),)
        yield space, Genotype("target", union, tree, (), branch, "k_nearest")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["classification", "regression"])
@pytest.mark.parametrize("operator", OPERATORS)
def test_a_file_may_hold_every_operator_of_pipelines(operator, kind):
    X, labels, numbers = mixed_table()
    X = X[["number", "count", "word"]]
    for space, genotype in pipelines_of(operator, kind):
        model = space.build(genotype.configuration())
        model.fit(X, labels if kind == "classification" else numbers)
        assert _untrusted(_dumped(model)) == []


def test_a_pipeline_comes_back(tmp_path):
    X, labels, _ = mixed_table()
    X = X[["number", "count", "word"]]
    space = Strategy(
        name="pipelines", space=Pipelines(("decision_tree", "naive_bayes")),
        search=Optimized("random"), improvement=Improvement(ways=("mean",)),
    )  # fmt: skip
    with fits_in_process():
        model = AutoMLClassifier(8.0, preset=space, remember=False, random_state=0)
        model._clock = SteppingClock(0.1)
        model.fit(X, labels)
    steps = {n for c in model.trials_["configuration"] for n in c.hyperparameters}
    assert "step1" in steps
    save_model(model, tmp_path / "m")
    found = load_model(tmp_path / "m").predict_proba(X)
    np.testing.assert_array_equal(found, model.predict_proba(X))


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_a_second_level_comes_back(kind, tmp_path):
    from dataclasses import replace

    from metalearn.automl.objective import Truth, objective_of
    from metalearn.automl.stacking import chosen_stacker

    second = "naive_bayes" if kind[0] == "c" else "ridge"
    model = fitted_model(kind, "decision_tree", second, columns=PLAIN_COLUMNS)
    X, labels, numbers = mixed_table()
    X = X[[*PLAIN_COLUMNS]]
    ensemble = model.ensemble_
    parts = np.stack([m.predictions(X, ensemble.classes, {}) for m in ensemble.members])
    y = numbers if ensemble.classes is None else np.searchsorted(ensemble.classes, labels)
    stacker = chosen_stacker(
        parts, ensemble.weights, objective_of(None, kind), Truth(y, None, ensemble.classes),
        np.arange(len(y)) % 3, always=True,
    )  # fmt: skip
    model.ensemble_ = replace(ensemble, stacker=stacker)
    before = values(model)
    save_model(model, tmp_path / "m")
    np.testing.assert_array_equal(values(load_model(tmp_path / "m")), before)


def test_a_loaded_model_is_what_was_saved(saved):
    model, path = saved
    again = load_model(path)
    assert type(again) is AutoMLClassifier
    assert list(again.classes_) == list(model.classes_)
    assert list(again.feature_names_in_) == list(model.feature_names_in_)
    assert again.time_budget == 5
    assert again.metric_ == "log_loss"
    assert again.notes_ == ("a note",)
    assert again.snapshot_ == "0123abcd"
    pd.testing.assert_frame_equal(again.leaderboard_, model.leaderboard_)
    pd.testing.assert_frame_equal(again.trials_, model.trials_)
    X, y, _ = mixed_table()
    assert again.refit(X, y).predict(X).shape == (len(y),)


def test_members_share_their_preparation_again(saved):
    again = load_model(saved[1]).ensemble_.members
    assert again[0].pipelines[0].steps[0][1] is again[1].pipelines[0].steps[0][1]
    assert again[0].pipelines[0].steps[0][1] is not again[2].pipelines[0].steps[0][1]


def test_the_objects_are_in_the_format_of_skops(saved):
    """`skops.io.dumps` gives the same schema, apart from ids of objects."""
    import re

    import skops.io

    from metalearn.automl.model_file import _dumped

    def schema(packed):
        text = zipfile.ZipFile(io.BytesIO(packed)).read("schema.json").decode()
        return json.loads(re.sub(r'"__id__": \d+|"file": "[^"]*"', '"x": 0', text))

    fitted = saved[0].ensemble_.members[2].pipelines[0].named_steps["model"]
    assert schema(_dumped(fitted)) == schema(skops.io.dumps(fitted))


def test_metadata_say_what_the_model_is(saved):
    metadata = read_metadata(saved[1])
    assert metadata["format"] == "metalearn model"
    assert metadata["format_version"] == 1
    assert metadata["task"] == "classification"
    assert metadata["classes"] == ["high", "low", "mid"]
    assert metadata["columns"][0] == {"name": "number", "dtype": "float64"}
    assert [m["algorithm"] for m in metadata["members"]] == [
        "random_forest", "gradient_boosting", "naive_bayes"]  # fmt: skip
    assert metadata["about"] == {"table": "mixed"}
    assert {"scikit-learn", "skrub", "skops", "numpy", "metalearn"} <= set(metadata["packages"])


def test_texts_of_the_table_are_not_in_the_file(saved):
    """Category names must be; cells of text columns, cached by their encoder, need not."""
    with zipfile.ZipFile(saved[1]) as archive:
        inner = zipfile.ZipFile(io.BytesIO(archive.read("model.skops")))
        assert b"text 7 of it" not in inner.read("schema.json")


def altered(path, target, change):
    """Copy a model file with its schema of objects changed."""
    with zipfile.ZipFile(path) as archive:
        metadata, packed = archive.read("metadata.json"), archive.read("model.skops")
    inner = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(inner, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if name == "schema.json" else data)
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("metadata.json", metadata)
        archive.writestr("model.skops", inner.getvalue())


@pytest.mark.parametrize(
    "part",
    [
        {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"},
        {"__class__": "eval", "__module__": "builtins", "__loader__": "TypeNode"},
        {"__class__": "Popen", "__module__": "subprocess", "__loader__": "ObjectNode"},
        {"__class__": "FunctionTransformer", "__loader__": "ObjectNode",
         "__module__": "sklearn.preprocessing._function_transformer"},
        {"__class__": "methodcaller", "__module__": "operator", "__loader__": "OperatorFuncNode",
         "attrs": {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode",
                   "content": "[]", "is_json": True}},
    ],
)  # fmt: skip
def test_types_that_are_not_trusted_are_refused_by_name(saved, tmp_path, part):
    def change(text):
        schema = json.loads(text)
        schema["content"]["best_pipeline"] = part
        return json.dumps(schema)

    altered(saved[1], tmp_path / "m", change)
    with pytest.raises(InputError, match=f"not trusted: {part['__module__']}.{part['__class__']}"):
        load_model(tmp_path / "m")


def test_a_method_of_a_trusted_object_is_not_called(saved, tmp_path):
    def change(text):
        schema = json.loads(text)
        ensemble = schema["content"]["ensemble"]
        schema["content"]["best_pipeline"] = {
            "__class__": ensemble["__class__"], "__module__": ensemble["__module__"],
            "__loader__": "MethodNode", "content": {"func": "values", "obj": ensemble},
        }  # fmt: skip
        return json.dumps(schema)

    altered(saved[1], tmp_path / "m", change)
    with pytest.raises(InputError, match="damaged"):
        load_model(tmp_path / "m")


def test_a_pickle_is_refused_and_not_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "run"),)

    (tmp_path / "m").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(InputError, match="no model file"):
        load_model(tmp_path / "m")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
def test_a_file_that_is_cut_off_is_refused(saved, tmp_path, keep):
    whole = saved[1].read_bytes()
    (tmp_path / "m").write_bytes(
        whole[: keep if isinstance(keep, int) else int(keep * len(whole))]
    )
    with pytest.raises(InputError, match=r"no model file|damaged"):
        load_model(tmp_path / "m")


def test_a_byte_that_changed_is_noticed(saved, tmp_path):
    whole = bytearray(saved[1].read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    (tmp_path / "m").write_bytes(whole)
    with pytest.raises(InputError, match="damaged"):
        load_model(tmp_path / "m")


def test_other_files_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("metadata.json", json.dumps({"format": "something else"}))
    for path, text in ((tmp_path / "other.zip", "not those of a model"), (tmp_path, "directory"),
                       (tmp_path / "none", "no file")):  # fmt: skip
        with pytest.raises(InputError, match=text):
            load_model(path)


def with_metadata(saved, target, **changed):
    with zipfile.ZipFile(saved[1]) as archive:
        metadata = json.loads(archive.read("metadata.json")) | changed
        packed = archive.read("model.skops")
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("metadata.json", json.dumps(metadata))
        archive.writestr("model.skops", packed)


def test_a_newer_format_is_refused(saved, tmp_path):
    with_metadata(saved, tmp_path / "m", format_version=2)
    with pytest.raises(InputError, match=r"format 2.*reads up to 1"):
        load_model(tmp_path / "m")


@pytest.mark.parametrize(
    ("packages", "text"),
    [
        ({"scikit-learn": "1.99.0"}, r"'scikit-learn==1.99.\*'"),
        ({"scikit-learn": "1.0.2"}, r"'scikit-learn==1.0.\*'"),
        ({"numpy": "9.1.0"}, "'numpy>=9.1.0'"),
        ({"catboost": "99.0"}, "'catboost>=99.0'"),
    ],
)
def test_packages_that_do_not_fit_are_named(saved, tmp_path, packages, text):
    with_metadata(saved, tmp_path / "m", packages=packages)
    with pytest.raises(InputError, match=text):
        load_model(tmp_path / "m")
    assert read_metadata(tmp_path / "m")["packages"] == packages  # still to be looked into


def test_an_older_numpy_of_the_file_is_fine(saved, tmp_path):
    with_metadata(saved, tmp_path / "m", packages={"numpy": "1.26.0"})
    np.testing.assert_array_equal(values(load_model(tmp_path / "m")), values(saved[0]))


@pytest.mark.parametrize("kind", ["tree", "boosting"])
def test_forged_trees_are_refused(tmp_path, kind):
    name = "decision_tree" if kind == "tree" else "gradient_boosting"
    model = fitted_model("regression", name)
    fitted = model.best_pipeline_.named_steps["model"]
    if kind == "tree":
        state = fitted.tree_.__getstate__()
        state["nodes"]["feature"][0] = 10_000_000
        fitted.tree_.__setstate__(state)
    else:
        fitted._predictors[0][0].nodes["left"][0] = 10_000_000
    save_model(model, tmp_path / "m")
    with pytest.raises(InputError, match="damaged or forged"):
        load_model(tmp_path / "m")


def test_a_failed_write_leaves_the_old_file(saved, tmp_path, monkeypatch):
    path = tmp_path / "m"
    path.write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left"):
        save_model(saved[0], path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_has_the_usual_rights(saved):
    assert stat.S_IMODE(saved[1].stat().st_mode) & 0o600 == 0o600


def test_what_is_not_fitted_is_not_saved(tmp_path):
    with pytest.raises(UsageError, match="not fitted"):
        save_model(AutoMLClassifier(), tmp_path / "m")


def test_objects_of_other_types_are_not_saved(tmp_path):
    from sklearn.preprocessing import FunctionTransformer

    model = fitted_model("regression", "ridge")
    model.best_pipeline_.steps[0] = ("prepare", FunctionTransformer())
    with pytest.raises(UsageError, match="FunctionTransformer"):
        save_model(model, tmp_path / "m")
    assert not list(tmp_path.iterdir())


def test_trusted_types_exist_or_belong_to_an_extra():
    """A name that moved would let nobody's model in; modules of other packages may be absent."""
    from importlib import import_module

    from metalearn.automl.trusted_types import _BY_MODULE

    for module, listed in _BY_MODULE.items():
        if module.startswith("metalearn."):
            for name in listed.split():
                assert hasattr(import_module(module), name), f"{module}.{name}"
    assert "builtins.eval" not in TRUSTED
