"""A tangent line whose slope is found by numerical differentiation."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from lightlab.figures.request import Request
from lightlab.optimization.differences import derivative
from lightlab.plots.style import COLOURS

AT, STEP, WIDE = 5.0, 1e-4, 4.0


def draw(request: Request) -> dict[str, Figure]:
    say = request.say
    slope = derivative(curve, AT, STEP)  # by central differences
    figure = Figure(figsize=(7, 4.8), layout="constrained")
    axes = figure.add_subplot()
    x = np.linspace(0, 12, 200)
    axes.plot(x, curve(x), color=COLOURS[0], linewidth=2.2, label="f(x) = 0.01x² + 0.1x")
    axes.plot(x, curve(AT) + slope * (x - AT), color=COLOURS[1], linestyle="--", label=say("tangent at x = 5"))
    for ends, colour, dash, name in (
        ((AT, AT + WIDE), COLOURS[2], "-.", say("chord from x to x + h, h = 4")),
        ((AT - WIDE, AT + WIDE), COLOURS[3], ":", say("chord from x − h to x + h, h = 4")),
    ):
        heights = [curve(end) for end in ends]
        axes.plot(ends, heights, marker="o", markersize=5, color=colour, linestyle=dash, linewidth=2, label=name)
    axes.plot(AT, curve(AT), marker="o", markersize=8, color="black", zorder=4)
    axes.set(xlabel="x", ylabel="f(x)")
    axes.set_title(say("slope at x = 5 with h = 0.0001: {slope:.12f}; exactly 0.2").format(slope=slope))
    axes.grid(alpha=0.3)
    axes.legend()
    return {"tangent": figure}


def curve(x: Any) -> Any:
    """0.01·x² + 0.1·x, of a number or an array."""
    return 0.01 * x**2 + 0.1 * x
