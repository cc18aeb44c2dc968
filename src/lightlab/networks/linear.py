"""One affine layer."""

from __future__ import annotations

from torch import Tensor, nn

from lightlab.layers import Layer, Layers
from lightlab.networks.inputs import flat_size
from lightlab.spec import Spec


class Linear(nn.Module):
    """``W·x + b`` of the flattened input: (N, …) → (N, output_size)."""

    def __init__(self, spec: Spec, layers: Layers, activation: Layer) -> None:
        super().__init__()
        self.linear = layers.linear(flat_size(spec, "linear"), spec.output_size)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x.flatten(1))
