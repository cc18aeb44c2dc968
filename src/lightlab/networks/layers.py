"""The layers that networks are built from, the config group `layers`, and activations that torch lacks."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor, nn

Layer = Callable[..., nn.Module]


@dataclass(frozen=True)
class Layers:
    """Factories with the signatures of their namesakes in `torch.nn`.

    Attributes:
        counterparts: subclasses that replace an activation or a criterion, by its name.
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
        """Returns the counterpart of `factory` with the same options; `factory` itself if there is none."""
        original = _unwrapped(factory)
        counterpart = self.counterparts.get(getattr(original, "__name__", ""))
        if counterpart is None or original not in getattr(_unwrapped(counterpart), "__mro__", ()):
            return factory
        return partial(counterpart, **factory.keywords) if isinstance(factory, partial) else counterpart


def _unwrapped(factory: Layer) -> Layer:
    return factory.func if isinstance(factory, partial) else factory


def widening(activation: Layer) -> int:
    """Returns an activation's outputs per input: 2 for CReLU, otherwise 1."""
    return activation()(torch.zeros(1, 1)).shape[1]


def convolution_stage(
    layers: Layers,
    activation: Layer,
    inputs: int,
    outputs: int,
    kernel_size: int,
    padding: int,
    pool: Layer,
    batch_norm: bool,
) -> Iterator[nn.Module]:
    """Yields convolution, batch norm, activation and a pooling that halves both sides."""
    yield layers.conv2d(inputs, outputs, kernel_size=kernel_size, padding=padding)
    if batch_norm:
        yield layers.batch_norm2d(outputs)
    yield activation()
    yield pool(kernel_size=2, stride=2)


class Step(nn.Module):
    """1 where x > 0, else 0 (Rosenblatt, 1958). Its derivative is 0 except at 0, where it is undefined."""

    note = "activation step has derivative 0: no gradient reaches the layers before it, which keep their first weights"

    def forward(self, x: Tensor) -> Tensor:
        return torch.sign(x).clamp(min=0)  # sign has a gradient, of zeros; a comparison has none


class CReLU(nn.Module):
    """max(0, x) beside max(0, −x): (N, C, …) → (N, 2·C, …), so that no sign is lost (Shang et al., 2016)."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, -x], 1).clamp(min=0)
