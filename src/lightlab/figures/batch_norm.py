"""A layer's inputs before and after batch normalisation, and its effect on a deep network."""

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn

from lightlab.figures.options import FigureOptions
from lightlab.plots.style import COLOURS, DASHES, Translate, charts

UNITS = ((-4.0, 0.5), (0.0, 1.0), (3.0, 2.5))  # mean and standard deviation of three units over a batch
DEPTH, WIDTH, ROWS = 20, 100, 256


@torch.no_grad()
def draw_batch_norm(options: FigureOptions, translate: Translate) -> dict[str, Figure]:
    torch.manual_seed(0)
    batch = torch.stack([mean + std * torch.randn(2000) for mean, std in UNITS], dim=1)  # (N, 3)
    norm = nn.BatchNorm1d(3)
    figure, (before, normalised, scaled, depth) = charts(4, columns=2, width=6, height=3.5)
    _draw_units(before, batch, "before: each unit has its own mean and spread", translate)
    _draw_units(normalised, norm(batch), "normalised over the batch: (x − mean) / deviation", translate)
    norm.weight.copy_(torch.tensor([0.5, 1.0, 2.0]))
    norm.bias.copy_(torch.tensor([-3.0, 0.0, 3.0]))
    _draw_units(scaled, norm(batch), "then scaled and shifted by learnt parameters: γ·x + β", translate)
    _draw_depth(depth, translate)
    return {"batch_norm": figure}


def _draw_units(axes: Axes, batch: Tensor, title: str, translate: Translate) -> None:
    for unit, values in enumerate(batch.T.numpy()):
        label = translate("unit {unit}: mean {mean:.1f}, deviation {std:.1f}")
        label = label.format(unit=unit + 1, mean=round(float(values.mean()), 1) + 0.0, std=values.std())
        label = label.replace("-", "−")
        shares, edges = np.histogram(values, bins=np.linspace(-8, 10, 61), density=True)
        centres = (edges[1:] + edges[:-1]) / 2
        axes.plot(centres, shares, linewidth=2, label=label, color=COLOURS[unit], linestyle=DASHES[unit])
    axes.set(title=translate(title), yticks=[])
    axes.legend(fontsize=8, loc="upper right")


def _draw_depth(axes: Axes, translate: Translate) -> None:
    """Weights too small, right and too large for ReLU, with and without batch norm between."""
    layers = range(1, DEPTH + 1)
    for index, gain in enumerate((0.5, 1.0, 2.0)):
        for with_norm in (False, True):
            label = translate("weights × {gain}, batch norm" if with_norm else "weights × {gain}").format(gain=gain)
            spreads, dash = spread_by_layer(gain, with_norm), "-" if with_norm else "--"
            axes.semilogy(layers, spreads, dash, color=COLOURS[index], label=label, linewidth=2)
    title = translate("standard deviation of the activations, ReLU")
    axes.set(ylim=(1e-7, 1e13), xlabel=translate("layer"), title=title, xticks=[1, *range(5, DEPTH + 1, 5)])
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="upper left")


@torch.no_grad()
def spread_by_layer(gain: float, with_norm: bool) -> list[float]:
    """Standard deviations of ReLU's outputs, with He's initial weights (2015) times `gain`."""
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
