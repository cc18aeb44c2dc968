"""Initial weights of a network: the choices of the config group `initializer`."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

NORMS = (
    *(nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm),
    *(nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d),
    *(nn.LayerNorm, nn.GroupNorm, nn.RMSNorm),
)


class Initializer:
    """Fills weights of two or more dimensions with `weight`, and biases with the number `bias`.

    None keeps the layer's own initial values. Norm layers keep their ones and zeros. Weights that do not learn
    (`requires_grad` False) stay as they are, and so does a part of the network whose attribute `pretrained` is True.
    """

    def __init__(self, weight: Callable[[Tensor], object] | None = None, bias: float | None = None) -> None:
        self.weight = weight
        self.bias = bias

    @torch.no_grad()
    def __call__(self, network: nn.Module) -> None:
        brought = [part for part in network.modules() if getattr(part, "pretrained", False) is True]
        kept = {layer for part in brought for layer in part.modules()}
        for layer in network.modules():
            if isinstance(layer, NORMS) or layer in kept:
                continue
            for name, parameter in layer.named_parameters(recurse=False):
                if not parameter.requires_grad:
                    continue
                if parameter.ndim >= 2 and self.weight is not None:
                    self.weight(parameter)
                elif name.startswith("bias") and self.bias is not None:
                    parameter.fill_(self.bias)


def identity_(weight: Tensor) -> Tensor:
    """Fills a matrix with the identity, a convolution's kernel (out, in, h, w) with the Dirac kernel, in place."""
    return nn.init.eye_(weight) if weight.ndim == 2 else nn.init.dirac_(weight)
