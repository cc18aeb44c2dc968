"""The losses and how steep they are."""

from __future__ import annotations

from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import functional

from lightlab.figures.request import Request
from lightlab.plots.style import COLOURS, DASHES, Say


def draw(request: Request) -> dict[str, Figure]:
    figure = Figure(figsize=(11, 7.4), layout="constrained")
    (numbers, slopes), (classes, ratios) = figure.subplots(2, 2)
    error = torch.linspace(-3, 3, 601, requires_grad=True)
    zero = torch.zeros(601)
    curves = {
        "squared": error**2,
        "absolute": functional.l1_loss(error, zero, reduction="none"),
        "smooth L1": functional.smooth_l1_loss(error, zero, reduction="none"),
    }
    _numbers(numbers, slopes, error, curves, request.say)
    _classes(classes, request.say)
    _ratios(ratios, request.say)
    for axes in (numbers, slopes, classes, ratios):
        axes.grid(alpha=0.3)
        axes.legend(fontsize=9)
    return {"losses": figure}


def _numbers(values: Axes, slopes: Axes, error: Tensor, curves: dict[str, Tensor], say: Say) -> None:
    for index, (name, curve) in enumerate(curves.items()):
        look: dict[str, Any] = {"color": COLOURS[index], "linestyle": DASHES[index], "linewidth": 2, "label": say(name)}
        values.plot(error.detach(), curve.detach(), **look)
        (slope,) = torch.autograd.grad(curve.sum(), error)
        slopes.plot(error.detach(), slope, **look)
    values.set(xlabel=say("error ŷ − y"), title=say("losses of a number"), ylim=(-0.1, 5))
    slopes.set(xlabel=say("error ŷ − y"), title=say("and their derivatives: what an outlier pulls with"), ylim=(-4, 4))


def _classes(axes: Axes, say: Say) -> None:
    logit = torch.linspace(-6, 6, 601)
    for index, target in enumerate((1.0, 0.0, 0.9)):
        loss = functional.binary_cross_entropy_with_logits(logit, torch.full_like(logit, target), reduction="none")
        name = say("cross-entropy, target {target}").format(target=f"{target:g}")
        axes.plot(logit, loss, color=COLOURS[index], linestyle=DASHES[index], linewidth=2, label=name)
    squared = (logit.sigmoid() - 1) ** 2
    axes.plot(
        logit, squared, color=COLOURS[3], linestyle=DASHES[3], linewidth=2, label=say("squared error of p, target 1")
    )
    axes.set(xlabel=say("logit z; p = 1/(1 + e⁻ᶻ)"), title=say("losses of a class: cross-entropy stays steep"))


def _ratios(axes: Axes, say: Say) -> None:
    for index, price in enumerate((100_000, 300_000)):
        predicted = torch.linspace(0.4, 2.0, 400) * price
        loss = (predicted.log() - torch.tensor(float(price)).log()).abs()
        name = say("log-RMSE, y = {price}").format(price=f"{price:,}")
        axes.plot(predicted / price, loss, color=COLOURS[index], linestyle=DASHES[index], linewidth=2, label=name)
        name = say("|ŷ − y| / 300,000, y = {price}").format(price=f"{price:,}")
        error = (predicted - price).abs() / 300_000
        axes.plot(predicted / price, error, color=COLOURS[index + 2], linestyle=DASHES[index + 2], label=name)
    axes.set(xlabel=say("prediction ŷ / y"), title=say("log-RMSE: ten per cent cost the same at any price"))
