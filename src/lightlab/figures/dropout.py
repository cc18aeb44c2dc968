"""What dropout leaves of a layer's units."""

from __future__ import annotations

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from torch import Tensor
from torch.nn import functional

from lightlab.figures.request import Request
from lightlab.plots.style import COLOURS, Say

SHARES = (0.0, 0.2, 0.5)
SIDE, DRAWS = 14, 4000


def draw(request: Request) -> dict[str, Figure]:
    say = request.say
    torch.manual_seed(0)
    units = torch.rand(SIDE * SIDE)
    figure = Figure(figsize=(12, 7), layout="constrained")
    grid = figure.subplots(2, 3)
    for column, share in enumerate(SHARES):
        image = _units(grid[0, column], functional.dropout(units, share), share, say)
        _sums(grid[1, column], units, share, say)
    bar = figure.colorbar(image, ax=list(grid[0]), shrink=0.85)
    bar.set_label(say("a unit's value"))
    return {"dropout": figure}


def _units(axes: Axes, units: Tensor, share: float, say: Say) -> AxesImage:
    alive = np.where(units.numpy() > 0, units.numpy(), np.nan).reshape(SIDE, SIDE)
    image = axes.imshow(alive, cmap="viridis", vmin=0, vmax=2)
    for row, column in np.argwhere(np.isnan(alive)):
        axes.plot(column, row, marker="x", markersize=4, color="0.6")
    scale = (
        say("nothing dropped")
        if share == 0
        else say("p = {p}: the rest × {scale}").format(p=share, scale=1 / (1 - share))
    )
    axes.set_title(scale)
    axes.set(xticks=[], yticks=[])
    return image


def _sums(axes: Axes, units: Tensor, share: float, say: Say) -> None:
    """What the next layer gets: the mean is the same with and without dropout, its spread grows with p."""
    sums = functional.dropout(units.expand(DRAWS, -1), share).mean(1)
    axes.hist(
        sums,
        bins=np.linspace(0.3, 0.7, 41).tolist(),
        color=COLOURS[0],
        alpha=0.8,
        label=say("training, {n} draws").format(n=DRAWS),
    )
    axes.axvline(
        float(units.mean()), color=COLOURS[1], linestyle="--", linewidth=2, label=say("evaluation: nothing dropped")
    )
    axes.set(xlabel=say("mean of the layer's units"), yticks=[])
    axes.set_title(
        say("mean {mean:.3f}, standard deviation {std:.3f}").format(mean=sums.mean(), std=sums.std()), fontsize=10
    )
    axes.set_ylim(0, 1.4 * axes.get_ylim()[1])
    axes.legend(fontsize=8, loc="upper right")
