"""The linear model and the multilayer perceptron."""

from collections.abc import Iterator, Sequence
from math import prod

from torch import Tensor, nn

from lightlab.networks.layers import Layer, Layers, widening
from lightlab.networks.shapes import NUMBERS, check_input
from lightlab.spec import Spec


class Linear(nn.Module):
    """``W·x + b`` of the flattened input: (N, …) → (N, output_size).

    Args:
        batch_norm: of the inputs, before the layer.
        dropout: share of the inputs dropped in training, in [0, 1).
    """

    input_kinds = NUMBERS

    def __init__(
        self, spec: Spec, layers: Layers, activation: Layer, batch_norm: bool = False, dropout: float = 0.0
    ) -> None:
        super().__init__()
        check_input(self, spec)
        size = prod(spec.input_shape)
        before = [layers.batch_norm1d(size)] * batch_norm + [layers.dropout(dropout)] * (dropout > 0)
        self.before = nn.Sequential(*before) if before else None
        self.head = layers.linear(size, spec.output_size)

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        return self.head(x if self.before is None else self.before(x))


class MLP(nn.Module):
    """Affine layers with an activation between: (N, …) → (N, output_size).

    Args:
        hidden: the width of each hidden layer.
        batch_norm: between each hidden layer and its activation.
        dropout: share of the hidden units dropped in training, in [0, 1).
    """

    input_kinds = NUMBERS

    def __init__(
        self,
        spec: Spec,
        layers: Layers,
        activation: Layer,
        hidden: Sequence[int],
        batch_norm: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        check_input(self, spec)
        inputs = prod(spec.input_shape)
        self.body = nn.Sequential(*hidden_layers(layers, activation, inputs, hidden, batch_norm, dropout))
        self.head = layers.linear(widening(activation) * hidden[-1] if hidden else inputs, spec.output_size)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x.flatten(1)))


def hidden_layers(
    layers: Layers, activation: Layer, size: int, hidden: Sequence[int], batch_norm: bool, dropout: float
) -> Iterator[nn.Module]:
    """Yields linear, batch norm, activation, dropout for each width in `hidden`; the first layer has `size` inputs."""
    for width in hidden:
        yield layers.linear(size, width)
        if batch_norm:
            yield layers.batch_norm1d(width)
        yield activation()
        if dropout:
            yield layers.dropout(dropout)
        size = width * widening(activation)
