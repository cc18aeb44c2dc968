"""LeNet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import Tensor, nn

from lightlab.errors import UsageError
from lightlab.networks.layers import Layer, Layers, widening
from lightlab.networks.mlp import hidden_layers
from lightlab.networks.shapes import image_shape
from lightlab.spec import Spec


class LeNet(nn.Module):
    """Two convolutions with average pooling, then affine layers (LeCun et al., 1998): (N, C, H, W) → (N, output_size).

    On (N, 1, 28, 28): conv 5x5 padding 2 → (6, 28, 28) → pool → (6, 14, 14) → conv 5x5 → (16, 10, 10) → pool
    → (16, 5, 5) → 400 → 120 → 84 → output_size.

    Args:
        channels: of the two convolutions.
        hidden: the widths of the affine layers before the last.
        batch_norm: before each activation.
        dropout: after each hidden affine layer, in [0, 1).
    """

    takes = ("image",)

    def __init__(
        self,
        spec: Spec,
        layers: Layers,
        activation: Layer,
        channels: Sequence[int] = (6, 16),
        hidden: Sequence[int] = (120, 84),
        batch_norm: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        depth, height, width = image_shape(self, spec, at_least=12)
        if len(channels) != 2:
            raise UsageError(f"network.channels={list(channels)}: lenet has two convolutions, and takes two numbers")
        first, second = channels
        wider = widening(activation)
        self.features = nn.Sequential(
            *_stage(layers, activation, depth, first, padding=2, batch_norm=batch_norm),
            *_stage(layers, activation, wider * first, second, padding=0, batch_norm=batch_norm),
        )
        size = wider * second * _pooled(height) * _pooled(width)
        self.body = nn.Sequential(*hidden_layers(layers, activation, size, hidden, batch_norm, dropout))
        self.head = layers.linear(wider * hidden[-1] if hidden else size, spec.output_size)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)  # (N, second, H', W')
        return self.head(self.body(x.flatten(1)))


def _pooled(size: int) -> int:
    """Returns a side's length after both stages: halved, less 4 for the unpadded convolution, halved."""
    return (size // 2 - 4) // 2


def _stage(
    layers: Layers, activation: Layer, inputs: int, outputs: int, padding: int, batch_norm: bool
) -> Iterator[nn.Module]:
    yield layers.conv2d(inputs, outputs, kernel_size=5, padding=padding)
    if batch_norm:
        yield layers.batch_norm2d(outputs)
    yield activation()
    yield layers.avg_pool2d(kernel_size=2, stride=2)
