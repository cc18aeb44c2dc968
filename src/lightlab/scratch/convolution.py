"""Hand-written convolution and pooling, as operations on the windows that a kernel covers."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from lightlab.scratch.function import Function, apply, refuse, shape_error

Pair = tuple[int, int]


@dataclass(frozen=True)
class Windows:
    """The windows of a kernel of `size` that moves by `stride` over an image padded by `padding`."""

    size: Pair
    stride: Pair
    padding: Pair

    @classmethod
    def of(cls, layer: Any) -> Windows:
        """Returns the windows of a layer's `kernel_size`, `stride` and `padding`, where 3 means (3, 3)."""
        numbers = (layer.kernel_size, layer.stride, layer.padding)
        return cls(*((number, number) if isinstance(number, int) else tuple(number) for number in numbers))

    def cut(self, images: Tensor, value: float = 0.0) -> Tensor:
        """(N, C, H, W) → (N, C, H', W', kh, kw), the padding filled with `value`; H' = ⌊(H + 2p − kh) / s⌋ + 1.

        Raises:
            UsageError: the input is no image, or smaller than the kernel.
        """
        (kh, kw), (sh, sw), (ph, pw) = self.size, self.stride, self.padding
        if images.ndim != 4 or images.shape[2] + 2 * ph < kh or images.shape[3] + 2 * pw < kw:
            raise shape_error("images", images.shape, "a kernel", self.size, "padded (N, C, H, W) at least as large")
        padded = pad(images, (pw, pw, ph, ph), value=value) if ph or pw else images
        return padded.unfold(2, kh, sh).unfold(3, kw, sw)

    def add_up(self, windows: Tensor, height: int, width: int) -> Tensor:
        """(N, C, H', W', kh, kw) → (N, C, height, width): adds each number to the pixel that it came from.

        This is the gradient of `cut`.
        """
        (kh, kw), (sh, sw), (ph, pw) = self.size, self.stride, self.padding
        rows, columns = windows.shape[2], windows.shape[3]
        padded = windows.new_zeros(*windows.shape[:2], height + 2 * ph, width + 2 * pw)
        for i in range(kh):
            for j in range(kw):
                pixels = padded[:, :, i : i + sh * rows : sh, j : j + sw * columns : sw]
                pixels += windows[..., i, j]
        return padded[:, :, ph : ph + height, pw : pw + width]


class Convolve(Function):
    """y = Σ window · kernel + b at each window: (N, C, H, W) → (N, O, H', W'), with kernels W (O, C, kh, kw).

    The windows are rows of a matrix X (N·H'·W', C·kh·kw), the kernels rows of W (O, C·kh·kw): Y = X·Wᵀ + b.
    Backward, g as a matrix (N·H'·W', O): ∂L/∂W = gᵀ·X, ∂L/∂b = Σ g, and ∂L/∂X = g·W is added up over the pixels.
    """

    @staticmethod
    def forward(images: Tensor, weight: Tensor, bias: Tensor | None, windows: Windows) -> tuple[Tensor, Tensor]:
        patches = windows.cut(images)  # (N, C, H', W', kh, kw)
        rows = patches.permute(0, 2, 3, 1, 4, 5).flatten(3)  # (N, H', W', C·kh·kw)
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
        UsageError: another option, or an input with other channels.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        refuse("Conv2d", dilation=(self.dilation, (1, 1)), groups=(self.groups, 1))
        refuse("Conv2d", padding_mode=(self.padding_mode, "zeros"))
        if isinstance(self.padding, str):
            refuse("Conv2d", padding=(self.padding, "a number of pixels"))
        self.windows = Windows.of(self)

    def forward(self, images: Tensor) -> Tensor:
        if images.ndim != 4 or images.shape[1] != self.in_channels:
            raise shape_error("Conv2d", images.shape, "kernels", self.weight.shape, f"(N, {self.in_channels}, H, W)")
        return apply(Convolve, images, self.weight, self.bias, self.windows)[0]


class LargestOfWindow(Function):
    """y = max of a window: (N, C, H, W) → (N, C, H', W'); the padding is −∞.

    Backward: the whole gradient of a window goes to its largest number, the first if several are equal; others get 0.
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
        UsageError: another option, or an image smaller than the kernel.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        refuse("MaxPool2d", dilation=(self.dilation, 1), ceil_mode=(self.ceil_mode, False))
        refuse("MaxPool2d", return_indices=(self.return_indices, False))
        self.windows = Windows.of(self)

    def forward(self, images: Tensor) -> Tensor:
        return apply(LargestOfWindow, images, self.windows)[0]


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
        UsageError: another option, or an image smaller than the kernel.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        refuse("AvgPool2d", ceil_mode=(self.ceil_mode, False), count_include_pad=(self.count_include_pad, True))
        refuse("AvgPool2d", divisor_override=(self.divisor_override, None))
        self.windows = Windows.of(self)

    def forward(self, images: Tensor) -> Tensor:
        return apply(MeanOfWindow, images, self.windows)
