"""Are predicted probabilities as sure as they are right?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BINS = 10  # of equal width on [0, 1]


@dataclass(frozen=True)
class Calibration:
    """Bins of equal width on [0, 1] that hold rows; arrays (bins,).

    Attributes:
        predicted: mean predicted probability.
        observed: share of rows where what was predicted holds.
        share: of all rows.
    """

    predicted: np.ndarray
    observed: np.ndarray
    share: np.ndarray

    @property
    def expected_error(self) -> float:
        """Expected calibration error Σ share · |observed − predicted|, in [0, 1] (Guo et al., 2017); NaN of no rows."""
        return float((self.share * abs(self.observed - self.predicted)).sum()) if len(self.share) else float("nan")


def calibrate(probabilities: np.ndarray, holds: np.ndarray, bins: int = BINS) -> Calibration:
    """Compares probabilities (N,) in [0, 1] with whether each came true (N,)."""
    if not len(probabilities):
        return Calibration(*(np.zeros(0),) * 3)
    bin_of = np.minimum((probabilities * bins).astype(int), bins - 1)
    counts = np.bincount(bin_of, minlength=bins)
    filled = counts > 0
    sums = (np.bincount(bin_of, weights=values, minlength=bins)[filled] for values in (probabilities, holds))
    predicted, observed = (total / counts[filled] for total in sums)
    return Calibration(predicted, observed, counts[filled] / len(probabilities))
