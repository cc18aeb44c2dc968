"""Several networks that learn side by side; a prediction is their mean."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from lightlab.networks.layers import Layer, Layers
from lightlab.spec import Spec


class Ensemble(nn.Module):
    """The mean of its members' outputs: (N, …) → (N, output_size).

    In training it returns the outputs of all members, one after another, (members · N, output_size): every member has
    its own loss, so their different initial weights and dropout keep them different (Lakshminarayanan
    et al., 2017).

    Args:
        kinds: networks' factories, ``(spec, layers, activation, **options) -> nn.Module``; members take turns.
        members: their number.
        batch_norm: for members whose kind does not set it.
        dropout: for members whose kind does not set it, in [0, 1).
    """

    def __init__(
        self,
        spec: Spec,
        layers: Layers,
        activation: Layer,
        kinds: Sequence[partial[nn.Module]],
        members: int,
        batch_norm: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        options = {"batch_norm": batch_norm, "dropout": dropout}
        turns = (kinds[index % len(kinds)] for index in range(members))
        self.members = nn.ModuleList(kind(spec, layers, activation, **options | kind.keywords) for kind in turns)

    def forward(self, x: Tensor) -> Tensor:
        outputs = [member(x) for member in self.members]  # each (N, output_size)
        return torch.cat(outputs) if self.training else torch.stack(outputs).mean(0)
