"""The rectifier."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from lightlab.scratch.function import Function, apply


class Rectify(Function):
    """y = max(0, x), of any shape. Backward: ∂L/∂x = g where x > 0, else 0."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x.clamp(min=0)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return grad * (y > 0)


class ReLU(nn.ReLU):
    """`torch.nn.ReLU` by `Rectify`; `inplace` is ignored."""

    def forward(self, x: Tensor) -> Tensor:
        return apply(Rectify, x)
