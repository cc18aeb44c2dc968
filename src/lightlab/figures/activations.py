"""Every activation with its derivative."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.nn import functional

from lightlab.figures.options import FigureOptions
from lightlab.plots.style import COLOURS, Translate, charts


class Activation(NamedTuple):
    formula: str  # for matplotlib's mathtext
    function: Callable[[Tensor], Tensor]  # (N,) → (N,), or a row for each of several curves (K, N)


ACTIVATIONS = {
    "step": Activation(r"$1$ if $x>0$ else $0$", lambda x: (x > 0).to(x.dtype)),
    "sigmoid": Activation(r"$1/(1+e^{-x})$", torch.sigmoid),
    "tanh": Activation(r"$(e^x-e^{-x})/(e^x+e^{-x})$", torch.tanh),
    "relu": Activation(r"$\max(0,x)$", functional.relu),
    "leaky_relu": Activation(r"$\max(0.1x,x)$", nn.LeakyReLU(0.1)),
    "elu": Activation(r"$x$ if $x>0$ else $e^x-1$", functional.elu),
    "crelu": Activation(r"$\max(0,x)$ and $\max(0,-x)$", lambda x: torch.stack([x.relu(), (-x).relu()])),
    "selu": Activation(r"$1.05\cdot(x$ or $1.67(e^x-1))$", functional.selu),
    "relu6": Activation(r"$\min(\max(0,x),6)$", functional.relu6),
    "softplus": Activation(r"$\ln(1+e^x)$", functional.softplus),
    "softsign": Activation(r"$x/(1+|x|)$", functional.softsign),
    "softmax": Activation(
        r"$e^x/(e^x+2)$: first of $(x,0,0)$", lambda x: torch.softmax(torch.stack([x, 0 * x, 0 * x]), 0)[0]
    ),
    "gelu": Activation(r"$x\cdot\Phi(x)$", functional.gelu),
    "silu": Activation(r"$x\cdot\sigma(x)$", functional.silu),
    "identity": Activation(r"$x$", lambda x: 1 * x),
}


def draw_activations(options: FigureOptions, translate: Translate) -> dict[str, Figure]:
    figure, panels = charts(len(ACTIVATIONS), columns=5, width=2.5, height=2.9)
    for axes, (name, activation) in zip(panels, ACTIVATIONS.items(), strict=True):
        _draw_one(axes, activation.function, 8.0 if name == "relu6" else 4.0)
        axes.set_title(f"{name}\n{activation.formula}", fontsize=10)
    handles = panels[0].get_lines()[-2:]
    labels = [translate("activation"), translate("derivative (by autograd)")]
    figure.legend(handles, labels, loc="outside upper center", ncols=2)
    return {"activations": figure}


def derivatives(function: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    """Values and derivatives (K, N) of each curve at x (N,); 0 where autograd has no path, as for a step."""
    x = x.detach().requires_grad_()
    values = torch.atleast_2d(function(x))
    slopes = [
        torch.autograd.grad(row.sum(), x, retain_graph=True)[0] if row.requires_grad else torch.zeros_like(x)
        for row in values
    ]
    return values.detach(), torch.stack(slopes)


def _draw_one(axes: Axes, function: Callable[[Tensor], Tensor], right: float) -> None:
    x = torch.linspace(-4, right, 801)
    values, slopes = derivatives(function, x + 1e-4)  # none of them is 0, where some functions have a kink
    axes.axhline(0, color="0.75", linewidth=0.8)
    axes.axvline(0, color="0.75", linewidth=0.8)
    for value, slope, alpha in zip(values, slopes, (1.0, 0.55), strict=False):
        axes.plot(x, value, color=COLOURS[0], linewidth=2.2, alpha=alpha)
        axes.plot(x, slope, color=COLOURS[1], linewidth=1.6, linestyle="--", alpha=alpha)
    low, high = min(-1.2, float(values.min()) * 1.1), max(1.25, min(float(values.max()) * 1.1, right))
    axes.set(xlim=(-4, right), ylim=(max(low, -4), high))
    axes.tick_params(labelsize=8)
