"""Criteria that torch does not have: ``(outputs, targets) -> scalar``."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import mse_loss


class LogRMSELoss(nn.Module):
    """√mean((ln max(ŷ, 1) − ln y)²): an error of ten per cent costs the same for a cheap and a dear house.

    Outputs and targets (N, 1) are in the data's own unit; targets are at least 1.

    Raises:
        ValueError: a reduction other than ``mean``; the root of a sum would grow with the batch.
    """

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        if reduction != "mean":
            raise ValueError(f"LogRMSELoss knows no reduction but mean, and criterion.reduction is {reduction}")

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return mse_loss(outputs.clamp(min=1).log(), targets.log()).sqrt()
