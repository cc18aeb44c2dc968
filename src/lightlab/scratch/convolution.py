"""Convolution as a matrix product."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from lightlab.scratch.function import Function, apply, misfit, refuse
from lightlab.scratch.windows import Windows, pair


class Convolve(Function):
    """Each output is a window's numbers times a kernel's: (N, C, H, W) → (N, O, H', W'), kernels W (O, C, kh, kw).

    The windows lie as rows of a matrix X (N·H'·W', C·kh·kw), the kernels as rows of W (O, C·kh·kw): Y = X·Wᵀ + b.
    Backward, g as a matrix (N·H'·W', O): ∂L/∂W = gᵀ·X, ∂L/∂b = Σ g, and ∂L/∂X = g·W goes back to the pixels.
    """

    @staticmethod
    def forward(images: Tensor, weight: Tensor, bias: Tensor | None, windows: Windows) -> tuple[Tensor, Tensor]:
        seen = windows.cut(images)  # (N, C, H', W', kh, kw)
        rows = seen.permute(0, 2, 3, 1, 4, 5).flatten(3)  # (N, H', W', C·kh·kw)
        y = rows @ weight.flatten(1).T
        return (y if bias is None else y + bias).permute(0, 3, 1, 2), rows

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        images, weight, _, ctx.windows = inputs
        _, rows = output
        ctx.image_size = images.shape[2:]
        ctx.mark_non_differentiable(rows)
        ctx.save_for_backward(rows, weight)

    @staticmethod
    def backward(ctx: Any, grad: Tensor, _: Tensor) -> Any:
        rows, weight = ctx.saved_tensors
        by_window = grad.permute(0, 2, 3, 1)  # (N, H', W', O)
        flat = by_window.flatten(0, 2)
        for_weight = (flat.T @ rows.flatten(0, 2)).view_as(weight)
        for_images = None
        if ctx.needs_input_grad[0]:
            windows = (by_window @ weight.flatten(1)).unflatten(3, weight.shape[1:])  # (N, H', W', C, kh, kw)
            for_images = ctx.windows.add_up(windows.permute(0, 3, 1, 2, 4, 5), *ctx.image_size)
        return for_images, for_weight, flat.sum(0) if ctx.needs_input_grad[2] else None, None


class Conv2d(nn.Conv2d):
    """`torch.nn.Conv2d`'s weights, stride and padding, by `Convolve`.

    Raises:
        UsageError: an option that is not among these, or an input of other channels.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        refuse("Conv2d", dilation=(self.dilation, (1, 1)), groups=(self.groups, 1))
        refuse("Conv2d", padding_mode=(self.padding_mode, "zeros"))
        if isinstance(self.padding, str):
            refuse("Conv2d", padding=(self.padding, "a number of pixels"))
        self.windows = Windows(pair(self.kernel_size), pair(self.stride), pair(self.padding))  # type: ignore[arg-type]

    def forward(self, images: Tensor) -> Tensor:
        if images.ndim != 4 or images.shape[1] != self.in_channels:
            raise misfit("Conv2d", images.shape, "kernels", self.weight.shape, f"(N, {self.in_channels}, H, W)")
        return apply(Convolve, images, self.weight, self.bias, self.windows)[0]
