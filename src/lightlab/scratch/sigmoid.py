"""The sigmoid."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from lightlab.scratch.function import Function, apply


class Squash(Function):
    """y = 1 / (1 + e⁻ˣ), of any shape. Backward: ∂L/∂x = g·y·(1 − y), at most a quarter of g."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return 1 / (1 + torch.exp(-x))  # e⁻ˣ may overflow to ∞: then y is 0, which is right

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return grad * y * (1 - y)


class Sigmoid(nn.Sigmoid):
    """`torch.nn.Sigmoid` by `Squash`."""

    def forward(self, x: Tensor) -> Tensor:
        return apply(Squash, x)
