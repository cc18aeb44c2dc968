"""Average pooling."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from lightlab.scratch.function import Function, apply, refuse
from lightlab.scratch.windows import Windows, pair


class MeanOfWindow(Function):
    """y = mean of a window of kh·kw numbers, padding included: (N, C, H, W) → (N, C, H', W').

    Backward: each number of the window gets g / (kh·kw).
    """

    @staticmethod
    def forward(images: Tensor, windows: Windows) -> Tensor:
        return windows.cut(images).mean((4, 5))

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        images, ctx.windows = inputs
        ctx.image_size = images.shape[2:]

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        kh, kw = ctx.windows.size
        shares = (grad / (kh * kw))[..., None, None].expand(*grad.shape, kh, kw)
        return ctx.windows.add_up(shares, *ctx.image_size), None


class AvgPool2d(nn.AvgPool2d):
    """`torch.nn.AvgPool2d`'s kernel, stride and padding, by `MeanOfWindow`.

    Raises:
        UsageError: an option that is not among these, or an image smaller than the kernel.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        refuse("AvgPool2d", ceil_mode=(self.ceil_mode, False), count_include_pad=(self.count_include_pad, True))
        refuse("AvgPool2d", divisor_override=(self.divisor_override, None))
        self.windows = Windows(pair(self.kernel_size), pair(self.stride), pair(self.padding))

    def forward(self, images: Tensor) -> Tensor:
        return apply(MeanOfWindow, images, self.windows)
