"""Meta-trained surrogates: what they learn, from which tasks alone, and without the extra."""

import subprocess
import sys

import ConfigSpace as CS
import numpy as np
import pytest

from metalearn import surrogates
from metalearn.core.history import History
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import MissingPackageError
from metalearn.optimizers.bayesian import Bayesian
from metalearn.surrogates.fsbo import FSBO
from metalearn.surrogates.learned_points import meta_tasks

LEARNED = ("fsbo", "fsbo-frozen", "hyperbo", "ablr-network", "multitask-network", "soft-taf-deep")


@pytest.fixture
def space():
    return Space("box", CS.ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)}))


def loss(X, at=0.7):
    return (X[:, 0] - at) ** 2 + 0.3 * np.sin(6.0 * X[:, 1])


@pytest.fixture
def known(space):
    sources = []
    for i in range(6):
        rng = np.random.default_rng(i)
        X = rng.random((25, 2))
        sources.append(History(X, 5.0 + (1.0 + i) * loss(X, 0.6 + 0.03 * i), task=f"source {i}"))
    return WarmStart(space, sources=tuple(sources))


@pytest.fixture(autouse=True)
def extra(request):
    if "without_extra" not in request.node.name:
        pytest.importorskip("autograd", reason="needs the extra neural")


@pytest.mark.parametrize("name", LEARNED)
def test_sources_help_to_predict_after_six_evaluations(name, space, known, rng):
    seen, at = rng.random((6, 2)), rng.random((80, 2))
    told = History(seen, loss(seen, 0.66))
    alone = surrogates.get("gaussian-process")(space).fit(told, np.random.default_rng(0))
    learned = surrogates.get(name)(space, known).fit(told, np.random.default_rng(0))
    errors = [
        np.mean((found.predict(at).mean - loss(at, 0.66)) ** 2) for found in (learned, alone)
    ]
    assert errors[0] < errors[1]


# Not soft-taf-deep: the processes of its sources are fitted to tasks drawn by position.
@pytest.mark.parametrize("name", LEARNED[:-1])
def test_the_order_of_sources_changes_nothing(name, space, known, rng):
    seen, at = rng.random((6, 2)), rng.random((20, 2))
    turned = WarmStart(space, sources=known.sources[::-1])
    found = [
        surrogates.get(name)(space, warm).fit(History(seen, loss(seen)), np.random.default_rng(0))
        for warm in (known, turned)
    ]
    np.testing.assert_array_equal(found[0].predict(at).mean, found[1].predict(at).mean)


def test_the_process_follows_a_target_that_is_rougher_than_the_sources(space, known, rng):
    seen = rng.random((25, 2))
    told = History(seen, np.sin(40.0 * seen[:, 0]) + np.sin(37.0 * seen[:, 1]))
    found = {
        kind: FSBO(space, known, fine_tune=kind).fit(told, np.random.default_rng(0)).posterior
        for kind in ("process", "network", "none")
    }
    before, after = found["none"], found["process"]
    assert after.hyper.noise > 2.0 * before.hyper.noise
    np.testing.assert_array_equal(after.points, before.points)
    assert not np.array_equal(found["network"].points, before.points)


@pytest.mark.parametrize("scale", [1e-3, 1e4])
@pytest.mark.parametrize("name", ["fsbo", "fsbo-frozen", "ablr-network", "multitask-network"])
def test_the_unit_of_the_loss_changes_nothing(name, scale, space, known, rng):
    seen, at = rng.random((8, 2)), rng.random((20, 2))
    found = []
    for unit in (1.0, scale):
        told = History(seen, unit * loss(seen) + 3.0 * unit)
        surrogate = surrogates.get(name)(space, known)
        found.append(surrogate.fit(told, np.random.default_rng(0)).predict(at).mean / unit)
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5)


def trace(space, known, losses, grid, name="fsbo-frozen"):
    """Return the rows of the grid that a search evaluates, in order."""
    search = Bayesian(space, initial=known, rng=np.random.default_rng(0), surrogate=name)
    rows, left = [], np.arange(len(grid))
    for _ in range(6):
        row = int(left[search.choose(grid[left])[0]])
        (configuration,) = space.decode(grid[[row]])
        search.tell(Trial(configuration).finished(float(losses[row])))
        rows.append(row)
        left = left[left != row]
    return rows


def test_a_search_depends_only_on_the_losses_that_it_measured(space, known, rng):
    grid = space.snap(rng.random((60, 2)))
    losses = loss(grid, 0.66)
    rows = trace(space, known, losses, grid)
    changed = np.where(np.isin(np.arange(60), rows), losses, rng.permutation(losses))
    assert trace(space, known, changed, grid) == rows


def test_a_planted_leak_of_the_held_out_task_is_caught(space, known, rng):
    """With the held-out task among the sources, its unmeasured losses change the search."""
    grid = space.snap(rng.random((60, 2)))
    losses = rng.permutation(loss(grid))

    def leaking(values):
        return WarmStart(space, sources=(*known.sources, History(grid, values, task="target")))

    rows = trace(space, leaking(losses), losses, grid)
    changed = np.where(np.isin(np.arange(60), rows), losses, rng.permutation(losses))
    assert trace(space, leaking(changed), changed, grid) != rows
    clean, leak = meta_tasks(known), meta_tasks(leaking(losses))
    assert len(leak.tasks) == len(clean.tasks) + 1  # and another network: the digest differs


def test_weights_of_tasks_do_not_change_what_is_trained_on(space, known):
    sure = WarmStart(space, sources=known.sources, weights=np.eye(6)[0])
    for a, b in zip(meta_tasks(known).tasks, meta_tasks(sure).tasks, strict=True):
        assert np.array_equal(a[0], b[0])
        assert np.array_equal(a[1], b[1])


@pytest.mark.parametrize("name", LEARNED)
def test_without_extra_the_error_names_it(name, space, known, monkeypatch):
    for module in [m for m in sys.modules if m.startswith("metalearn.neural.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "autograd", None)
    monkeypatch.setitem(sys.modules, "autograd.numpy", None)
    surrogate = surrogates.get(name)(space, known)
    with pytest.raises(MissingPackageError, match=r"metalearn-memory\[neural\]"):
        surrogate.fit(History(np.zeros((0, 2)), np.zeros(0)), np.random.default_rng(0))


def test_the_extra_is_imported_only_with_a_network():
    names = ", ".join(map(repr, LEARNED))
    code = (
        "import sys, metalearn; from metalearn import optimizers, surrogates\n"
        f"made = [surrogates.get(name) for name in ({names})]\n"
        "made.append(optimizers.get('recurrent'))\n"
        "before = 'autograd' in sys.modules\n"
        "import metalearn.neural.deep_kernel\n"
        "sys.exit(before or 'autograd' not in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_learned_level_and_scale_follow_the_target(space, known, rng):
    """Far from the sources' level and scale the prediction still fits."""
    seen, at = rng.random((12, 2)), rng.random((50, 2))
    told = History(seen, 400.0 + 50.0 * loss(seen, 0.66))
    found = surrogates.get("hyperbo")(space, known).fit(told, np.random.default_rng(0))
    expected = 400.0 + 50.0 * loss(at, 0.66)
    assert np.corrcoef(found.predict(at).mean, expected)[0, 1] > 0.9
    assert abs(found.predict(at).mean.mean() - expected.mean()) < 5.0
