"""What each threshold on a probability would bring: ROC curve and precision-recall curve."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor
from torchmetrics.functional.classification import (
    binary_auroc,
    binary_average_precision,
    binary_precision_recall_curve,
    binary_roc,
)

from lightlab.figures.fonts import legible
from lightlab.figures.style import COLOURS, rows


def thresholds_figure(probabilities: Tensor, labels: Tensor, threshold: float, name: str, stage: str) -> Figure:
    """Two charts with the point of `threshold`; they say so where all rows are of one class, which has no curve.

    Args:
        probabilities: (N,) of class 1, called `name`.
        labels: (N,) 0 or 1.
    """
    figure = Figure(figsize=(10, 4.8), layout="constrained")
    roc, precision = figure.subplots(1, 2)
    name = legible(name)
    if 0 < int(labels.sum()) < len(labels):
        _roc(roc, probabilities, labels, threshold, name)
        _precision_recall(precision, probabilities, labels, threshold, name)
    else:
        _say_one_class(roc, precision, labels, name)
    for axes in (roc, precision):
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
        axes.grid(alpha=0.3)
    figure.suptitle(f"{rows(len(labels), stage)}, {int(labels.sum()):,} of them {name}")
    return figure


def _roc(axes: Axes, probabilities: Tensor, labels: Tensor, threshold: float, name: str) -> None:
    false, true, _ = binary_roc(probabilities, labels)
    area = float(binary_auroc(probabilities, labels))
    axes.plot(false, true, color=COLOURS[0])
    axes.plot([0, 1], [0, 1], color="black", linestyle="--", linewidth=1)
    said = probabilities >= threshold
    at = (_share(said, labels == 0), _share(said, labels == 1))
    _mark(axes, at, f"threshold {threshold:g}: {at[1]:.1%} found,\n{at[0]:.1%} false alarms")
    axes.set(xlabel=f"false alarms: share of the others called {name}", ylabel=f"share of {name} found (recall)")
    axes.set_title(f"ROC curve · area {area:.3f} (AUROC)")


def _precision_recall(axes: Axes, probabilities: Tensor, labels: Tensor, threshold: float, name: str) -> None:
    precision, recall, _ = binary_precision_recall_curve(probabilities, labels)
    area = float(binary_average_precision(probabilities, labels))
    axes.plot(recall, precision, color=COLOURS[0], drawstyle="steps-post")
    axes.axhline(float(labels.float().mean()), color="black", linestyle="--", linewidth=1)
    said = probabilities >= threshold
    if said.any():
        at = (_share(said, labels == 1), _share(labels == 1, said))
        _mark(axes, at, f"threshold {threshold:g}:\nprecision {at[1]:.1%}, recall {at[0]:.1%}")
    axes.set(xlabel=f"share of {name} found (recall)", ylabel=f"share right of those called {name} (precision)")
    axes.set_title(f"precision against recall · average precision {area:.3f}")


def _share(what: Tensor, among: Tensor) -> float:
    return float(what[among].float().mean())


def _mark(axes: Axes, at: tuple[float, float], words: str) -> None:
    axes.plot(*at, marker="o", markersize=9, color=COLOURS[1], linestyle="none", label=words)
    axes.legend(loc="lower right" if at[1] > 0.35 else "upper right")


def _say_one_class(roc: Axes, precision: Axes, labels: Tensor, name: str) -> None:
    only = f"all {name}" if labels.any() else f"none {name}"
    for axes, title in ((roc, "ROC curve"), (precision, "precision against recall")):
        axes.text(0.5, 0.5, f"the rows are {only}:\nno curve", ha="center", va="center")
        axes.set_title(title)
