"""What a fit leaves when it is killed, and when the disk is full."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import make_classification

from metalearn.automl.estimators import AutoMLClassifier
from metalearn.automl.model_file import save_model
from metalearn.errors import InputError

from .clocks import SteppingClock
from .fitted_models import fitted_model

LONG_FIT = """
import sys
from pathlib import Path
import numpy as np
import metalearn

rng = np.random.default_rng(0)
X = rng.normal(size=(400, 4))
model = metalearn.AutoMLClassifier(600, kb=Path(sys.argv[1]) / "kb.duckdb", random_state=0)
model.fit(X, (X[:, 0] > 0).astype(int))
"""


def descendants(pid):
    found = []
    for place in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in place.read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


def is_gone(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in "ZX"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_fit_leaves_no_process_and_no_half_written_file(tmp_path, number):
    fit = subprocess.Popen([sys.executable, "-W", "ignore", "-c", LONG_FIT, str(tmp_path)])
    while not descendants(fit.pid):
        assert fit.poll() is None
        time.sleep(0.05)
    children = descendants(fit.pid)
    fit.send_signal(number)
    fit.wait()
    while not all(map(is_gone, children)):
        time.sleep(0.05)  # the test would not end if one were left
    assert not [p.name for p in tmp_path.iterdir() if p.suffix == ".part"]


def full_disk(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_the_old_model_and_no_part_of_a_new_one(tmp_path, monkeypatch):
    model, path = fitted_model("regression", "decision_tree"), tmp_path / "m.metalearn"
    path.write_bytes(b"the old model")
    monkeypatch.setattr("metalearn.automl.model_file.os.fsync", full_disk)
    with pytest.raises(InputError, match="No space left on device"):
        save_model(model, path)
    assert path.read_bytes() == b"the old model"
    assert [p.name for p in tmp_path.iterdir()] == ["m.metalearn"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="makes a pipe")
def test_a_pipe_or_folder_is_not_replaced_by_a_model(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "link", "folder"):
        with pytest.raises(InputError, match="folder, pipe or device"):
            save_model(fitted_model("regression", "decision_tree"), tmp_path / name)
    assert (tmp_path / "pipe").is_fifo()


def test_a_full_disk_ends_the_memory_and_not_the_fit(tmp_path, monkeypatch):
    X, y = make_classification(100, 4, random_state=0)
    monkeypatch.setattr("metalearn.workflows.writeback.journal.os.fsync", full_disk)
    model = AutoMLClassifier(
        20, kb=tmp_path / "kb.duckdb", algorithms=["naive_bayes", "decision_tree"], random_state=0
    )
    model._clock = SteppingClock(0.1)
    model.fit(X, y)
    assert any("nothing is remembered" in note and "space" in note for note in model.notes_)
    assert model.n_remembered_ == 0
    assert np.isfinite(model.predict_proba(X)).all()
