"""A small convolutional network."""

from collections.abc import Sequence
from math import prod

from torch import Tensor, nn

from lightlab.networks.layers import Layer, Layers, convolution_stage, widening
from lightlab.networks.shapes import check_input
from lightlab.spec import Spec


class CNN(nn.Module):
    """Stages of convolution and max pooling, means over the fields of a grid, an affine layer.

    (N, C, H, W) → (N, output_size). Each stage halves both sides. On (N, 3, 64, 64) with channels [16, 32, 64] and
    grid 4: → (16, 32, 32) → (32, 16, 16) → (64, 8, 8) → (64, 4, 4) → 1024 → output_size.

    Args:
        channels: of each stage; as many stages as there are numbers.
        grid: fields along each side, of whole pixels; there are more where `grid` does not divide the side. 1 is the
            mean over the whole picture (Lin et al., 2014), which forgets where things are.
        batch_norm: before each activation.
        dropout: before the affine layer, in [0, 1).
    """

    input_kinds = ("image",)

    def __init__(
        self,
        spec: Spec,
        layers: Layers,
        activation: Layer,
        channels: Sequence[int] = (16, 32, 64),
        grid: int = 4,
        batch_norm: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        check_input(self, spec, at_least=2 ** len(channels), why=f" for its {len(channels)} stages")
        depth, *sides = spec.input_shape
        stages: list[nn.Module] = []
        for width in channels:
            stages += convolution_stage(layers, activation, depth, width, 3, 1, layers.max_pool2d, batch_norm)
            depth = width * widening(activation)
        self.features = nn.Sequential(*stages)
        pooled = [side >> len(channels) for side in sides]
        field = tuple(max(1, side // grid) for side in pooled)  # its height and width
        self.means = layers.avg_pool2d(kernel_size=field, stride=field)
        self.dropout = layers.dropout(dropout) if dropout else None
        fields = prod(side // length for side, length in zip(pooled, field, strict=True))
        self.head = layers.linear(depth * fields, spec.output_size)

    def forward(self, x: Tensor) -> Tensor:
        x = self.means(self.features(x)).flatten(1)  # (N, C · fields)
        return self.head(x if self.dropout is None else self.dropout(x))
