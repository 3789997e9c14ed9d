"""Killed at any instant, asked to stop, started twice: nothing is lost and nothing is double."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from metalearn.cli import main
from metalearn.store import open_store

from .checks import assert_exact, harvest
from .loopback import Loopback
from .world import World, make_world

ROOT = Path(__file__).resolve().parents[3]


def words(kb: Path, server: Loopback) -> list[str]:
    return ["harvest", "openml", "--kb", str(kb), "--server", server.url, "--suite", "99",
            "--flow", "10,20,30", "--rate", "0", "--json"]  # fmt: skip


def start(kb: Path, server: Loopback) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "metalearn", *words(kb, server)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, cwd=ROOT, env=environment, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip


def finish(process: subprocess.Popen[str], within_s: float = 240.0) -> tuple[int, dict, str]:
    out, err = process.communicate(timeout=within_s)
    return process.returncode, json.loads(out) if out else {}, err


def wait_for_requests(server: Loopback, n: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while len(server.requests) < n and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)


def kill_and_collect(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)


def check_whole(kb: Path, world: World) -> None:
    assert_exact(kb, world)
    with open_store(kb) as store:
        assert store.verify() == []


@pytest.mark.slow
def test_killed_twice_goes_on_without_repeating_requests(tmp_path: Path) -> None:
    world, kb = make_world(n_tasks=8, n_setups=30), tmp_path / "kb"
    with Loopback(world, cap=50) as server:
        for n in (8, 20):
            process = start(kb, server)
            wait_for_requests(server, n, process)
            kill_and_collect(process)
        code, report, _ = finish(start(kb, server))
        assert code == 0
        assert report["complete"]
        assert report["reused"] >= 10
        total = len(server.requests)
        honest = harvest(tmp_path / "honest", server)
    # At most the request under way is repeated by each kill.
    assert total <= honest.requests + 2
    check_whole(kb, world)
    assert not (tmp_path / "kb.harvest").exists()


@pytest.mark.slow
def test_killed_fifty_times_at_any_instant(tmp_path: Path) -> None:
    world, kb = make_world(n_tasks=12, n_setups=70), tmp_path / "kb"
    rng = np.random.default_rng(0)
    kills = 0
    with Loopback(world, cap=100, before=lambda p, n: time.sleep(0.02)) as server:
        while kills < 50:
            process = start(kb, server)
            wait_for_requests(server, len(server.requests) + int(rng.integers(8)), process)
            time.sleep(float(rng.uniform(0.0, 1.5)))
            if process.poll() is None:
                kill_and_collect(process)
                kills += 1
            else:  # finished before the kill: begin again from nothing
                process.communicate()
                check_whole(kb, world)
                kb.unlink()
        code, report, _ = finish(start(kb, server))
    assert code == 0
    assert report["complete"]
    check_whole(kb, world)


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        (signal.SIGTERM, "silent"),
        pytest.param(signal.SIGTERM, "close-silent", marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, "drip", marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, "close-drip", marks=pytest.mark.slow),
    ],
)
def test_asked_to_stop_ends_with_a_hint_whatever_the_server_does(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], number: signal.Signals, fault: str
) -> None:
    world, kb = make_world(n_tasks=2, n_setups=10), tmp_path / "kb"
    # The server goes on like this for ten minutes: only the signal can end the harvest.
    with Loopback(world, cap=25, fault=lambda p, n: fault if n == 6 else None) as server:
        process = start(kb, server)
        wait_for_requests(server, 6, process)
        process.send_signal(number)
        code, report, err = finish(process)
        assert len(server.requests) == 6
        assert code == 3
        assert "run the same command again" in report["missing"][0]
        assert "Traceback" not in err
        assert main(words(kb, server)) == 0
    assert json.loads(capfd.readouterr().out)["reused"] == 5
    assert_exact(kb, world)


@pytest.mark.slow
def test_a_second_harvest_refuses_politely(tmp_path: Path) -> None:
    world, kb = make_world(n_tasks=2, n_setups=10), tmp_path / "kb"
    with Loopback(world, cap=25, fault=lambda p, n: "drip" if n == 6 else None) as server:
        first = start(kb, server)
        wait_for_requests(server, 6, first)
        code, _, err = finish(start(kb, server))
        assert code == 1
        assert "another harvest" in err
        assert f"process {first.pid} on " in err
        assert server.peak == 1
        kill_and_collect(first)
        code, report, _ = finish(start(kb, server))  # the lock of the dead one is no hindrance
    assert code == 0
    assert report["complete"]
    assert_exact(kb, world)


def test_wrong_usage_is_told_in_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with Loopback(make_world(n_tasks=1, n_setups=1)) as server:
        code = main(["harvest", "openml", "--kb", str(tmp_path / "kb"), "--server", server.url])
    assert code == 2
    assert "--suite" in capfd.readouterr().err
    assert not server.requests


def test_the_key_goes_to_the_server_that_it_belongs_to_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    world, kb = make_world(n_tasks=1, n_setups=3), tmp_path / "store" / "kb"
    kb.parent.mkdir()
    key = "secretsecretsecretsecretsecretse"
    monkeypatch.setenv("OPENML_APIKEY", key)
    settings = tmp_path / "config" / "openml" / "config"
    settings.parent.mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(settings.parents[1]))
    faults = {3: "reset", 5: "html"}
    with Loopback(world, fault=lambda p, n: faults.get(n)) as server:
        # a server that the configuration does not name
        assert main(words(kb, server)) == 0
        first = capfd.readouterr()
        assert server.keys == set()
        assert "the API key was not sent to 127.0.0.1" in first.out
        settings.write_text(f"server = {server.url}\n", encoding="utf-8")
        assert main(words(kb, server)) == 0
        second = capfd.readouterr()
        assert server.keys == {key}
    written = b"".join(file.read_bytes() for file in kb.parent.rglob("*") if file.is_file())
    assert key not in first.out + first.err + second.out + second.err
    assert key.encode() not in written
