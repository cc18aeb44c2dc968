"""What batch normalisation does to a layer's inputs, and to a deep network."""

from __future__ import annotations

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn

from lightlab.figures.request import Request
from lightlab.plots.style import COLOURS, DASHES, Say

UNITS = ((-4.0, 0.5), (0.0, 1.0), (3.0, 2.5))  # mean and standard deviation of three units over a batch
DEPTH, WIDTH, ROWS = 20, 100, 256


def draw(request: Request) -> dict[str, Figure]:
    say = request.say
    torch.manual_seed(0)
    batch = torch.stack([mean + std * torch.randn(2000) for mean, std in UNITS], dim=1)  # (N, 3)
    norm = nn.BatchNorm1d(3)
    figure = Figure(figsize=(12, 7), layout="constrained")
    grid = figure.subplots(2, 2)
    _histograms(grid[0, 0], batch, say("before: each unit has its own mean and spread"), say)
    with torch.no_grad():
        _histograms(grid[0, 1], norm(batch), say("normalised over the batch: (x − mean) / deviation"), say)
        norm.weight.copy_(torch.tensor([0.5, 1.0, 2.0]))
        norm.bias.copy_(torch.tensor([-3.0, 0.0, 3.0]))
        _histograms(grid[1, 0], norm(batch), say("then scaled and moved by what is learnt: γ·x + β"), say)
    _depth(grid[1, 1], say)
    return {"batch_norm": figure}


def _histograms(axes: Axes, batch: Tensor, title: str, say: Say) -> None:
    for unit, values in enumerate(batch.T.numpy()):
        name = say("unit {unit}: mean {mean:.1f}, deviation {std:.1f}")
        name = name.format(unit=unit + 1, mean=round(float(values.mean()), 1) + 0.0, std=values.std()).replace("-", "−")
        shares, edges = np.histogram(values, bins=np.linspace(-8, 10, 61), density=True)
        centres = (edges[1:] + edges[:-1]) / 2
        axes.plot(centres, shares, color=COLOURS[unit], linestyle=DASHES[unit], linewidth=2, label=name)
    axes.set(title=title, yticks=[])
    axes.legend(fontsize=8, loc="upper right")


def _depth(axes: Axes, say: Say) -> None:
    """Weights too small, right and too large for ReLU, with and without batch norm between."""
    layers = range(1, DEPTH + 1)
    for index, gain in enumerate((0.5, 1.0, 2.0)):
        for with_norm in (False, True):
            name = say("weights × {gain}, batch norm") if with_norm else say("weights × {gain}")
            dash = "-" if with_norm else "--"
            spreads = spread_by_layer(gain, with_norm)
            axes.plot(layers, spreads, color=COLOURS[index], linestyle=dash, label=name.format(gain=gain), linewidth=2)
    axes.set(
        yscale="log", ylim=(1e-7, 1e13), xlabel=say("layer"), title=say("standard deviation of the activations, ReLU")
    )
    axes.set_xticks([1, *range(5, DEPTH + 1, 5)])
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="upper left")


@torch.no_grad()
def spread_by_layer(gain: float, with_norm: bool) -> list[float]:
    """Of ReLU's outputs in a network initialised for it (He et al., 2015), all weights times `gain`."""
    torch.manual_seed(0)
    x, spreads = torch.randn(ROWS, WIDTH), []
    for _ in range(DEPTH):
        layer = nn.Linear(WIDTH, WIDTH, bias=False)
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        layer.weight.mul_(gain)
        x = layer(x)
        x = (nn.BatchNorm1d(WIDTH)(x) if with_norm else x).relu()
        spreads.append(float(x.std()))
    return spreads
