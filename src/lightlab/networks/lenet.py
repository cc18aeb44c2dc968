"""LeNet."""

from collections.abc import Sequence

from torch import Tensor, nn

from lightlab.errors import UsageError
from lightlab.networks.layers import Layer, Layers, convolution_stage, widening
from lightlab.networks.mlp import hidden_layers
from lightlab.networks.shapes import check_input
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

    input_kinds = ("image",)

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
        check_input(self, spec, at_least=12)
        depth, height, width = spec.input_shape
        if len(channels) != 2:
            raise UsageError(f"network.channels={list(channels)}: lenet has two convolutions and needs two numbers")
        first, second = channels
        wider = widening(activation)
        self.features = nn.Sequential(
            *convolution_stage(layers, activation, depth, first, 5, 2, layers.avg_pool2d, batch_norm),
            *convolution_stage(layers, activation, wider * first, second, 5, 0, layers.avg_pool2d, batch_norm),
        )
        size = wider * second * _pooled(height) * _pooled(width)
        self.body = nn.Sequential(*hidden_layers(layers, activation, size, hidden, batch_norm, dropout))
        self.head = layers.linear(wider * hidden[-1] if hidden else size, spec.output_size)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)  # (N, second, H', W')
        return self.head(self.body(x.flatten(1)))


def _pooled(size: int) -> int:
    """Returns a side's length after both stages: halved, minus 4 for the unpadded convolution, halved."""
    return (size // 2 - 4) // 2
