import numpy as np
import pytest
from sklearn.model_selection import KFold

from metalearn.errors import NotEnoughMetaDataError, UsageError
from metalearn.workflows.evaluate.folds import task_folds


def test_without_near_duplicates_it_is_the_published_protocol():
    expected = KFold(10, shuffle=True, random_state=0).split(np.arange(43))
    for (train, test), (train_, test_) in zip(
        task_folds(np.arange(43)[::-1], "10-fold", 0), expected, strict=True
    ):
        np.testing.assert_array_equal(train, train_)
        np.testing.assert_array_equal(test, test_)


@pytest.mark.parametrize("split", ["10-fold", "leave-one-task-out"])
def test_near_duplicates_are_never_split(rng, split):
    groups = rng.integers(0, 12, 40)
    folds = task_folds(groups, split, 3)
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(40))
    for train, test in folds:
        assert not set(groups[train]) & set(groups[test])
        assert len(train) + len(test) == 40


def test_errors_say_what_is_missing():
    with pytest.raises(NotEnoughMetaDataError, match="at least 2 tasks"):
        task_folds(np.zeros(5, dtype=int), "10-fold", 0)
    with pytest.raises(UsageError, match="unknown split"):
        task_folds(np.arange(5), "5-fold", 0)  # type: ignore[arg-type]
