"""Hand-written layers: linear, dropout, batch normalisation."""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from lightlab.errors import UsageError
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


class Mask(Function):
    """y = m·x, with m the mask of x's shape. Backward: ∂L/∂x = m·g: what was dropped learns nothing."""

    @staticmethod
    def forward(x: Tensor, mask: Tensor) -> Tensor:
        return x * mask

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        _, mask = inputs
        ctx.save_for_backward(mask)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        (mask,) = ctx.saved_tensors
        return grad * mask, None


class Dropout(nn.Dropout):
    """In training each number is dropped with probability p, and the others are multiplied by 1 / (1 − p).

    So the expected value stays, and nothing need be done in evaluation (Srivastava et al., 2014). On a CPU the same
    random state drops what `torch.nn.Dropout` drops, in contiguous inputs; on a GPU torch draws in another way.
    `inplace` is ignored.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        kept = torch.empty(x.shape, dtype=x.dtype, device=x.device).bernoulli_(1 - self.p)
        return apply(Mask, x, kept / (1 - self.p) if self.p < 1 else kept)


class Normalize(Function):
    """y = γ·x̂ + β with x̂ = (x − μ) / √(σ² + ε), for each channel (Ioffe and Szegedy, 2015).

    x is (N, C) or (N, C, …); μ and σ² (C,) are its mean and variance over all but the channels, and are given as well.
    Backward, means over the same: ∂L/∂β = Σ g, ∂L/∂γ = Σ g·x̂, and as μ and σ² depend on every x,
    ∂L/∂x = γ / √(σ² + ε) · (g − mean(g) − x̂·mean(g·x̂)).
    """

    @staticmethod
    def forward(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> tuple[Tensor, ...]:
        mean = x.mean(_all_but_channels(x), keepdim=True)
        variance = (x - mean).square().mean(_all_but_channels(x), keepdim=True)
        scale = 1 / (variance + eps).sqrt()
        normal = (x - mean) * scale
        y = normal * _as_channels(gamma, x) + _as_channels(beta, x)
        return y, mean.flatten(), variance.flatten(), normal, scale

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        _, gamma, _, _ = inputs
        _, mean, variance, normal, scale = output
        ctx.mark_non_differentiable(mean, variance, normal, scale)
        ctx.save_for_backward(gamma, normal, scale)

    @staticmethod
    def backward(ctx: Any, grad: Tensor, *_: Tensor) -> Any:
        gamma, normal, scale = ctx.saved_tensors
        dims = _all_but_channels(grad)
        numbers = grad.numel() // grad.shape[1]  # in a channel
        for_beta = grad.sum(dims)
        for_gamma = (grad * normal).sum(dims)
        mean, mean_along = (_as_channels(each / numbers, grad) for each in (for_beta, for_gamma))
        for_x = _as_channels(gamma, grad) * scale * (grad - mean - normal * mean_along)
        return for_x, for_gamma, for_beta, None


class _BatchNorm(nn.modules.batchnorm._BatchNorm):
    """Normalizes by the batch in training, and by running means of its statistics in evaluation.

    running ← (1 − momentum)·running + momentum·batch's, with the unbiased variance n / (n − 1)·σ².

    Raises:
        UsageError: an input of another shape, or of one number a channel in training.
    """

    def forward(self, x: Tensor) -> Tensor:
        self._check(x)
        gamma = x.new_ones(self.num_features) if self.weight is None else self.weight
        beta = x.new_zeros(self.num_features) if self.bias is None else self.bias
        if not self.training and self.running_mean is not None and self.running_var is not None:
            scale = gamma / (self.running_var + self.eps).sqrt()
            return (x - _as_channels(self.running_mean, x)) * _as_channels(scale, x) + _as_channels(beta, x)
        y, mean, variance, *_ = apply(Normalize, x, gamma, beta, self.eps)
        if self.training and self.track_running_stats:
            self._track(mean, variance, prod(x.shape) // x.shape[1])
        return y

    @torch.no_grad()
    def _track(self, mean: Tensor, variance: Tensor, numbers: int) -> None:
        assert self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None
        self.num_batches_tracked += 1
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.mul_(1 - share).add_(mean, alpha=share)
        self.running_var.mul_(1 - share).add_(variance, alpha=share * numbers / (numbers - 1))

    def _check(self, x: Tensor) -> None:
        name = type(self).__name__
        try:
            self._check_input_dim(x)
        except ValueError as error:
            raise UsageError(f"{name}: an input of shape {tuple(x.shape)}: {error}") from None
        if x.shape[1] != self.num_features:
            expected = f"(N, {self.num_features}, …)"
            raise misfit(name, x.shape, "a mean and a variance", (self.num_features,), expected)
        if self.training and prod(x.shape) == x.shape[1]:
            raise UsageError(f"{name}: an input of shape {tuple(x.shape)} has no variance; give it more than one row")


class BatchNorm1d(_BatchNorm, nn.BatchNorm1d):
    """`torch.nn.BatchNorm1d`'s weights and statistics, by `Normalize`: (N, C) or (N, C, L)."""


class BatchNorm2d(_BatchNorm, nn.BatchNorm2d):
    """`torch.nn.BatchNorm2d`'s weights and statistics, by `Normalize`: (N, C, H, W)."""


def _all_but_channels(x: Tensor) -> list[int]:
    return [0, *range(2, x.ndim)]


def _as_channels(values: Tensor, x: Tensor) -> Tensor:
    """(C,) → (1, C, 1, …), of as many dimensions as x."""
    return values.view(1, -1, *[1] * (x.ndim - 2))
