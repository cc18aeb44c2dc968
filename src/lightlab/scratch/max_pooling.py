"""Max pooling."""

from __future__ import annotations

from math import inf
from typing import Any

import torch
from torch import Tensor, nn

from lightlab.scratch.function import Function, apply, refuse
from lightlab.scratch.windows import Windows, pair


class LargestOfWindow(Function):
    """y = max of a window: (N, C, H, W) → (N, C, H', W'); the padding is −∞.

    Backward: the whole gradient of a window goes to its largest number, the first of equals; the others get 0.
    """

    @staticmethod
    def forward(images: Tensor, windows: Windows) -> tuple[Tensor, Tensor]:
        largest, places = windows.cut(images, value=-inf).flatten(4).max(4)
        return largest, places

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        images, ctx.windows = inputs
        _, places = output
        ctx.image_size = images.shape[2:]
        ctx.mark_non_differentiable(places)
        ctx.save_for_backward(places)

    @staticmethod
    def backward(ctx: Any, grad: Tensor, _: Tensor) -> Any:
        (places,) = ctx.saved_tensors
        size = ctx.windows.size
        windows = torch.zeros(*grad.shape, size[0] * size[1], dtype=grad.dtype, device=grad.device)
        windows.scatter_(4, places.unsqueeze(4), grad.unsqueeze(4))
        return ctx.windows.add_up(windows.unflatten(4, size), *ctx.image_size), None


class MaxPool2d(nn.MaxPool2d):
    """`torch.nn.MaxPool2d`'s kernel, stride and padding, by `LargestOfWindow`.

    Raises:
        UsageError: an option that is not among these, or an image smaller than the kernel.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        refuse("MaxPool2d", dilation=(self.dilation, 1), ceil_mode=(self.ceil_mode, False))
        refuse("MaxPool2d", return_indices=(self.return_indices, False))
        self.windows = Windows(pair(self.kernel_size), pair(self.stride), pair(self.padding))

    def forward(self, images: Tensor) -> Tensor:
        return apply(LargestOfWindow, images, self.windows)[0]
