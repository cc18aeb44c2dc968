"""The layers that a network is built from, as one object: the choices of the config group `layers`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

Layer = Callable[..., nn.Module]


@dataclass(frozen=True)
class Layers:
    """Factories with the signatures of their namesakes in `torch.nn`."""

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
