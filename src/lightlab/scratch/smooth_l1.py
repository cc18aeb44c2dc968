"""The squared error of small differences, the absolute error of large ones."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from lightlab.scratch.criterion import reduced, refuse_unreduced
from lightlab.scratch.function import Function


class SmoothAbsoluteError(Function):
    """L = Σ l(y − t) with l(d) = d² / 2β where |d| < β, else |d| − β/2: outputs y, targets t of one shape → scalar.

    Both pieces meet at |d| = β in value and in slope, so that one far-off target pulls no harder than another
    (Girshick, 2015: Fast R-CNN). Backward: ∂L/∂y = g·d/β where |d| < β, else g·sign(d); ∂L/∂t = −∂L/∂y.
    """

    @staticmethod
    def forward(outputs: Tensor, targets: Tensor, beta: float) -> Tensor:
        size = (outputs - targets).abs()
        return torch.where(size < beta, size.square() / (2 * beta) if beta else size, size - beta / 2).sum()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        outputs, targets, ctx.beta = inputs
        ctx.save_for_backward(outputs, targets)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        outputs, targets = ctx.saved_tensors
        difference = outputs - targets
        slope = grad * ((difference / ctx.beta).clamp(-1, 1) if ctx.beta else difference.sign())
        return slope, -slope if ctx.needs_input_grad[1] else None, None


class SmoothL1Loss(nn.SmoothL1Loss):
    """`torch.nn.SmoothL1Loss` by `SmoothAbsoluteError`, its `reduction` mean or sum, its `beta` at least 0.

    Raises:
        UsageError: outputs and targets differ in shape.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        refuse_unreduced(self, self.reduction)

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return reduced(self, self.reduction, SmoothAbsoluteError, outputs, targets, self.beta)
