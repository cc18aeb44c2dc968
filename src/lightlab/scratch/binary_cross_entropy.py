"""Sigmoid and binary cross-entropy in one."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from lightlab.scratch.criterion import reduced, refuse_unreduced
from lightlab.scratch.function import Function, refuse


class SigmoidCrossEntropy(Function):
    """L = −Σ (t·ln p + (1 − t)·ln(1 − p)) with p = 1 / (1 + e⁻ᶻ): logits z and targets t of one shape → scalar.

    Computed as Σ (max(z, 0) − z·t + ln(1 + e^−|z|)), in which nothing overflows.
    Backward: ∂L/∂z = g·(p − t), ∂L/∂t = −g·z.
    """

    @staticmethod
    def forward(logits: Tensor, targets: Tensor) -> Tensor:
        return (logits.clamp(min=0) - logits * targets + torch.log1p(torch.exp(-logits.abs()))).sum()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        logits, targets = ctx.saved_tensors
        p = 1 / (1 + torch.exp(-logits))
        return grad * (p - targets), -grad * logits if ctx.needs_input_grad[1] else None


class BCEWithLogitsLoss(nn.BCEWithLogitsLoss):
    """`torch.nn.BCEWithLogitsLoss` by `SigmoidCrossEntropy`, its `reduction` mean or sum.

    Raises:
        UsageError: another option, or logits and targets differ in shape.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        refuse("BCEWithLogitsLoss", weight=(self.weight, None), pos_weight=(self.pos_weight, None))
        refuse_unreduced(self, self.reduction)

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        return reduced(self, self.reduction, SigmoidCrossEntropy, logits, targets)
