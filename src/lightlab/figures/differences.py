"""Numerical derivatives: a tangent line, and the error by the step, from truncation and from rounding."""

import math
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from lightlab.figures.options import FigureOptions
from lightlab.optimization.differences import Difference, central, derivative, forward
from lightlab.plots.style import COLOURS, Translate, charts

TANGENT_AT, STEP, WIDE_STEP = 5.0, 1e-4, 4.0
ERRORS_AT = 1.0
TYPES = (torch.float32, torch.float64)
SMALLEST = 1e-13  # the least error that is drawn


def draw_tangent(options: FigureOptions, translate: Translate) -> dict[str, Figure]:
    at, wide = TANGENT_AT, WIDE_STEP
    slope = derivative(curve, at, STEP)  # by central differences
    figure, (axes,) = charts(1, columns=1, width=7, height=4.8)
    x = np.linspace(0, 12, 200)
    axes.plot(x, curve(x), color=COLOURS[0], linewidth=2.2, label="f(x) = 0.01x² + 0.1x")
    axes.plot(x, curve(at) + slope * (x - at), color=COLOURS[1], linestyle="--", label=translate("tangent at x = 5"))
    for left, right, colour, style, label in (
        (at, at + wide, COLOURS[2], "o-.", "chord from x to x + h, h = 4"),
        (at - wide, at + wide, COLOURS[3], "o:", "chord from x − h to x + h, h = 4"),
    ):
        heights = [curve(left), curve(right)]
        axes.plot([left, right], heights, style, color=colour, linewidth=2, markersize=5, label=translate(label))
    axes.plot(at, curve(at), marker="o", markersize=8, color="black", zorder=4)
    title = translate("slope at x = 5 with h = 0.0001: {slope:.12f}; exactly 0.2").format(slope=slope)
    axes.set(xlabel="x", ylabel="f(x)", title=title)
    axes.grid(alpha=0.3)
    axes.legend()
    return {"tangent": figure}


def curve(x: Any) -> Any:
    """0.01·x² + 0.1·x, of a number or an array."""
    return 0.01 * x**2 + 0.1 * x


def draw_differences(options: FigureOptions, translate: Translate) -> dict[str, Figure]:
    figure = Figure(figsize=(10, 4.8), layout="constrained")
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    for axes, dtype in zip(panels, TYPES, strict=True):
        epsilon = torch.finfo(dtype).eps
        _draw_guides(axes, epsilon, translate)
        for difference, colour, marker, label in (
            (forward, COLOURS[1], "o", "forward: (f(x + h) − f(x)) / h"),
            (central, COLOURS[0], "s", "central: (f(x + h) − f(x − h)) / 2h"),
        ):
            axes.loglog(*errors(difference, dtype), marker, color=colour, markersize=3.5, label=translate(label))
        title = translate("{kind}: ε = {epsilon:.1e}").format(kind=str(dtype)[len("torch.") :], epsilon=epsilon)
        axes.set(xlabel=translate("step h"), xlim=(1e-16, 1), ylim=(SMALLEST, 10), title=title)
        axes.grid(alpha=0.3)
    panels[0].set_ylabel(translate("error of the derivative of sin at 1"))
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return {"differences": figure}


def errors(difference: Difference, dtype: torch.dtype, per_decade: int = 8) -> tuple[Tensor, Tensor]:
    """Steps h, as the numbers of that type nearest to powers of ten, and |difference − cos 1| for each.

    Only steps that change x are kept: a smaller one would give 0.
    """
    steps = (10 ** torch.arange(-16, 1e-9, 1 / per_decade, dtype=torch.float64)).to(dtype)
    x = torch.tensor(ERRORS_AT, dtype=dtype)
    steps = steps[(x + steps != x) & (x - steps != x)]
    slopes = torch.tensor([float(difference(torch.sin, x, h)) for h in steps.tolist()], dtype=torch.float64)
    return steps.double(), (slopes - math.cos(ERRORS_AT)).abs().clamp(min=SMALLEST)


def _draw_guides(axes: Axes, epsilon: float, translate: Translate) -> None:
    h = torch.logspace(-16, 0, 2, dtype=torch.float64)
    for error, dash, label in (
        (h / 2 * math.sin(ERRORS_AT), "-", translate("truncation: h/2·|f″| and h²/6·|f‴|")),
        (h**2 / 6 * math.cos(ERRORS_AT), "-", None),
        (epsilon * math.sin(ERRORS_AT) / h, "--", translate("rounding: ε·|f| / h")),
    ):
        axes.loglog(h, error, color="0.55", linestyle=dash, linewidth=1.2, label=label, zorder=0)
