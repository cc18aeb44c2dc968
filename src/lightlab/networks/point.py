"""A point that learns where to lie."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lightlab.errors import UsageError
from lightlab.layers import Layer, Layers
from lightlab.spec import Spec


class Point(nn.Module):
    """(x, y) for every input: (N, …) → (N, 2). Its only weights are the two, which begin at `Spec.start`.

    A vector, so that no initializer moves it.
    """

    def __init__(self, spec: Spec, layers: Layers, activation: Layer) -> None:
        super().__init__()
        if not spec.start:
            raise UsageError(
                f"network point lies on a surface, but data {spec.name} is none; use task=surface, "
                "or network=linear or network=mlp_50"
            )
        self.position = nn.Parameter(torch.tensor(spec.start))  # (2,)

    def forward(self, x: Tensor) -> Tensor:
        return self.position.expand(len(x), -1)
