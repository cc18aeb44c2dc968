"""The squared error."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from lightlab.scratch.criterion import reduced, refuse_unreduced
from lightlab.scratch.function import Function


class SquaredError(Function):
    """L = Σ (y − t)²: outputs y and targets t of one shape → scalar.

    Backward: ∂L/∂y = 2·g·(y − t), ∂L/∂t = −∂L/∂y.
    """

    @staticmethod
    def forward(outputs: Tensor, targets: Tensor) -> Tensor:
        return (outputs - targets).square().sum()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        outputs, targets = ctx.saved_tensors
        slope = 2 * grad * (outputs - targets)
        return slope, -slope if ctx.needs_input_grad[1] else None


class MSELoss(nn.MSELoss):
    """`torch.nn.MSELoss` by `SquaredError`, its `reduction` mean or sum.

    Raises:
        UsageError: outputs and targets differ in shape.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        refuse_unreduced(self, self.reduction)

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return reduced(self, self.reduction, SquaredError, outputs, targets)
