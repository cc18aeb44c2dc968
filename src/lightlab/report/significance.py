"""Welch's test: whether the seeds of two configurations tell them apart."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Welch:
    """Welch's t-test (1947): are the means of two samples different, their variances perhaps too?

    Attributes:
        p: chance of a difference at least so large were there none; in [0, 1].
        low: of the 95 % confidence interval of the difference, first minus second.
        high: of the same.
    """

    p: float
    low: float
    high: float


def welch(first: Sequence[float], second: Sequence[float]) -> Welch | None:
    """None where nothing can be tested: fewer than two values in one of them, or values that do not vary at all."""
    if min(len(first), len(second)) < 2 or len(set(first)) == len(set(second)) == 1:
        return None
    from scipy.stats import ttest_ind  # takes half a second

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of values that are nearly the same
        test = ttest_ind(first, second, equal_var=False)
        interval = test.confidence_interval(0.95)
    found = Welch(float(test.pvalue), float(interval.low), float(interval.high))
    return found if math.isfinite(found.p) else None
