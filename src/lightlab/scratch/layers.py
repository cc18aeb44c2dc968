"""Hand-written layers: linear, dropout, batch normalisation."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from lightlab.errors import UsageError
from lightlab.scratch.function import Function, apply, shape_error


class Affine(Function):
    """y = x·Wᵀ + b: (…, I) → (…, O), with W (O, I) and b (O,) or None.

    Backward, with g = ∂L/∂y and both as matrices of N rows: ∂L/∂x = g·W, ∂L/∂W = gᵀ·x, ∂L/∂b = Σₙ gₙ.
    """

    @staticmethod
    def forward(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        y = x @ weight.T
        return y if bias is None else y + bias

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        x, weight, _ = ctx.saved_tensors
        rows = grad.reshape(-1, grad.shape[-1])  # (N, O)
        for_x, _, for_bias = ctx.needs_input_grad
        return (
            grad @ weight if for_x else None,  # the first layer does not need it; it costs as much as the next product
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
            raise shape_error("Linear", x.shape, "a weight", self.weight.shape, f"(…, {self.in_features})")
        return apply(Affine, x, self.weight, self.bias)


class Mask(Function):
    """y = m·x, with a mask m of x's shape. Backward: ∂L/∂x = m·g: dropped numbers get no gradient."""

    @staticmethod
    def forward(x: Tensor, mask: Tensor) -> Tensor:
        return x * mask

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        _, mask = ctx.saved_tensors
        return grad * mask, None


class Dropout(nn.Dropout):
    """In training each number is dropped with probability p, and the others are multiplied by 1 / (1 − p).

    The expected value stays, so evaluation changes nothing (Srivastava et al., 2014). On a CPU the same random state
    drops what `torch.nn.Dropout` drops from contiguous inputs; on a GPU torch draws differently. `inplace` is
    ignored.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        kept = torch.empty(x.shape, dtype=x.dtype, device=x.device).bernoulli_(1 - self.p)
        return apply(Mask, x, kept / (1 - self.p) if self.p < 1 else kept)


class Normalize(Function):
    """y = γ·x̂ + β with x̂ = (x − μ) / √(σ² + ε), for each channel (Ioffe and Szegedy, 2015).

    x is (N, C) or (N, C, …); μ and σ² (C,), its mean and variance over all but the channels, are outputs too.
    Backward, sums and means over the same: ∂L/∂β = Σ g, ∂L/∂γ = Σ g·x̂, and because μ and σ² depend on every x,
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
        mean, mean_along = (_as_channels(total / numbers, grad) for total in (for_beta, for_gamma))
        for_x = _as_channels(gamma, grad) * scale * (grad - mean - normal * mean_along)
        return for_x, for_gamma, for_beta, None


class BatchNorm1d(nn.BatchNorm1d):
    """`torch.nn.BatchNorm1d`'s weights and statistics, by `normalized`: (N, C) or (N, C, L)."""

    def forward(self, x: Tensor) -> Tensor:
        return normalized(self, x, (2, 3), f"(N, {self.num_features}) or (N, {self.num_features}, L)")


class BatchNorm2d(nn.BatchNorm2d):
    """`torch.nn.BatchNorm2d`'s weights and statistics, by `normalized`: (N, C, H, W)."""

    def forward(self, x: Tensor) -> Tensor:
        return normalized(self, x, (4,), f"(N, {self.num_features}, H, W)")


def normalized(layer: nn.BatchNorm1d | nn.BatchNorm2d, x: Tensor, dimensions: Sequence[int], expected: str) -> Tensor:
    """Normalizes by the batch in training, and by running means of its statistics in evaluation.

    running ← (1 − momentum)·running + momentum·batch's, with the unbiased variance n / (n − 1)·σ².

    Raises:
        UsageError: an input of another shape than `expected`, or in training one number a channel.
    """
    name = type(layer).__name__
    if x.ndim not in dimensions or x.shape[1] != layer.num_features:
        raise shape_error(name, x.shape, "a mean and a variance", (layer.num_features,), expected)
    if layer.training and x.numel() == x.shape[1]:
        raise UsageError(f"{name}: an input of shape {tuple(x.shape)} has no variance; give it more than one row")
    gamma = x.new_ones(layer.num_features) if layer.weight is None else layer.weight
    beta = x.new_zeros(layer.num_features) if layer.bias is None else layer.bias
    if not layer.training and layer.running_mean is not None and layer.running_var is not None:
        scale = gamma / (layer.running_var + layer.eps).sqrt()
        return (x - _as_channels(layer.running_mean, x)) * _as_channels(scale, x) + _as_channels(beta, x)
    y, mean, variance, *_ = apply(Normalize, x, gamma, beta, layer.eps)
    if layer.training and layer.track_running_stats:
        _track(layer, mean, variance, x.numel() // x.shape[1])
    return y


@torch.no_grad()
def _track(layer: nn.BatchNorm1d | nn.BatchNorm2d, mean: Tensor, variance: Tensor, numbers: int) -> None:
    assert layer.running_mean is not None and layer.running_var is not None and layer.num_batches_tracked is not None
    layer.num_batches_tracked += 1
    share = 1 / float(layer.num_batches_tracked) if layer.momentum is None else layer.momentum
    layer.running_mean.mul_(1 - share).add_(mean, alpha=share)
    layer.running_var.mul_(1 - share).add_(variance, alpha=share * numbers / (numbers - 1))


def _all_but_channels(x: Tensor) -> list[int]:
    return [0, *range(2, x.ndim)]


def _as_channels(values: Tensor, x: Tensor) -> Tensor:
    """(C,) → (1, C, 1, …), of as many dimensions as x."""
    return values.view(1, -1, *[1] * (x.ndim - 2))
