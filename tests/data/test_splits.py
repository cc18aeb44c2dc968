import numpy as np
import pytest
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

from lightlab.data.splits import Fold, cut_rows
from lightlab.errors import UsageError

LABELS = np.array([0] * 40 + [1] * 60)


def test_the_splits_share_no_row_and_lose_none():
    cut = cut_rows(101, 0.2, 0.1)
    together = np.concatenate(list(cut.values()))
    assert sorted(together) == list(range(101))
    assert [len(cut[name]) for name in ("train", "val", "test")] == [72, 8, 21]


def test_the_test_rows_are_those_of_scikit_learn():
    assert set(cut_rows(1460, 0.2, 0.1)["test"]) == set(
        train_test_split(range(1460), test_size=0.2, random_state=42)[1]
    )


def test_every_split_has_its_share_of_each_class():
    cut = cut_rows(100, 0.2, 0.25, LABELS)
    assert {name: int(LABELS[rows].sum()) for name, rows in cut.items()} == {"train": 36, "val": 12, "test": 12}


@pytest.mark.parametrize("repeat", [0, 3])
def test_folds_are_those_of_scikit_learn(repeat):
    ours = [set(cut_rows(50, 0.0, 0.0, fold=Fold(index, 5, repeat))["test"]) for index in range(5)]
    assert ours == [set(test) for _, test in KFold(5, shuffle=True, random_state=repeat).split(range(50))]
    ours = [set(cut_rows(100, 0.0, 0.0, LABELS, Fold(index, 5, repeat))["test"]) for index in range(5)]
    theirs = StratifiedKFold(5, shuffle=True, random_state=repeat).split(LABELS, LABELS)
    assert ours == [set(test) for _, test in theirs]


def test_folds_leave_the_test_rows_alone():
    test = set(cut_rows(100, 0.2, 0.0)["test"])
    folds = [cut_rows(100, 0.2, 0.1, fold=Fold(index, 4)) for index in range(4)]
    assert sorted(row for fold in folds for row in fold["test"]) == sorted(set(range(100)) - test)
    assert all(test.isdisjoint(rows) for fold in folds for rows in fold.values())


def test_a_fraction_of_nothing_leaves_the_split_out():
    assert list(cut_rows(10, 0.0, 0.0)) == ["train"]


def test_a_class_of_one_row_is_cut_by_chance():
    assert len(cut_rows(5, 0.4, 0.0, np.array([0, 0, 0, 0, 1]))["test"]) == 2


@pytest.mark.parametrize(
    ("rows", "labels", "folds", "message"),
    [
        (1, None, None, "none of 1 rows is left"),
        (3, None, 4, "more folds than rows"),
        (100, LABELS, 41, "40 in the smallest"),
    ],
)
def test_what_cannot_be_cut_is_refused(rows, labels, folds, message):
    with pytest.raises(UsageError, match=message):
        cut_rows(rows, 0.0 if folds else 0.6, 0.0, labels, folds and Fold(0, folds))
