"""One affine layer."""

from __future__ import annotations

from torch import Tensor, nn

from lightlab.layers import Layer, Layers
from lightlab.networks.inputs import flat_size
from lightlab.spec import Spec


class Linear(nn.Module):
    """``W·x + b`` of the flattened input: (N, …) → (N, output_size).

    Args:
        batch_norm: of the inputs, before the layer.
        dropout: share of the inputs dropped in training, in [0, 1).
    """

    def __init__(
        self, spec: Spec, layers: Layers, activation: Layer, batch_norm: bool = False, dropout: float = 0.0
    ) -> None:
        super().__init__()
        size = flat_size(spec, "linear")
        before = [layers.batch_norm1d(size)] * batch_norm + [layers.dropout(dropout)] * (dropout > 0)
        self.before = nn.Sequential(*before) if before else None
        self.linear = layers.linear(size, spec.output_size)

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        return self.linear(x if self.before is None else self.before(x))
