"""Hand-written activations: ReLU, sigmoid, tanh."""

from typing import Any

import torch
from torch import Tensor, nn

from lightlab.scratch.function import Function, apply


class Elementwise(Function):
    """y = f(x) for each number. The derivative is a formula of y, so only y is kept."""

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        ctx.save_for_backward(output)


class Rectify(Elementwise):
    """y = max(0, x). Backward: ∂L/∂x = g where x > 0, else 0."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return grad * (y > 0)


class ReLU(nn.ReLU):
    """`torch.nn.ReLU` by `Rectify`; `inplace` is ignored."""

    def forward(self, x: Tensor) -> Tensor:
        return apply(Rectify, x)


class Squash(Elementwise):
    """y = 1 / (1 + e⁻ˣ). Backward: ∂L/∂x = g·y·(1 − y), at most a quarter of g."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return 1 / (1 + torch.exp(-x))  # e⁻ˣ may overflow to ∞: then y is 0, which is right

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return grad * y * (1 - y)


class Sigmoid(nn.Sigmoid):
    """`torch.nn.Sigmoid` by `Squash`."""

    def forward(self, x: Tensor) -> Tensor:
        return apply(Squash, x)


def tanh(x: Tensor) -> Tensor:
    """Returns (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ) as sign(x)·(1 − e) / (1 + e) with e = e^(−2·|x|), which cannot overflow."""
    e_less_1 = torch.expm1(-2 * x.abs())  # e − 1, exact where x is near 0
    return -torch.sign(x) * e_less_1 / (2 + e_less_1)


class HyperbolicTangent(Elementwise):
    """y = tanh(x). Backward: ∂L/∂x = g·(1 − y²)."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return tanh(x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return grad * (1 - y * y)


class Tanh(nn.Tanh):
    """`torch.nn.Tanh` by `HyperbolicTangent`."""

    def forward(self, x: Tensor) -> Tensor:
        return apply(HyperbolicTangent, x)
