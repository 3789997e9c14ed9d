"""`metalearn warm-start` prints one JSON document in each of its formats."""

from __future__ import annotations

import json
from pathlib import Path

import ConfigSpace
import pytest

from metalearn.cli.main import main

ROOT = Path(__file__).resolve().parents[2]


def _printed(capsys, *words):
    table = str(ROOT / "examples" / "customers.csv")
    target = (ROOT / "examples" / "customers.csv").read_text().splitlines()[0].split(",")[-1]
    code = main(["warm-start", table, "--target", target, "--space", "svc", "-k", "3",
                 "--kb", str(ROOT / "data"), *words])  # fmt: skip
    assert code == 0
    return json.loads(capsys.readouterr().out)


def test_json_holds_everything(capsys):
    found = _printed(capsys)
    assert len(found["configurations"]) == 3
    assert found["direction"] == "maximize"
    assert sum(source["weight"] for source in found["sources"]) == pytest.approx(1.0)


def test_optuna_reads_its_distributions(capsys):
    optuna = pytest.importorskip("optuna")
    found = _printed(capsys, "--format", "optuna")
    read = {n: optuna.distributions.json_to_distribution(t)
            for n, t in found["distributions"].items()}  # fmt: skip
    for values in found["configurations"]:
        assert all(read[name]._contains(read[name].to_internal_repr(v))
                   for name, v in values.items())  # fmt: skip


def test_configspace_reads_its_space(capsys):
    found = _printed(capsys, "--format", "configspace")
    space = ConfigSpace.ConfigurationSpace.from_serialized_dict(found["space"])
    for values in found["configurations"]:
        ConfigSpace.Configuration(space, values=values)


def test_an_unknown_space_is_a_usage_error(capsys):
    table = str(ROOT / "examples" / "customers.csv")
    assert main(["warm-start", table, "--target", "nope", "--space", "svcc"]) != 0
    assert "metalearn warm-start:" in capsys.readouterr().err
