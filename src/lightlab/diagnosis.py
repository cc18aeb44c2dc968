"""Does a model err because it is too simple, or because it has learnt its training rows by heart?"""

from __future__ import annotations

import math
from dataclasses import dataclass

_REMEDIES = {
    "high bias": "a larger network, longer training, another learning rate or inputs that say more",
    "high variance": "more rows, augmentation, weight decay, dropout, early stopping or a smaller network",
    "high bias and high variance": "a network that suits the data better; then more rows or regularisation",
}


@dataclass(frozen=True)
class Diagnosis:
    """Errors are shares: 1 − accuracy, or 1 − R², the share of the variance that is not explained."""

    train_error: float
    test_error: float
    verdict: str  # a key of _REMEDIES, "neither" or "not measurable"

    @property
    def remedy(self) -> str:
        return _REMEDIES.get(self.verdict, "")


def diagnose(train_error: float, test_error: float, acceptable: float = 0.10, gap: float = 0.05) -> Diagnosis:
    """Names high bias, high variance, both or neither.

    High bias: even the training rows are not learnt, ``train_error > acceptable``. High variance: what is learnt does
    not carry over, ``test_error − train_error > gap``. Noise that nobody could predict counts as bias: raise
    `acceptable` to what is known to be within reach.

    >>> diagnose(0.05, 0.20).verdict, diagnose(0.20, 0.05).verdict, diagnose(0.01, 0.02).verdict
    ('high variance', 'high bias', 'neither')
    """
    if not (math.isfinite(train_error) and math.isfinite(test_error)):
        return Diagnosis(train_error, test_error, "not measurable")
    # Rounded, so that 0.15 − 0.10 is no more than 0.05.
    found = [
        *(["high bias"] if round(train_error - acceptable, 9) > 0 else []),
        *(["high variance"] if round(test_error - train_error - gap, 9) > 0 else []),
    ]
    return Diagnosis(train_error, test_error, " and ".join(found) or "neither")
