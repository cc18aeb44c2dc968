"""Between the numbers that are predicted and the numbers that a network finds easy to give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor


@dataclass(frozen=True)
class TargetScale:
    """z = (f(y) − mean) / std with f the identity or, for targets that spread over magnitudes, the logarithm.

    Attributes:
        log: whether f is the logarithm; then y must be above 0.
        mean: of f(y) over the training rows, or 0.
        std: of f(y) over the training rows, or 1.
    """

    log: bool = False
    mean: float = 0.0
    std: float = 1.0

    @classmethod
    def fitted(cls, targets: Tensor, kind: Literal["raw", "standard", "log"]) -> TargetScale:
        """The scale that gives `targets` (N, 1) mean 0 and standard deviation 1; ``raw`` leaves them as they are."""
        if kind == "raw":
            return cls()
        values = targets.double().log() if kind == "log" else targets.double()
        return cls(kind == "log", float(values.mean()), max(float(values.std(correction=0)), 1e-12))

    def scaled(self, targets: Tensor) -> Tensor:
        """y → z, as float32."""
        values = targets.double().log() if self.log else targets.double()
        return ((values - self.mean) / self.std).float()

    def restored(self, outputs: Tensor) -> Tensor:
        """z → y, in the unit of the data."""
        values = outputs * self.std + self.mean
        return torch.exp(values) if self.log else values
