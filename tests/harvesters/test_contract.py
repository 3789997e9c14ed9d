"""Every importer of the catalogue keeps the contract, on a small set of its format."""

from __future__ import annotations

from pathlib import Path

import pytest

from metalearn.harvesters import FORMATS
from metalearn.testing.importer import ImporterContract
from tests.harvesters.test_arff_runs import HEAD as ARFF_RUNS
from tests.harvesters.test_aslib import scenario
from tests.harvesters.test_auto_sklearn import folder_of
from tests.harvesters.test_oboe import matrix
from tests.harvesters.test_quantile_csv import HEAD as QUANTILE_CSV


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def long_csv(folder: Path) -> Path:
    rows = "a,svc,1,accuracy,0.5\nb,svc,2,accuracy,0.75\nb,svc,,accuracy,x\n"
    return _written(folder / "runs.csv", "task,algorithm,hp_C,metric,value\n" + rows)


def arff_runs(folder: Path) -> Path:
    return _written(folder / "runs.arff", ARFF_RUNS + "1,0.5,0.9,3\n2,1,0.8,3\n1,0.4,oops,3\n")


def quantile_csv(folder: Path) -> Path:
    rows = "0.5,1,0.25,box,heart\n0.5,2,0.5,box,heart\n0.5,3,nan,box,heart\n"
    return _written(folder / "scores.csv", QUANTILE_CSV + rows)


def tst(folder: Path) -> Path:
    _written(folder / "a", "0.5 1 0 7 3\n0.6 2 0 7 3\n0.7 2 1 7 3\n")
    return folder


def aslib(folder: Path) -> Path:
    return scenario(folder)


SETS = {"long-csv": long_csv, "arff-runs": arff_runs, "quantile-csv": quantile_csv, "tst": tst,
        "aslib": aslib}  # fmt: skip


def oboe(folder: Path) -> Path:
    return matrix(folder, "errors.csv", ["7,0.5,0.25", "3,0.125,0.75"])


def auto_sklearn(folder: Path) -> Path:
    return folder_of(folder, "r2", "a,1,1,0.25,ok\nb,1,2,0.5,ok\n")


SETS |= {"oboe": oboe, "auto-sklearn": auto_sklearn}


class TestImporters(ImporterContract):
    @pytest.fixture(params=FORMATS.names())
    def name(self, request):
        return request.param

    @pytest.fixture
    def read(self, name):
        if name == "yahpo":
            pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")
        return FORMATS.get(name)

    @pytest.fixture
    def published(self, name, tmp_path, request):
        if name == "yahpo":
            found = request.getfixturevalue("shared_data") / "metadatasets" / "yahpo"
            return sorted(path for path in found.iterdir() if path.is_dir())[0]
        return SETS[name](tmp_path)
