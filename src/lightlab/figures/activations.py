"""Every activation with its derivative."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.nn import functional

from lightlab.figures.request import Request
from lightlab.plots.style import COLOURS


@dataclass(frozen=True)
class Activation:
    """What is drawn of one: x (N,) → one row a curve (K, N)."""

    formula: str  # for matplotlib's mathtext
    curves: Callable[[Tensor], Tensor]


def _of(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    return lambda x: function(x).unsqueeze(0)


ACTIVATIONS = {
    "step": Activation(r"$1$ if $x>0$ else $0$", _of(lambda x: (x > 0).to(x.dtype))),
    "sigmoid": Activation(r"$1/(1+e^{-x})$", _of(torch.sigmoid)),
    "tanh": Activation(r"$(e^x-e^{-x})/(e^x+e^{-x})$", _of(torch.tanh)),
    "relu": Activation(r"$\max(0,x)$", _of(functional.relu)),
    "leaky_relu": Activation(r"$\max(0.1x,x)$", _of(nn.LeakyReLU(0.1))),
    "elu": Activation(r"$x$ if $x>0$ else $e^x-1$", _of(functional.elu)),
    "crelu": Activation(r"$\max(0,x)$ and $\max(0,-x)$", lambda x: torch.stack([x.relu(), (-x).relu()])),
    "selu": Activation(r"$1.05\cdot(x$ or $1.67(e^x-1))$", _of(functional.selu)),
    "relu6": Activation(r"$\min(\max(0,x),6)$", _of(functional.relu6)),
    "softplus": Activation(r"$\ln(1+e^x)$", _of(functional.softplus)),
    "softsign": Activation(r"$x/(1+|x|)$", _of(functional.softsign)),
    "softmax": Activation(
        r"$e^x/(e^x+2)$: first of $(x,0,0)$", lambda x: torch.softmax(torch.stack([x, 0 * x, 0 * x]), 0)[:1]
    ),
    "gelu": Activation(r"$x\cdot\Phi(x)$", _of(functional.gelu)),
    "silu": Activation(r"$x\cdot\sigma(x)$", _of(functional.silu)),
    "identity": Activation(r"$x$", _of(lambda x: x)),
}


def draw(request: Request) -> dict[str, Figure]:
    columns = 5
    rows = -(-len(ACTIVATIONS) // columns)
    figure = Figure(figsize=(12.5, 2.9 * rows), layout="constrained")
    for index, (name, activation) in enumerate(ACTIVATIONS.items()):
        axes = figure.add_subplot(rows, columns, index + 1)
        _panel(axes, activation, 8.0 if name == "relu6" else 4.0)
        axes.set_title(f"{name}\n{activation.formula}", fontsize=10)
    handles = figure.axes[0].get_lines()[-2:]
    names = [request.say("activation"), request.say("derivative (by autograd)")]
    figure.legend(handles, names, loc="outside upper center", ncols=2)
    return {"activations": figure}


def derivatives(curves: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    """Values and derivatives (K, N) of each curve at x (N,); 0 where autograd has no path, as for a step."""
    x = x.detach().requires_grad_()
    values = curves(x)
    slopes = [
        torch.autograd.grad(row.sum(), x, retain_graph=True)[0] if row.requires_grad else torch.zeros_like(x)
        for row in values
    ]
    return values.detach(), torch.stack(slopes)


def _panel(axes: Axes, activation: Activation, reach: float) -> None:
    x = torch.linspace(-4, reach, 801)  # 0 is no point of it where a function is not smooth
    values, slopes = derivatives(activation.curves, x + 1e-4)
    axes.axhline(0, color="0.75", linewidth=0.8)
    axes.axvline(0, color="0.75", linewidth=0.8)
    for value, slope, shade in zip(values, slopes, (1.0, 0.55), strict=False):
        axes.plot(x, value, color=COLOURS[0], linewidth=2.2, alpha=shade)
        axes.plot(x, slope, color=COLOURS[1], linewidth=1.6, linestyle="--", alpha=shade)
    low, high = min(-1.2, float(values.min()) * 1.1), max(1.25, min(float(values.max()) * 1.1, reach))
    axes.set(xlim=(-4, reach), ylim=(max(low, -4), high))
    axes.tick_params(labelsize=8)
