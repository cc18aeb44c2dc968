"""What each initializer does to a deep network before it has learnt anything, layer by layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from torch import Tensor, nn

from lightlab.errors import UsageError, did_you_mean
from lightlab.figures.activations import ACTIVATIONS, Activation
from lightlab.figures.request import Request
from lightlab.networks.initializers import Initializer, identity_
from lightlab.plots.style import Say

DEPTH, WIDTH, ROWS = 10, 100, 256
USUAL = ["sigmoid", "tanh", "relu"]
_WHOLE_LAYER = ("crelu", "softmax")  # these do not go unit by unit
REACH = 6  # powers of ten that the shades tell apart

# The choices of the config group `initializer`, with its settings; all but `default` set biases to 0.
_INIT = nn.init
INITIALIZERS: dict[str, Callable[[Tensor], object] | None] = {
    "default": None,
    "zeros": _INIT.zeros_,
    "ones": _INIT.ones_,
    "constant": partial(_INIT.constant_, val=0.1),
    "identity": identity_,
    "normal": partial(_INIT.normal_, mean=0.0, std=0.01),
    "truncated_normal": partial(_INIT.trunc_normal_, mean=0.0, std=0.02, a=-0.04, b=0.04),
    "uniform": partial(_INIT.uniform_, a=-0.1, b=0.1),
    "xavier_normal": _INIT.xavier_normal_,
    "xavier_uniform": _INIT.xavier_uniform_,
    "kaiming_normal": partial(_INIT.kaiming_normal_, mode="fan_in", nonlinearity="relu"),
    "kaiming_uniform": partial(_INIT.kaiming_uniform_, mode="fan_in", nonlinearity="relu"),
    "orthogonal": _INIT.orthogonal_,
}


@dataclass(frozen=True)
class Passage:
    """One value a layer, from the first to the last.

    Attributes:
        activations: how far a unit's answers to different inputs spread: their standard deviation, over units' mean.
        gradients: standard deviation of the loss's gradient by the layer's outputs.
        symmetric: whether all of its units answer alike.
    """

    activations: list[float]
    gradients: list[float]
    symmetric: list[bool]


def draw(request: Request) -> dict[str, Figure]:
    between = [name for name in ACTIVATIONS if name not in _WHOLE_LAYER]
    for name in request.activations:
        if name not in [*between, "all"]:
            raise UsageError(
                f"activation={name}: none that this picture has; {did_you_mean(name, between)}"
                f"activations: {', '.join(between)}, or all"
            )
    if not request.activations:
        return {"initializers": _figure(USUAL, request.say)}
    names = between if "all" in request.activations else request.activations
    return {f"initializers-{name}": _figure([name], request.say) for name in names}


def passage(weight: Callable[[Tensor], object] | None, activation: Activation) -> Passage:
    """Standard normal inputs (ROWS, WIDTH) through DEPTH layers, and a standard normal gradient back."""
    torch.manual_seed(0)
    layers = [nn.Linear(WIDTH, WIDTH) for _ in range(DEPTH)]
    Initializer(weight, None if weight is None else 0.0)(nn.Sequential(*layers))
    x = torch.randn(ROWS, WIDTH)
    outputs: list[Tensor] = []
    for layer in layers:
        (x,) = activation.curves(layer(x))
        x = x if x.requires_grad else x.requires_grad_()  # behind a step there is no path back
        x.retain_grad()
        outputs.append(x)
    x.backward(torch.randn_like(x))
    gradients = [torch.zeros_like(each) if each.grad is None else each.grad for each in outputs]
    return Passage(
        [float(each.detach().std(0).mean()) for each in outputs],
        [float(each.std()) for each in gradients],
        [bool((each == each[:, :1]).all()) for each in outputs],
    )


def _figure(names: list[str], say: Say) -> Figure:
    figure = Figure(figsize=(11, 0.6 + 3.7 * len(names)), layout="constrained")
    grid = figure.subplots(len(names), 2, squeeze=False)
    for row, name in zip(grid, names, strict=True):
        passages = [passage(weight, ACTIVATIONS[name]) for weight in INITIALIZERS.values()]
        symmetric = [each.symmetric for each in passages]
        _panel(row[0], [each.activations for each in passages], symmetric, f"{name}: {say('activations')}")
        image = _panel(row[1], [each.gradients for each in passages], symmetric, f"{name}: {say('gradients')}")
        row[1].set_yticklabels([])
    bar = figure.colorbar(image, ax=grid, shrink=min(1, 1.4 / len(names)), aspect=30, extend="both")
    bar.set_label(say("standard deviation, as a power of ten"))
    figure.supxlabel(
        say("layer, from the input on   (−: vanishing, +: exploding, ×: exactly 0, hatched: all units are the same)"),
        fontsize=10,
    )
    return figure


def _panel(axes: Axes, values: list[list[float]], symmetric: list[list[bool]], title: str) -> AxesImage:
    spread = np.array(values)
    with np.errstate(divide="ignore"):
        powers = np.where(spread > 1e-30, np.log10(spread), np.nan)
    shades = colormaps["PuOr_r"].with_extremes(bad="0.85")
    image = axes.imshow(powers, cmap=shades, vmin=-REACH, vmax=REACH, aspect="auto")
    for (row, column), power in np.ndenumerate(powers):
        text = "×" if np.isnan(power) else f"{power:+.0f}".replace("-", "−").replace("+0", "0").replace("−0", "0")
        shade = "white" if abs(power) > 0.7 * REACH else "black"
        axes.text(column, row, text, ha="center", va="center", fontsize=8, color=shade)
    for row, column in np.argwhere(symmetric):
        hatched = Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, hatch="///", edgecolor="0.45", linewidth=0)
        axes.add_patch(hatched)
    axes.set_xticks(range(DEPTH), [str(layer + 1) for layer in range(DEPTH)])
    axes.set_yticks(range(len(INITIALIZERS)), list(INITIALIZERS))
    axes.set_title(title)
    axes.tick_params(labelsize=9)
    return image
