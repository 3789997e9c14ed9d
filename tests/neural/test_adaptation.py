"""MAML, first-order MAML, Reptile and prototypes: gradients, invariances, and that they learn."""

import numpy as np
import pytest

pytest.importorskip("autograd", reason="needs the extra neural")

from metalearn.errors import InputError
from metalearn.neural.adaptation import Inner, adaptation_step, adapted, predictions, task_losses
from metalearn.neural.episodes import Episodes, class_episodes, sine_episodes
from metalearn.neural.network import mlp_weights
from metalearn.neural.prototypes import prototype_scores, prototype_step
from metalearn.neural.training import Schedule, train


@pytest.fixture
def rows(rng):
    labels = np.repeat(np.arange(6), 30)
    centres = rng.normal(size=(6, 4))
    return centres[labels] + 0.3 * rng.normal(size=(180, 4)), labels


@pytest.fixture
def draw(rows):
    return class_episodes(*rows, ways=3, shots=2, n_queries=4)


def query_loss(weights, tasks, inner):
    there = adapted(weights, tasks.x, tasks.y, inner)
    outputs = predictions(there, tasks.query_x)
    return float(np.mean(task_losses(outputs, tasks.query_y, inner.loss)))


@pytest.mark.parametrize("loss", ["cross-entropy", "squared"])
def test_maml_differentiates_through_the_inner_steps(loss, draw, rng):
    weights, inner = mlp_weights((4, 5, 3), rng), Inner(0.3, 3, loss)
    _, gradient = adaptation_step(draw, "maml", inner, 2)(weights, np.random.default_rng(1))
    tasks = draw(2, np.random.default_rng(1))
    for name, value in weights.items():
        place = tuple(int(rng.integers(n)) for n in value.shape)
        ends = []
        for sign in (1.0, -1.0):
            moved = {key: array.copy() for key, array in weights.items()}
            moved[name][place] += sign * 1e-5
            ends.append(query_loss(moved, tasks, inner))
        expected = (ends[0] - ends[1]) / 2e-5
        assert gradient[name][place] == pytest.approx(expected, rel=1e-3, abs=1e-7), name


def test_without_inner_steps_both_kinds_of_maml_are_the_plain_gradient(draw, rng):
    weights, inner = mlp_weights((4, 5, 3), rng), Inner(0.3, 0)
    found = [
        adaptation_step(draw, outer, inner, 3)(weights, np.random.default_rng(1))[1]
        for outer in ("maml", "first-order")
    ]
    for name in weights:
        np.testing.assert_allclose(found[0][name], found[1][name], rtol=1e-10, atol=1e-14)


def test_one_step_of_reptile_is_the_gradient_of_all_rows(draw, rng):
    weights = mlp_weights((4, 5, 3), rng)
    _, direction = adaptation_step(draw, "reptile", Inner(0.3, 1), 2)(
        weights, np.random.default_rng(1)
    )
    tasks = draw(2, np.random.default_rng(1))
    everything = Episodes(
        tasks.x, tasks.y,
        np.concatenate([tasks.x, tasks.query_x], axis=1),
        np.concatenate([tasks.y, tasks.query_y], axis=1),
    )  # fmt: skip
    plain = adaptation_step(lambda *_: everything, "first-order", Inner(0.3, 0), 2)
    _, expected = plain(weights, rng)
    for name in weights:
        np.testing.assert_allclose(direction[name], expected[name], rtol=1e-8, atol=1e-12)


def test_the_order_of_the_support_changes_nothing(draw, rng):
    weights, tasks = mlp_weights((4, 5, 3), rng), draw(2, rng)
    order = rng.permutation(tasks.x.shape[1])
    turned = Episodes(tasks.x[:, order], tasks.y[:, order], tasks.query_x, tasks.query_y)
    for scores in (
        lambda t: predictions(adapted(weights, t.x, t.y, Inner()), t.query_x),
        lambda t: prototype_scores(weights, t),
    ):
        np.testing.assert_allclose(scores(tasks), scores(turned), rtol=1e-9)


def test_tasks_of_a_batch_do_not_touch(draw, rng):
    weights, tasks = mlp_weights((4, 5, 3), rng), draw(3, rng)
    together = adapted(weights, tasks.x, tasks.y, Inner())
    alone = adapted(weights, tasks.x[1:2], tasks.y[1:2], Inner())
    for name in weights:
        np.testing.assert_allclose(together[name][1], alone[name][0], rtol=1e-10)


def test_episodes_are_what_they_should_be(rows):
    X, labels = rows
    tasks = class_episodes(X, labels, ways=3, shots=2, n_queries=4, n_outputs=5)(
        20, np.random.default_rng(0)
    )
    assert tasks.x.shape == (20, 6, 4)
    assert tasks.query_y.shape == (20, 12, 5)
    assert (tasks.y.sum(axis=1) == [2, 2, 2, 0, 0]).all()
    of = {row.tobytes(): label for row, label in zip(X, labels, strict=True)}
    for i in range(20):
        support = {row.tobytes() for row in tasks.x[i]}
        assert not support & {row.tobytes() for row in tasks.query_x[i]}
        assert len({of[row.tobytes()] for row in tasks.x[i]}) == 3
    with pytest.raises(InputError, match="7 classes"):
        class_episodes(X, labels, ways=7)


def test_prototypes_leave_out_classes_without_rows(rows, rng):
    draw = class_episodes(*rows, ways=3, shots=2, n_queries=4, n_outputs=5)
    scores = prototype_scores(mlp_weights((4, 8), rng), draw(4, rng))
    assert set(np.unique(scores.argmax(axis=2))) <= {0, 1, 2}


def test_prototypes_of_the_identity_are_nearest_means(rows, rng):
    tasks = class_episodes(*rows, ways=3, shots=2, n_queries=4)(3, rng)
    scores = prototype_scores({"w0": np.eye(4), "b0": np.zeros(4)}, tasks)
    means = np.stack([tasks.x[:, 2 * i : 2 * i + 2].mean(axis=1) for i in range(3)], axis=1)
    off = ((tasks.query_x[:, :, None] - means[:, None]) ** 2).sum(axis=3)
    np.testing.assert_allclose(scores, -off, atol=1e-9)


@pytest.mark.parametrize("outer", ["maml", "first-order", "reptile"])
def test_it_learns_to_fit_sines(outer):
    inner, draw = Inner(0.01, 5, "squared"), sine_episodes()
    first = mlp_weights((1, 40, 40, 1), np.random.default_rng(0))
    step = adaptation_step(draw, outer, inner, 4)
    trained = train(step, first, Schedule(70, rate=1e-2), 0)
    tasks = draw(100, np.random.default_rng(1))
    assert query_loss(trained, tasks, inner) < 0.95 * query_loss(first, tasks, inner)


def test_prototypes_learn(draw, rng):
    first = mlp_weights((4, 16, 8), rng)
    tasks = draw(60, np.random.default_rng(5))

    def right(weights):
        found = np.asarray(prototype_scores(weights, tasks)).argmax(axis=2)
        return (found == tasks.query_y.argmax(axis=2)).mean()

    trained = train(prototype_step(draw, 4), first, Schedule(60, rate=1e-2), 0)
    assert right(trained) > max(right(first), 0.8)
