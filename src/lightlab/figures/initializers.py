"""The activations and gradients of a deep network, layer by layer, under every initializer."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from torch import Tensor, nn

from lightlab.config.instantiation import part
from lightlab.errors import UsageError, did_you_mean
from lightlab.figures.activations import ACTIVATIONS
from lightlab.figures.options import FigureOptions
from lightlab.figures.settings import settings_by_name
from lightlab.plots.style import Translate

DEPTH, WIDTH, ROWS = 10, 100, 256
USUAL = ["sigmoid", "tanh", "relu"]
UNIT_BY_UNIT = [name for name in ACTIVATIONS if name not in ("crelu", "softmax")]
REACH = 6  # powers of ten that the shades tell apart


@dataclass(frozen=True)
class Passage:
    """One value a layer, from the first to the last.

    Attributes:
        activations: standard deviation of a unit's outputs over the inputs, averaged over the units.
        gradients: standard deviation of the loss's gradient by the layer's outputs.
        symmetric: whether all units of the layer have the same outputs.
    """

    activations: list[float]
    gradients: list[float]
    symmetric: list[bool]


def draw_initializers(options: FigureOptions, translate: Translate) -> dict[str, Figure]:
    for name in options.activation:
        if name not in [*UNIT_BY_UNIT, "all"]:
            raise UsageError(
                f"activation={name}: not in this figure; {did_you_mean(name, UNIT_BY_UNIT)}"
                f"activations: {', '.join(UNIT_BY_UNIT)}, or all"
            )
    if not options.activation:
        return {"initializers": _figure(USUAL, translate)}
    names = UNIT_BY_UNIT if "all" in options.activation else options.activation
    return {f"initializers-{name}": _figure([name], translate) for name in names}


def passage(initialize: Callable[[nn.Module], object], activation: Callable[[Tensor], Tensor]) -> Passage:
    """Standard normal inputs (ROWS, WIDTH) through DEPTH layers, and a standard normal gradient back."""
    torch.manual_seed(0)
    layers = [nn.Linear(WIDTH, WIDTH) for _ in range(DEPTH)]
    initialize(nn.Sequential(*layers))
    x = torch.randn(ROWS, WIDTH)
    outputs: list[Tensor] = []
    for layer in layers:
        x = activation(layer(x))
        x = x if x.requires_grad else x.requires_grad_()  # behind a step there is no path back
        x.retain_grad()
        outputs.append(x)
    x.backward(torch.randn_like(x))
    return Passage(
        [float(output.detach().std(0).mean()) for output in outputs],
        [0.0 if output.grad is None else float(output.grad.std()) for output in outputs],
        [bool((output == output[:, :1]).all()) for output in outputs],
    )


def _figure(activations: list[str], translate: Translate) -> Figure:
    figure = Figure(figsize=(11, 0.6 + 3.7 * len(activations)), layout="constrained")
    initializers = {
        name: part({"initializer": settings}, "initializer")
        for name, settings in settings_by_name("initializer").items()
    }
    grid = figure.subplots(len(activations), 2, squeeze=False, sharex=True, sharey=True)
    for (forward, back), name in zip(grid, activations, strict=True):
        passages = [passage(initialize, ACTIVATIONS[name].function) for initialize in initializers.values()]
        symmetric = np.array([passed.symmetric for passed in passages])
        title = f"{name}: {translate('activations')}"
        _draw_powers(forward, np.array([passed.activations for passed in passages]), symmetric, title)
        forward.set_yticks(range(len(initializers)), list(initializers))
        title = f"{name}: {translate('gradients')}"
        image = _draw_powers(back, np.array([passed.gradients for passed in passages]), symmetric, title)
    label = translate("standard deviation, as a power of ten")
    shrink = min(1, 1.4 / len(activations))
    figure.colorbar(image, ax=grid, shrink=shrink, aspect=30, extend="both", label=label)
    legend = "layer, from the input on   (−: vanishing, +: exploding, ×: exactly 0, hatched: all units are the same)"
    figure.supxlabel(translate(legend), fontsize=10)
    return figure


def _draw_powers(axes: Axes, spreads: np.ndarray, symmetric: np.ndarray, title: str) -> AxesImage:
    """A row an initializer, a column a layer: `spreads` (initializers, layers) as powers of ten."""
    with np.errstate(divide="ignore"):
        powers = np.where(spreads > 1e-30, np.log10(spreads), np.nan)
    shades = colormaps["PuOr_r"].with_extremes(bad="0.85")
    image = axes.imshow(powers, cmap=shades, vmin=-REACH, vmax=REACH, aspect="auto")
    for (row, column), power in np.ndenumerate(powers):
        text = "×" if np.isnan(power) else f"{power:+.0f}".replace("-", "−").replace("+0", "0").replace("−0", "0")
        colour = "white" if abs(power) > 0.7 * REACH else "black"
        axes.text(column, row, text, ha="center", va="center", fontsize=8, color=colour)
    for row, column in np.argwhere(symmetric):
        hatched = Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, hatch="///", edgecolor="0.45", linewidth=0)
        axes.add_patch(hatched)
    axes.set_xticks(range(DEPTH), [str(layer + 1) for layer in range(DEPTH)])
    axes.set_title(title)
    axes.tick_params(labelsize=9)
    return image
