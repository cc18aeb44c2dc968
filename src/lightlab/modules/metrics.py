"""Metrics that torchmetrics lacks, or defines differently, and the calibration of probabilities."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torchmetrics import MeanSquaredError, Metric, PearsonCorrCoef, R2Score
from torchmetrics.classification import BinaryAUROC
from torchmetrics.utilities.data import dim_zero_cat

from lightlab.modules.losses import TokenCrossEntropy
from lightlab.spec import IGNORED

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


class R2(R2Score):
    """NaN for one row, which has no variance, where torchmetrics raises."""

    def compute(self) -> Tensor:
        return super().compute() if self.total > 1 else torch.tensor(float("nan"))


class LogRmse(MeanSquaredError):
    """√mean((ln max(ŷ, 1e-6) − ln y)²): relative errors, as for prices; targets y must be above 0."""

    def __init__(self) -> None:
        super().__init__(squared=False)

    def update(self, preds: Tensor, target: Tensor) -> None:
        super().update(preds.clamp(min=1e-6).log(), target.clamp(min=1e-6).log())


class Pearson(PearsonCorrCoef):
    """NaN, without torchmetrics' warning, where predictions or targets do not vary."""

    def compute(self) -> Tensor:
        with warnings.catch_warnings(action="ignore"):
            return super().compute()


class Auroc(BinaryAUROC):
    """NaN, where torchmetrics warns and gives 0, of rows that are all of one class."""

    def compute(self) -> Tensor:  # type: ignore[override]
        labels = dim_zero_cat(self.target)
        return super().compute() if labels.min() < labels.max() else torch.tensor(float("nan"))


class _Surprise(Metric):
    """Adds up -ln p(target) of the tokens that are no padding."""

    full_state_update = False
    total: Tensor
    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.tensor(0.0), dist_reduce_fx="sum")
        self.add_state("count", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, logits: Tensor, targets: Tensor) -> None:
        """Args: logits (N, T, V), targets (N, T)."""
        count = (targets != IGNORED).sum()
        self.total += TokenCrossEntropy()(logits.flatten(0, 1), targets.flatten()) * count
        self.count += count

    def mean(self) -> Tensor:
        return self.total / self.count


class Perplexity(_Surprise):
    """exp of the mean surprise: the number of equally likely tokens that would surprise as much."""

    def compute(self) -> Tensor:
        return self.mean().exp()


class BitsPerCharacter(_Surprise):
    """The mean surprise in bits a token, which is a character here."""

    def compute(self) -> Tensor:
        return self.mean() / math.log(2)
