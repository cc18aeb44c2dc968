"""The root mean squared error of logarithms."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from lightlab import losses
from lightlab.scratch.criterion import check_shapes
from lightlab.scratch.function import Function, apply


class LogRootMeanSquare(Function):
    """L = √(Σ r² / n) with r = ln max(y, 1) − ln t: n outputs y and targets t of one shape → scalar.

    Backward: ∂L/∂y = g·r / (n·L·y) where y ≥ 1, else 0; ∂L/∂t = −g·r / (n·L·t).
    """

    @staticmethod
    def forward(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        ratio = outputs.clamp(min=1).log() - targets.log()
        return ratio.square().mean().sqrt(), ratio

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        loss, ratio = output
        ctx.mark_non_differentiable(ratio)
        ctx.save_for_backward(*inputs, loss, ratio)

    @staticmethod
    def backward(ctx: Any, grad: Tensor, _: Tensor) -> Any:
        outputs, targets, loss, ratio = ctx.saved_tensors
        slope = grad * ratio / (ratio.numel() * loss)  # of L by ln y
        for_outputs = slope / outputs.clamp(min=1) * (outputs >= 1)
        return for_outputs, -slope / targets if ctx.needs_input_grad[1] else None


class LogRMSELoss(losses.LogRMSELoss):
    """`lightlab.losses.LogRMSELoss` by `LogRootMeanSquare`.

    Raises:
        UsageError: outputs and targets differ in shape.
    """

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        check_shapes(self, outputs, targets)
        loss, _ = apply(LogRootMeanSquare, outputs, targets)
        return loss
