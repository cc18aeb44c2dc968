"""The affine layer."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from lightlab.scratch.function import Function, apply, misfit


class Affine(Function):
    """y = x·Wᵀ + b: (…, I) → (…, O), with W (O, I) and b (O,) or None.

    Backward, with g = ∂L/∂y and both as matrices of N rows: ∂L/∂x = g·W, ∂L/∂W = gᵀ·x, ∂L/∂b = Σₙ gₙ.
    """

    @staticmethod
    def forward(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        y = x @ weight.T
        return y if bias is None else y + bias

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        x, weight, _ = inputs
        ctx.save_for_backward(x, weight)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        x, weight = ctx.saved_tensors
        rows = grad.reshape(-1, grad.shape[-1])  # (N, O)
        for_x, _, for_bias = ctx.needs_input_grad
        return (
            grad @ weight if for_x else None,  # the first layer's is not needed, and is as dear as the next one
            rows.T @ x.reshape(-1, x.shape[-1]),
            rows.sum(0) if for_bias else None,
        )


class Linear(nn.Linear):
    """`torch.nn.Linear`'s weights, by `Affine`.

    Raises:
        UsageError: the input's last size is not `in_features`.
    """

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim == 0 or x.shape[-1] != self.in_features:
            expected = f"(…, {self.in_features})"
            raise misfit("Linear", x.shape, "a weight", self.weight.shape, expected)
        return apply(Affine, x, self.weight, self.bias)
