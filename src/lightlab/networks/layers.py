"""The layers that networks are built from, the config group `layers`, and activations that torch lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor, nn

Layer = Callable[..., nn.Module]


@dataclass(frozen=True)
class Layers:
    """Factories with the signatures of their namesakes in `torch.nn`.

    Attributes:
        counterparts: by the name of an activation or a criterion, the subclass that takes its place.
    """

    linear: Layer
    conv2d: Layer
    avg_pool2d: Layer
    max_pool2d: Layer
    batch_norm1d: Layer
    batch_norm2d: Layer
    dropout: Layer
    embedding: Layer = nn.Embedding
    rnn: Layer = nn.RNN
    gru: Layer = nn.GRU
    lstm: Layer = nn.LSTM
    counterparts: Mapping[str, Layer] = field(default_factory=dict)

    def counterpart(self, factory: Layer) -> Layer:
        """Returns the counterpart of `factory` with the same options; `factory` itself where there is none."""
        made, counterpart = _made_by(factory), self.counterparts.get(getattr(_made_by(factory), "__name__", ""))
        if counterpart is None or made not in getattr(_made_by(counterpart), "__mro__", ()):
            return factory
        return partial(counterpart, **factory.keywords) if isinstance(factory, partial) else counterpart


def _made_by(factory: Layer) -> Layer:
    return factory.func if isinstance(factory, partial) else factory


def widening(activation: Layer) -> int:
    """Returns how many numbers an activation gives for each that it takes: 2 for CReLU, usually 1."""
    return activation()(torch.zeros(1, 1)).shape[1]


class Step(nn.Module):
    """1 where x > 0, else 0 (Rosenblatt, 1958). Its derivative is 0, except at 0, where it has none."""

    note = "activation step has derivative 0: no gradient reaches the layers before it, which keep their first weights"

    def forward(self, x: Tensor) -> Tensor:
        return torch.sign(x).clamp(min=0)  # sign has a gradient, of zeros; a comparison has none


class CReLU(nn.Module):
    """max(0, x) beside max(0, −x): (N, C, …) → (N, 2·C, …), so that no sign is lost (Shang et al., 2016)."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, -x], 1).clamp(min=0)
