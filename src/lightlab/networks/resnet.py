"""A small residual network."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from lightlab.networks.layers import Layer, Layers
from lightlab.networks.shapes import check_input
from lightlab.spec import Spec


class ResNet(nn.Module):
    """A convolution, stages that halve the image and refine it by residual blocks, the mean over all pixels.

    (N, C, H, W) → (N, output_size), for images large enough to leave the last stage a pixel (He et al., 2016).
    On (N, 1, 28, 28) with channels 24, 48, 96, 192: (24, 28, 28) → (48, 14, 14) → (96, 7, 7) → (192, 3, 3) → 192 →
    output_size.

    Args:
        channels: of the first convolution, then of each stage.
        blocks: residual blocks in each stage.
        batch_norm: after each convolution.
        dropout: share of the mean's numbers dropped in training, in [0, 1).
    """

    input_kinds = ("image",)

    def __init__(
        self,
        spec: Spec,
        layers: Layers,
        activation: Layer,
        channels: Sequence[int],
        blocks: int = 1,
        batch_norm: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        check_input(self, spec, at_least=2 ** (len(channels) - 1))
        self.stem = nn.Sequential(*_convolution(layers, spec.input_shape[0], channels[0], batch_norm), activation())
        self.stages = nn.Sequential(
            *(_stage(layers, activation, *sizes, blocks, batch_norm) for sizes in pairwise(channels))
        )
        self.dropout = layers.dropout(dropout) if dropout else None
        self.head = layers.linear(channels[-1], spec.output_size)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stages(self.stem(x)).mean((2, 3))  # (N, channels[-1])
        return self.head(x if self.dropout is None else self.dropout(x))


class Residual(nn.Module):
    """``activation(x + F(x))``, F two convolutions with an activation between: (N, C, H, W) to the same shape.

    Without batch norm F(x) is multiplied by a learnt number that starts at 0: a block begins as the identity, and the
    outputs of many blocks do not grow (SkipInit; De and Smith, arXiv:2002.10444).
    """

    def __init__(self, layers: Layers, activation: Layer, channels: int, batch_norm: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_convolution(layers, channels, channels, batch_norm),
            activation(),
            *_convolution(layers, channels, channels, batch_norm),
        )
        self.scale = None if batch_norm else nn.Parameter(torch.zeros(()))
        self.activation = activation()

    def forward(self, x: Tensor) -> Tensor:
        change = self.body(x)
        return self.activation(x + (change if self.scale is None else self.scale * change))


def _stage(
    layers: Layers, activation: Layer, inputs: int, outputs: int, blocks: int, batch_norm: bool
) -> nn.Sequential:
    return nn.Sequential(
        *_convolution(layers, inputs, outputs, batch_norm, halved=True),
        activation(),
        *(Residual(layers, activation, outputs, batch_norm) for _ in range(blocks)),
    )


def _convolution(
    layers: Layers, inputs: int, outputs: int, batch_norm: bool, halved: bool = False
) -> Iterator[nn.Module]:
    yield layers.conv2d(inputs, outputs, kernel_size=3, padding=1, bias=not batch_norm)
    if halved:
        yield layers.max_pool2d(kernel_size=2, stride=2)
    if batch_norm:
        yield layers.batch_norm2d(outputs)
