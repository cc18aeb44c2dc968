"""How wrong a numerical derivative is, by its step: truncation on one side, rounding on the other."""

from __future__ import annotations

import math

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from lightlab.figures.request import Request
from lightlab.optimization.differences import Difference, central, forward
from lightlab.plots.style import COLOURS

AT = 1.0
KINDS = {"float32": torch.float32, "float64": torch.float64}
SMALLEST = 1e-13  # the least error that is drawn


def draw(request: Request) -> dict[str, Figure]:
    say = request.say
    figure = Figure(figsize=(10, 4.8), layout="constrained")
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    for axes, (name, kind) in zip(panels, KINDS.items(), strict=True):
        epsilon = torch.finfo(kind).eps
        _guides(axes, epsilon, say("truncation: h/2·|f″| and h²/6·|f‴|"), say("rounding: ε·|f| / h"))
        for difference, colour, marker, label in (
            (forward, COLOURS[1], "o", say("forward: (f(x + h) − f(x)) / h")),
            (central, COLOURS[0], "s", say("central: (f(x + h) − f(x − h)) / 2h")),
        ):
            steps, found = errors(difference, kind)
            axes.loglog(steps, found, color=colour, linestyle="", marker=marker, markersize=3.5, label=label)
        axes.set(xlabel=say("step h"), xlim=(1e-16, 1), ylim=(SMALLEST, 10))
        axes.set_title(say("{kind}: ε = {epsilon:.1e}").format(kind=name, epsilon=epsilon))
        axes.grid(alpha=0.3)
    panels[0].set_ylabel(say("error of the derivative of sin at 1"))
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return {"differences": figure}


def errors(difference: Difference, kind: torch.dtype, per_decade: int = 8) -> tuple[Tensor, Tensor]:
    """Steps h, as the numbers of that kind nearest to powers of ten, and |difference − cos 1| for each.

    Only steps that change x are kept: a smaller one would give 0.
    """
    steps = (10 ** torch.arange(-16, 1e-9, 1 / per_decade, dtype=torch.float64)).to(kind)
    x = torch.tensor(AT, dtype=kind)
    steps = steps[(x + steps != x) & (x - steps != x)]
    found = torch.tensor([float(difference(torch.sin, x, h)) for h in steps.tolist()], dtype=torch.float64)
    return steps.double(), (found - math.cos(AT)).abs().clamp(min=SMALLEST)


def _guides(axes: Axes, epsilon: float, truncation: str, rounding: str) -> None:
    h = torch.logspace(-16, 0, 2, dtype=torch.float64)
    lines = [h / 2 * math.sin(AT), h**2 / 6 * math.cos(AT), epsilon * math.sin(AT) / h]
    for line, dash, label in zip(lines, ("-", "-", "--"), (truncation, None, rounding), strict=True):
        axes.loglog(h, line, color="0.55", linestyle=dash, linewidth=1.2, label=label, zorder=0)
