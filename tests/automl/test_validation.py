from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import TimeSeriesSplit

from metalearn.automl.validation import LARGE, validation_of
from metalearn.errors import InputError, UsageError


def covers_all(validation, n):
    return sorted(validation.tested.tolist()) == list(range(n))


@pytest.mark.parametrize(("n", "folds"), [(100, 5), (500, 5), (501, 3), (2000, 3)])
def test_number_of_folds_by_size(n, folds):
    found = validation_of(np.arange(n) % 2, "classification")
    assert len(found.splits) == folds
    assert covers_all(found, n)


def test_rows_of_rare_classes_are_in_every_training_part_and_no_test_part():
    codes = np.array([0] * 40 + [1] * 40 + [2] * 2 + [3])
    found = validation_of(codes, "classification")
    rare = {80, 81, 82}
    for train, test in found.splits:
        assert rare <= set(train.tolist())
        assert not rare & set(test.tolist())
        assert not set(train.tolist()) & set(test.tolist())


def test_all_classes_rare_still_gives_folds():
    found = validation_of(np.repeat(np.arange(6), 2), "classification")
    assert len(found.splits) == 2


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_two_rows(kind):
    found = validation_of(np.array([0, 1]), kind)
    assert all(len(train) and len(test) for train, test in found.splits)


def test_large_tables_have_one_stratified_hold_out_part():
    n = LARGE + 5000
    codes = (np.arange(n) % 10 == 0).astype(int)
    ((train, test),) = validation_of(codes, "classification").splits
    assert len(test) == 5000
    assert not set(train) & set(test)
    assert codes[test].mean() == pytest.approx(0.1, abs=0.002)


def test_the_hold_out_part_has_at_most_ten_thousand_rows():
    ((train, test),) = validation_of(np.zeros(200_000), "regression").splits
    assert (len(train), len(test)) == (190_000, 10_000)


def test_groups_are_not_split():
    groups = np.arange(90) // 9
    found = validation_of(np.arange(90) % 2, "classification", groups=groups)
    for train, test in found.splits:
        assert not set(groups[train]) & set(groups[test])


def test_one_group_is_refused():
    with pytest.raises(InputError, match="two groups"):
        validation_of(np.arange(20.0), "regression", groups=np.zeros(20))


def test_time_ordered_splits_of_the_user():
    found = validation_of(
        np.arange(60.0), "regression", cv=TimeSeriesSplit(4), X=np.zeros((60, 1))
    )
    assert all(train.max() < test.min() for train, test in found.splits)
    assert found.name == "TimeSeriesSplit"


def test_masks_and_index_pairs_of_the_user():
    mask = np.arange(10) < 5
    found = validation_of(np.arange(10.0), "regression", cv=[(mask, ~mask), ([0, 1], [8, 9])])
    assert [len(test) for _, test in found.splits] == [5, 2]


@pytest.mark.parametrize("cv", ["five", 1, object()])
def test_other_cv_is_refused(cv):
    with pytest.raises(UsageError, match="cv"):
        validation_of(np.arange(10.0), "regression", cv=cv)


def test_splits_beyond_the_table_are_refused():
    with pytest.raises(InputError, match="beyond the 10 rows"):
        validation_of(np.arange(10.0), "regression", cv=[([0, 1], [10])])


def test_a_table_without_time_for_folds_has_a_hold_out_part():
    y = np.arange(1_000.0)
    found = validation_of(y, "regression", is_hurried=True)
    ((train, test),) = found.splits
    assert (found.name, len(train), len(test)) == ("hold-out", 800, 200)
    assert validation_of(y[:400], "regression", is_hurried=True).name == "5-fold"
    assert validation_of(y, "regression", cv=4, is_hurried=True).name == "4-fold"


def test_a_small_table_of_classes_with_time_is_divided_twice():
    y = np.repeat([0, 1], 200)
    found = validation_of(y, "classification", is_unhurried=True)
    assert (found.name, len(found.splits)) == ("5-fold twice", 10)
    first, second = found.fold_of[:400], found.fold_of[400:]
    place = dict(zip(found.tested[:400], first, strict=True))
    assert [place[row] for row in found.tested[400:]] == list(second)  # left out as a whole
    assert len({frozenset(test) for _, test in found.splits}) == 10


@pytest.mark.parametrize(("n", "kind", "given"), [
    (400, "regression", {}), (1_200, "classification", {}), (400, "classification", {"cv": 4}),
    (400, "classification", {"usual": 3}),
    (400, "classification", {"groups": np.arange(400) // 2}),
])  # fmt: skip
def test_others_are_divided_once(n, kind, given):
    y = np.repeat([0, 1], n // 2)
    once = validation_of(y, kind, **given)
    assert len(validation_of(y, kind, is_unhurried=True, **given).splits) == len(once.splits)
