"""Splits rows into disjoint training, validation and test sets."""

from dataclasses import dataclass

import numpy as np

from lightlab.errors import UsageError

Rows = np.ndarray  # int64 (N,)


@dataclass(frozen=True)
class Fold:
    """One of `count` folds; each `repeat` shuffles the rows anew."""

    index: int
    count: int
    repeat: int = 0


def cut_rows(
    rows: int,
    test_fraction: float,
    val_fraction: float,
    labels: np.ndarray | None = None,
    fold: Fold | None = None,
    test_seed: int = 42,
) -> dict[str, Rows]:
    """Cuts ``range(rows)`` into ``train``, ``val`` and ``test``; a fraction of 0 leaves a split out.

    The cut is the same for every seed of training, so that no run trains on rows that test another one.

    Args:
        test_fraction: of all rows, in [0, 1): as scikit-learn's `train_test_split(random_state=test_seed)` cuts it.
        val_fraction: of the remaining rows, in [0, 1).
        labels: (rows,) classes to stratify by; None: no strata.
        fold: divides the rows outside the test into folds, as scikit-learn's `KFold(shuffle=True,
            random_state=repeat)` does (`StratifiedKFold` with labels); the rows of this fold replace the test rows,
            which stay untouched.

    Raises:
        UsageError: no row is left to train on, or there are fewer rows than folds.
    """
    remaining, test = _split(np.arange(rows), test_fraction, labels, test_seed)
    if fold is not None:
        remaining, test = _fold(remaining, labels, fold)
    train, val = _split(remaining, val_fraction, labels, 0)
    if not len(train):
        raise UsageError(f"none of {rows} rows is left to train on; lower data.test_fraction or data.val_fraction")
    return {name: index for name, index in (("train", train), ("val", val), ("test", test)) if len(index)}


def _split(rows: Rows, fraction: float, labels: np.ndarray | None, seed: int) -> tuple[Rows, Rows]:
    """Returns the rest and the `fraction` that is cut off; without strata if a class is too small for them."""
    from sklearn.model_selection import train_test_split

    cut_off = round(fraction * len(rows))
    if cut_off == 0 or cut_off >= len(rows):
        return (rows, rows[:0]) if cut_off == 0 else (rows[:0], rows)
    strata = None if labels is None else labels[rows]
    if strata is not None:
        counts = np.unique(strata, return_counts=True)[1]
        strata = strata if counts.min() >= 2 and min(cut_off, len(rows) - cut_off) >= len(counts) else None
    rest, taken = train_test_split(rows, test_size=fraction, random_state=seed, stratify=strata)
    return rest, taken


def _fold(rows: Rows, labels: np.ndarray | None, fold: Fold) -> tuple[Rows, Rows]:
    from sklearn.model_selection import KFold, StratifiedKFold

    strata = None if labels is None else labels[rows]
    smallest = len(rows) if strata is None else int(np.unique(strata, return_counts=True)[1].min())
    if fold.count > smallest:
        raise UsageError(
            f"folds={fold.count}: more folds than rows "
            f"({smallest}{' in the smallest class' if strata is not None else ''}); lower folds"
        )
    kind = KFold if strata is None else StratifiedKFold
    folds = kind(fold.count, shuffle=True, random_state=fold.repeat).split(rows, strata)
    train, test = list(folds)[fold.index]
    return rows[train], rows[test]
