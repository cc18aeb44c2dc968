"""The losses and their slopes."""

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch.nn import functional

from lightlab.figures.options import FigureOptions
from lightlab.plots.style import CYCLE, Translate, charts


def draw_losses(options: FigureOptions, translate: Translate) -> dict[str, Figure]:
    figure, panels = charts(4, columns=2, width=5.5, height=3.7)
    for axes in panels:
        axes.set_prop_cycle(CYCLE)
    values, slopes, classes, prices = panels
    _draw_numbers(values, slopes, translate)
    _draw_classes(classes, translate)
    _draw_prices(prices, translate)
    for axes in panels:
        axes.grid(alpha=0.3)
        axes.legend(fontsize=9)
    return {"losses": figure}


def _draw_numbers(values: Axes, slopes: Axes, translate: Translate) -> None:
    error = torch.linspace(-3, 3, 601, requires_grad=True)
    zero = torch.zeros(601)
    for name, loss in {
        "squared": error**2,
        "absolute": functional.l1_loss(error, zero, reduction="none"),
        "smooth L1": functional.smooth_l1_loss(error, zero, reduction="none"),
    }.items():
        (slope,) = torch.autograd.grad(loss.sum(), error)
        values.plot(error.detach(), loss.detach(), linewidth=2, label=translate(name))
        slopes.plot(error.detach(), slope, linewidth=2, label=translate(name))
    values.set(title=translate("losses for regression"), ylim=(-0.1, 5))
    slopes.set(title=translate("their derivatives: the pull of an outlier"), ylim=(-4, 4))
    for axes in (values, slopes):
        axes.set_xlabel(translate("error ŷ − y"))


def _draw_classes(axes: Axes, translate: Translate) -> None:
    logit = torch.linspace(-6, 6, 601)
    for target in (1.0, 0.0, 0.9):
        loss = functional.binary_cross_entropy_with_logits(logit, torch.full_like(logit, target), reduction="none")
        label = translate("cross-entropy, target {target}").format(target=f"{target:g}")
        axes.plot(logit, loss, linewidth=2, label=label)
    axes.plot(logit, (logit.sigmoid() - 1) ** 2, linewidth=2, label=translate("squared error of p, target 1"))
    title = translate("losses for classification: cross-entropy stays steep")
    axes.set(xlabel=translate("logit z; p = 1/(1 + e⁻ᶻ)"), title=title)


def _draw_prices(axes: Axes, translate: Translate) -> None:
    ratio = torch.linspace(0.4, 2.0, 400)
    prices = (100_000, 300_000)
    for price in prices:
        label = translate("log-RMSE, y = {price}").format(price=f"{price:,}")
        axes.plot(ratio, ratio.log().abs(), linewidth=2, label=label)
    for price in prices:
        label = translate("|ŷ − y| / 300,000, y = {price}").format(price=f"{price:,}")
        axes.plot(ratio, (ratio - 1).abs() * price / 300_000, label=label)
    title = translate("log-RMSE: 10 % off costs the same at any price")
    axes.set(xlabel=translate("prediction ŷ / y"), title=title)
