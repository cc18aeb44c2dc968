"""Metrics that torchmetrics lacks, or defines differently, and the calibration of probabilities."""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
    """The bins of equal width on [0, 1] that hold rows; arrays (bins,).

    Attributes:
        predicted: mean predicted probability.
        observed: share of the bin's rows whose prediction came true.
        share: share of all rows.
    """

    predicted: np.ndarray
    observed: np.ndarray
    share: np.ndarray

    @property
    def expected_error(self) -> float:
        """Expected calibration error Σ share · |observed − predicted|, (Guo et al., 2017); NaN without rows."""
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
    """R² that returns NaN for a single row, which has no variance, instead of raising."""

    def compute(self) -> Tensor:
        return super().compute() if self.total > 1 else torch.tensor(float("nan"))


class LogRmse(MeanSquaredError):
    """√mean((ln max(ŷ, 1e-6) − ln y)²): relative errors, as for prices; targets y must be above 0."""

    def __init__(self) -> None:
        super().__init__(squared=False)

    def update(self, preds: Tensor, target: Tensor) -> None:
        super().update(preds.clamp(min=1e-6).log(), target.clamp(min=1e-6).log())


class Pearson(PearsonCorrCoef):
    """Pearson's correlation that returns NaN for constant predictions or targets, without a warning."""

    def compute(self) -> Tensor:
        with warnings.catch_warnings(action="ignore"):
            return super().compute()


class Auroc(BinaryAUROC):
    """AUROC that returns NaN for rows of one class instead of warning and returning 0."""

    def compute(self) -> Tensor:  # type: ignore[override]
        labels = dim_zero_cat(self.target)
        return super().compute() if labels.min() < labels.max() else torch.tensor(float("nan"))


class _MeanNegativeLogLikelihood(Metric):
    """Adds up −ln p(target) over the tokens that are not padding."""

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


class Perplexity(_MeanNegativeLogLikelihood):
    """exp of the mean: the number of equally likely tokens that would be as hard to predict.

    torchmetrics' own writes the softmax of all logits (N, T, V), in their own precision: of bf16 ones it is 1.5 % off.
    """

    def compute(self) -> Tensor:
        return self.mean().exp()


class BitsPerCharacter(_MeanNegativeLogLikelihood):
    """The mean in bits a token; a token is a character."""

    def compute(self) -> Tensor:
        return self.mean() / math.log(2)


Total = Callable[[Tensor | float], Tensor | float]


class RunningMean:
    """A mean that adds up on the device that its values are on, without waiting for them."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.total: Tensor | float = 0.0
        self.count: Tensor | int = 0

    def add(self, total: Tensor, count: Tensor | int) -> None:
        self.total = self.total + at_least_single(total)
        self.count += count

    def compute(self, total: Total = lambda value: value) -> Tensor:
        """Returns the mean; NaN if nothing was added.

        Args:
            total: returns the sum of a value over all processes; all of them must call it.
        """
        count = total(self.count)
        return torch.as_tensor(total(self.total)) / count if count else torch.tensor(float("nan"))

    def state(self, total: Total = lambda value: value) -> dict[str, float]:
        return {"total": float(total(self.total)), "count": int(total(self.count))}

    def load(self, state: dict[str, Any]) -> None:
        self.total, self.count = state["total"], state["count"]


def at_least_single(value: Tensor) -> Tensor:
    return value.float() if value.dtype in (torch.bfloat16, torch.float16) else value
