"""Embeddings of tables: orders and padding do not matter, gradients are right, and they learn."""

import numpy as np
import pytest

pytest.importorskip("autograd", reason="needs the extra neural")

from metalearn.neural import dataset2vec as d2v
from metalearn.neural.autodiff import value_and_grad
from metalearn.neural.training import Schedule, train


def table(seed, n_rows=20, n_columns=4, n_classes=3, skew=1.0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_columns)) ** int(skew)
    return X, np.eye(n_classes)[rng.integers(n_classes, size=n_rows)]


@pytest.fixture
def weights():
    return d2v.initial_encoder(np.random.default_rng(0))


def embedded(weights, *tables):
    return np.asarray(d2v.embed(weights, d2v.samples(tables)))


def test_rows_columns_and_classes_have_no_order(weights, rng):
    X, Y = table(0)
    plain = embedded(weights, (X, Y))
    rows, columns, classes = (rng.permutation(n) for n in (20, 4, 3))
    for turned in ((X[rows], Y[rows]), (X[:, columns], Y), (X, Y[:, classes])):
        np.testing.assert_allclose(embedded(weights, turned), plain, rtol=1e-9)


def test_padding_and_neighbours_change_nothing(weights):
    small, large = table(0, 9, 2, 2), table(1, 40, 7, 5)
    together = embedded(weights, small, large)
    np.testing.assert_allclose(together[0], embedded(weights, small)[0], rtol=1e-9)
    np.testing.assert_allclose(together[1], embedded(weights, large)[0], rtol=1e-9)


def test_another_target_is_another_embedding(weights):
    X, Y = table(0)
    assert not np.allclose(embedded(weights, (X, Y)), embedded(weights, (X, Y[::-1])))


@pytest.mark.parametrize("kind", ["identification", "metric"])
def test_gradients(kind, weights, rng):
    batch = d2v.samples([table(i, 6, 2, 2) for i in range(4)])
    which, disagreement = np.array([0, 0, 1, 1]), rng.random((4, 4))

    def loss(w):
        if kind == "metric":
            return d2v.metric_loss(w, batch, disagreement)
        return d2v.identification_loss(w, batch, which)

    _, gradient = value_and_grad(loss)(weights)
    for name in ("h.w0", "h.b1", "g.w1", "f.w0", "f.b0"):
        place = tuple(int(rng.integers(n)) for n in weights[name].shape)
        ends = []
        for sign in (1.0, -1.0):
            moved = {key: value.copy() for key, value in weights.items()}
            moved[name][place] += sign * 1e-5
            ends.append(float(loss(moved)))
        expected = (ends[0] - ends[1]) / 2e-5
        assert gradient[name][place] == pytest.approx(expected, rel=1e-3, abs=1e-8), name


def test_it_learns_to_tell_tables_apart(weights):
    """Cubes of normal numbers from normal ones, in tables that it did not see."""
    known = [table(i, 60, skew=1.0 + 2.0 * (i % 2)) for i in range(6)]
    step = d2v.identification_step(known, 3)
    trained = train(step, weights, Schedule(40, rate=1e-2), 0)
    unseen = d2v.samples([table(100 + i, 60, skew=1.0 + 2.0 * (i % 2)) for i in range(8)])
    kind = np.arange(8) % 2
    before, after = (float(d2v.identification_loss(w, unseen, kind)) for w in (weights, trained))
    assert after < before


def test_distances_learn_to_follow_a_disagreement(weights):
    tables = [table(i, 40, skew=1.0 + 2.0 * (i % 2)) for i in range(6)]
    disagreement = (np.arange(6)[:, None] % 2 != np.arange(6) % 2).astype(float)
    step = d2v.metric_step(tables, disagreement, 6)
    trained = train(step, weights, Schedule(25, rate=1e-2), 0)
    batch = d2v.samples(tables)
    before, after = (float(d2v.metric_loss(w, batch, disagreement)) for w in (weights, trained))
    assert after < 0.8 * before
