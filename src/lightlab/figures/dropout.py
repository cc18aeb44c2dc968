"""A layer's units with and without dropout, and the spread of their mean."""

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from torch import Tensor
from torch.nn import functional

from lightlab.figures.options import FigureOptions
from lightlab.plots.style import COLOURS, Translate

PROBABILITIES = (0.0, 0.2, 0.5)
SIDE, DRAWS = 14, 4000


def draw_dropout(options: FigureOptions, translate: Translate) -> dict[str, Figure]:
    torch.manual_seed(0)
    units = torch.rand(SIDE * SIDE)
    figure = Figure(figsize=(12, 7), layout="constrained")
    grid = figure.subplots(2, 3)
    for column, p in enumerate(PROBABILITIES):
        label = translate("p = {p}: the rest × {scale}" if p else "nothing dropped")
        image = _draw_units(grid[0, column], functional.dropout(units, p), label.format(p=p, scale=1 / (1 - p)))
        _draw_means(grid[1, column], units, p, translate)
    figure.colorbar(image, ax=list(grid[0]), shrink=0.85, label=translate("a unit's value"))
    return {"dropout": figure}


def _draw_units(axes: Axes, units: Tensor, title: str) -> AxesImage:
    values = units.view(SIDE, SIDE).numpy()
    image = axes.imshow(np.where(values > 0, values, np.nan), cmap="viridis", vmin=0, vmax=2)
    rows, columns = np.nonzero(values == 0)
    axes.plot(columns, rows, "x", markersize=4, color="0.6")
    axes.set(title=title, xticks=[], yticks=[])
    return image


def _draw_means(axes: Axes, units: Tensor, p: float, translate: Translate) -> None:
    """The next layer's input: its mean is the same with and without dropout, its spread grows with p."""
    means = functional.dropout(units.expand(DRAWS, -1), p).mean(1)
    label = translate("training, {n} draws").format(n=DRAWS)
    axes.hist(means, bins=np.linspace(0.3, 0.7, 41).tolist(), color=COLOURS[0], alpha=0.8, label=label)
    label = translate("evaluation: nothing dropped")
    axes.axvline(float(units.mean()), color=COLOURS[1], linestyle="--", linewidth=2, label=label)
    title = translate("mean {mean:.3f}, standard deviation {std:.3f}").format(mean=means.mean(), std=means.std())
    axes.set(xlabel=translate("mean of the layer's units"), yticks=[], ylim=(0, 1.4 * axes.get_ylim()[1]))
    axes.set_title(title, fontsize=10)
    axes.legend(fontsize=8, loc="upper right")
