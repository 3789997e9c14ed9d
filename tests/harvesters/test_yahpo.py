"""YAHPO surrogates: drawn scores lie where the published statistics say; damaged sets."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.errors import InputError, UsageError
from metalearn.harvesters.options import Options
from metalearn.harvesters.yahpo import read
from metalearn.harvesters.yahpo_scenarios import METRIC_OF, SCENARIOS
from tests.harvesters.published import load

pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")


@pytest.mark.slow  # all scenarios
def test_drawn_scores_lie_within_the_published_range(shared_data: Path) -> None:
    folder = shared_data / "metadatasets" / "yahpo"
    loaded = load(read(folder, Options(n_configurations=10)))
    published = pd.read_csv(folder / "instance_target_statistics.csv.gz")
    ends = published.pivot(
        index=["scenario", "instance", "metric"], columns="statistic", values="value"
    )
    rows = loaded.tables["evaluations"].merge(
        loaded.tables["configurations"][["configuration", "algorithm"]], on="configuration"
    )
    rows["instance"] = [int(task.rsplit(":", 1)[1]) for task in rows["task"]]
    short = {metric.name: name for name, metric in METRIC_OF.items()}
    keys = list(zip(rows["algorithm"], rows["instance"], rows["metric"].map(short), strict=True))
    low, high = (ends.loc[keys][end].to_numpy() for end in ("min", "max"))
    values = rows["value"].to_numpy()
    beyond = np.maximum(low - values, values - high) / (high - low)
    is_score = ~rows["metric"].isin(["memory", "ramtrain", "rammodel", "rampredict"])
    assert (beyond[is_score] <= 1e-4).all()
    assert (beyond <= 0.05).all()  # a few of thousands, all of memory, lie outside at all
    assert (beyond > 1e-4).sum() <= 2
    assert loaded.tables["tasks"]["task"].str.startswith("yahpo:rbv2:").sum() == 117
    assert not loaded.rejected
    assert (rows["fit_s"] > 0).all()


def test_every_task_has_the_same_configurations_and_the_seed_decides(shared_data: Path) -> None:
    folder = shared_data / "metadatasets" / "yahpo" / "iaml_glmnet"
    first, again, other = (
        load(read(folder, Options(n_configurations=7, seed=seed))).tables for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(first["evaluations"], again["evaluations"])
    assert not set(first["configurations"]["configuration"]) & set(
        other["configurations"]["configuration"]
    )
    counts = first["evaluations"].groupby(["task", "metric"])["configuration"].nunique()
    assert (counts == 7).all()
    space = Space.from_json("iaml_glmnet", first["algorithms"]["space"][0])
    assert set(space.names) == {"alpha", "s"}
    assert {axis.name for axis in space.axes if axis.log} == {"s"}
    made = [Configuration.from_json("g", t) for t in first["configurations"]["hyperparameters"]]
    assert np.isfinite(space.encode(made)).all()


@pytest.mark.slow
def test_the_network_is_fed_in_the_documented_order(shared_data: Path) -> None:
    """The same numbers as a direct call with the columns in the order of the data's README."""
    import onnxruntime

    folder = shared_data / "metadatasets" / "yahpo" / "rbv2_rpart"
    tables = load(read(folder, Options(n_configurations=3))).tables
    encoding = json.loads((folder / "encoding.json").read_text())
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    texts = tables["configurations"].set_index("configuration")["hyperparameters"]
    rows = tables["evaluations"].query("metric == 'accuracy' and task == 'yahpo:rbv2:00001040'")
    assert len(rows) == 3
    for row in rows.itertuples():
        h = json.loads(texts[row.configuration])
        codes = [[encoding["task_id"]["1040"],
                  encoding["num.impute.selected.cpo"][h["num.impute.selected.cpo"]]]]  # fmt: skip
        numbers = [[h["cp"], h["maxdepth"], h["minbucket"], h["minsplit"], 1.0, 10.0]]
        inputs = {"x_cat": np.array(codes, np.int32), "x_cont": np.array(numbers, np.float32)}
        out = session.run(None, inputs)[0][0]
        np.testing.assert_allclose([row.value, row.fit_s], [out[0], out[6]], rtol=1e-5)


def test_the_scenarios_have_distinct_names_and_known_outputs() -> None:
    names = [frozenset((s.task, *s.codes, *s.numbers)) for s in SCENARIOS.values()]
    assert len(set(names)) == len(names)
    for scenario in SCENARIOS.values():
        assert all(o in METRIC_OF or o.startswith("time") for o in scenario.outputs)


def test_missing_and_damaged_parts_are_named(shared_data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "s"
    shutil.copytree(shared_data / "metadatasets" / "yahpo" / "iaml_glmnet", folder)
    folder.chmod(0o755)
    for file in folder.iterdir():
        file.chmod(0o644)
    with pytest.raises(UsageError, match="at least 1"):
        list(read(folder, Options(n_configurations=0)))
    (folder / "model.onnx").write_bytes(b"not a network")
    with pytest.raises(InputError, match="not an ONNX network"):
        list(read(tmp_path))
    (folder / "model.onnx").unlink()
    with pytest.raises(InputError, match="onnx"):
        list(read(tmp_path))
    (folder / "config_space.json").write_text('{"hyperparameters": [{"name": "z"}]}')
    (folder / "model.onnx").write_bytes(b"")
    with pytest.raises(InputError, match="no supported scenario"):
        list(read(tmp_path))
    (folder / "config_space.json").write_text("{")
    with pytest.raises(InputError, match="not JSON"):
        list(read(tmp_path))
    with pytest.raises(InputError, match=r"config_space\.json"):
        list(read(folder / "encoding.json"))
