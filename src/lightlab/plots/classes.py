"""Plots of classifiers: confusion matrix, accuracy by class, calibration, ROC and precision-recall curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor
from torchmetrics.functional.classification import (
    binary_auroc,
    binary_average_precision,
    binary_precision_recall_curve,
    binary_roc,
)

from lightlab.modules.metrics import BINS, Calibration
from lightlab.plots.style import COLOURS, format_rows, legible

MOST_WITH_NUMBERS = 25  # classes; of more, shades alone can be read


def confusion_figure(counts: np.ndarray, names: Sequence[str], threshold: float | None = None) -> Figure:
    """Rows are the true classes, columns the predicted ones; shades are shares of a row, numbers are counts.

    Args:
        counts: (classes, classes).
        threshold: the probability from which on the second of two classes was predicted.
    """
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    many = len(names) > MOST_WITH_NUMBERS
    inches = 2.5 + (0.16 if many else 0.55) * len(names)
    figure = Figure(figsize=(inches + 0.6, inches), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    at = "" if threshold is None else f"\nat threshold {threshold:g}"
    axes.set(xlabel="predicted", ylabel="true", title=f"{np.trace(counts) / max(counts.sum(), 1):.1%} correct{at}")
    labels, size = [legible(name) for name in names], 6 if many else 10
    turned = {"rotation": 90, "ha": "center"} if many else {"rotation": 45, "ha": "right"}
    axes.set_xticks(range(len(names)), labels, fontsize=size, **turned)  # type: ignore[arg-type]
    axes.set_yticks(range(len(names)), labels, fontsize=size)
    if not many:
        _write_counts(axes, counts, shares)
    figure.colorbar(image, ax=axes, label="share of the true class", shrink=0.8, fraction=0.08, pad=0.03)
    return figure


def _write_counts(axes: Axes, counts: np.ndarray, shares: np.ndarray) -> None:
    size = 8 if len(counts) > 5 else 11
    for row, column in np.argwhere(counts > 0):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour, fontsize=size)


MOST_CLASSES = 40


def classes_figure(
    names: Sequence[str], right: np.ndarray, counts: np.ndarray, calibration: Calibration, stage: str
) -> Figure:
    """Two charts.

    Args:
        right: (classes,) how many rows of each class were recognized.
        counts: (classes,) how many rows each class has; classes without any are left out.
    """
    shown = min(len(names), MOST_CLASSES)
    figure = Figure(figsize=(11, max(4.4, 1.4 + 0.24 * shown)), layout="constrained")
    bars, reliability = figure.subplots(1, 2)
    _accuracies(bars, names, right, counts)
    _reliability(reliability, calibration, names)
    figure.suptitle(f"{format_rows(int(counts.sum()), stage)} · {right.sum() / max(counts.sum(), 1):.1%} correct")
    return figure


def _accuracies(axes: Axes, names: Sequence[str], right: np.ndarray, counts: np.ndarray) -> None:
    """The worst on top."""
    present = np.flatnonzero(counts)
    share = right[present] / counts[present]
    order = np.argsort(share, kind="stable")[:MOST_CLASSES]
    labels = [f"{legible(names[each])} ({counts[each]:,})" for each in present[order]]
    axes.barh(range(len(order)), share[order], color=COLOURS[0])
    for place, value in enumerate(share[order]):
        x, colour = (0.01, "white") if value > 0.15 else (value + 0.01, "black")
        axes.text(x, place, f"{value:.1%}", va="center", color=colour, fontsize=8)
    axes.axvline(right.sum() / max(counts.sum(), 1), color="black", linestyle="--", linewidth=1)
    axes.set_yticks(range(len(order)), labels, fontsize=8)
    some = f", the lowest {len(order)} of {len(names)}" if len(order) < len(present) else ""
    absent = len(names) - len(present)
    without = f"\n({absent} without rows left out)" if absent else ""
    axes.set(
        xlim=(0, 1),
        ylim=(max(len(order), 1) - 0.4, -0.6),
        xlabel="share recognized (dashed: all rows)",
        title=f"accuracy by true class{some}{without}",
    )


def _reliability(axes: Axes, calibration: Calibration, names: Sequence[str]) -> None:
    axes.plot([0, 1], [0, 1], color="black", linestyle="--", linewidth=1, label="as sure as right")
    middles = (np.minimum((calibration.predicted * BINS).astype(int), BINS - 1) + 0.5) / BINS
    axes.bar(middles, calibration.share, 1 / BINS, color="0.8", label="share of the rows")
    axes.plot(calibration.predicted, calibration.observed, color=COLOURS[1], linewidth=1)
    sizes = 15 + 300 * calibration.share  # a point of a few rows says little
    axes.scatter(calibration.predicted, calibration.observed, sizes, color=COLOURS[1], label="observed", zorder=3)
    two = len(names) == 2
    what = legible(names[1]) if two else ""
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1),
        xlabel=f"predicted probability of {what}" if two else "probability of the predicted class (confidence)",
        ylabel=f"share that is {what}" if two else "share that is right (accuracy)",
        title=f"reliability · expected calibration error {calibration.expected_error:.3f}",
    )
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left")


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
    figure.suptitle(f"{format_rows(len(labels), stage)}, {int(labels.sum()):,} of them {name}")
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
