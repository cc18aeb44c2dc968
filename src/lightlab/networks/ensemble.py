"""Several networks of one kind that learn side by side and answer together."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from lightlab.layers import Layer, Layers
from lightlab.spec import Spec


class Ensemble(nn.Module):
    """The mean of its members' outputs: (N, …) → (N, output_size).

    In training it gives each member's outputs, one after another, (members · N, output_size): each has a loss of its
    own, so that they stay as different as their first weights and their dropout make them (Lakshminarayanan et al.,
    2017).

    Args:
        member: a network's factory, ``(spec, layers, activation) -> nn.Module``.
        members: how many.
        batch_norm: of each member.
        dropout: of each member, in [0, 1).
    """

    def __init__(
        self,
        spec: Spec,
        layers: Layers,
        activation: Layer,
        member: Callable[..., nn.Module],
        members: int,
        batch_norm: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        options = {"batch_norm": batch_norm, "dropout": dropout}
        self.members = nn.ModuleList(member(spec, layers, activation, **options) for _ in range(members))

    def forward(self, x: Tensor) -> Tensor:
        outputs = [member(x) for member in self.members]  # each (N, output_size)
        return torch.cat(outputs) if self.training else torch.stack(outputs).mean(0)
