"""Plots of classifiers: confusion matrix, accuracy by class, calibration, ROC and precision-recall curves."""

from collections.abc import Sequence
from typing import Any

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
from lightlab.plots.style import COLOURS, charts, format_rows, label_text

MOST_WITH_NUMBERS = 25  # classes; with more, only the shades can be read
MOST_CLASSES = 40
REFERENCE: dict[str, Any] = {"color": "black", "linestyle": "--", "linewidth": 1}  # the line to compare with


def confusion_figure(counts: np.ndarray, names: Sequence[str], threshold: float | None = None) -> Figure:
    """Rows are the true classes, columns the predicted ones; shades are shares of a row, numbers are counts.

    Args:
        counts: (classes, classes).
        threshold: the probability from which on the second of two classes was predicted.
    """
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    many = len(names) > MOST_WITH_NUMBERS
    inches = 2.5 + (0.16 if many else 0.55) * len(names)
    figure, (axes,) = charts(1, columns=1, width=inches + 0.6, height=inches)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    suffix = "" if threshold is None else f"\nat threshold {threshold:g}"
    axes.set(xlabel="predicted", ylabel="true", title=f"{np.trace(counts) / max(counts.sum(), 1):.1%} correct{suffix}")
    labels, size = [label_text(name) for name in names], 6 if many else 10
    axes.set_xticks(
        range(len(names)), labels, fontsize=size, rotation=90 if many else 45, ha="center" if many else "right"
    )
    axes.set_yticks(range(len(names)), labels, fontsize=size)
    if not many:
        size = 8 if len(counts) > 5 else 11
        for row, column in np.argwhere(counts > 0):
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour, fontsize=size)
    figure.colorbar(image, ax=axes, label="share of the true class", shrink=0.8, fraction=0.08, pad=0.03)
    return figure


def classes_figure(
    names: Sequence[str], right: np.ndarray, counts: np.ndarray, calibration: Calibration, stage: str
) -> Figure:
    """Accuracy by class, and a reliability diagram.

    Args:
        right: (classes,) the number of rows of each class that were recognized.
        counts: (classes,) the number of rows of each class; classes without any are left out.
    """
    shown = min(len(names), MOST_CLASSES)
    figure, (bars, reliability) = charts(2, columns=2, width=5.5, height=max(4.4, 1.4 + 0.24 * shown))
    _draw_accuracies(bars, names, right, counts)
    _draw_reliability(reliability, calibration, names)
    figure.suptitle(f"{format_rows(int(counts.sum()), stage)} · {right.sum() / max(counts.sum(), 1):.1%} correct")
    return figure


def _draw_accuracies(axes: Axes, names: Sequence[str], right: np.ndarray, counts: np.ndarray) -> None:
    """One bar a class, the worst on top."""
    present = np.flatnonzero(counts)
    worst = present[np.argsort(right[present] / counts[present], kind="stable")][:MOST_CLASSES]
    shares = right[worst] / counts[worst]
    axes.barh(range(len(worst)), shares, color=COLOURS[0])
    for place, share in enumerate(shares):
        x, colour = (0.01, "white") if share > 0.15 else (share + 0.01, "black")
        axes.text(x, place, f"{share:.1%}", va="center", color=colour, fontsize=8)
    axes.axvline(right.sum() / max(counts.sum(), 1), **REFERENCE)
    labels = [f"{label_text(names[label])} ({counts[label]:,})" for label in worst]
    axes.set_yticks(range(len(worst)), labels, fontsize=8)
    title = "accuracy by true class"
    if len(worst) < len(present):
        title += f", the lowest {len(worst)} of {len(names)}"
    if len(present) < len(names):
        title += f"\n({len(names) - len(present)} without rows left out)"
    axes.set(xlim=(0, 1), ylim=(max(len(worst), 1) - 0.4, -0.6), xlabel="share recognized (dashed: all rows)")
    axes.set_title(title)


def _draw_reliability(axes: Axes, calibration: Calibration, names: Sequence[str]) -> None:
    axes.plot([0, 1], [0, 1], label="perfectly calibrated", **REFERENCE)
    middles = (np.minimum((calibration.predicted * BINS).astype(int), BINS - 1) + 0.5) / BINS
    axes.bar(middles, calibration.share, 1 / BINS, color="0.8", label="share of the rows")
    axes.plot(calibration.predicted, calibration.observed, color=COLOURS[1], linewidth=1)
    sizes = 15 + 300 * calibration.share  # a point of a few rows says little
    axes.scatter(calibration.predicted, calibration.observed, sizes, color=COLOURS[1], label="observed", zorder=3)
    if len(names) == 2:
        second = label_text(names[1])
        axes.set(xlabel=f"predicted probability of {second}", ylabel=f"share that is {second}")
    else:
        axes.set(xlabel="probability of the predicted class (confidence)", ylabel="share that is right (accuracy)")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.set_title(f"reliability · expected calibration error {calibration.expected_error:.3f}")
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left")


def thresholds_figure(probabilities: Tensor, labels: Tensor, threshold: float, name: str, stage: str) -> Figure:
    """ROC and precision-recall curves, with the point of `threshold`; a note where all rows are of one class.

    Args:
        probabilities: (N,) of class 1, called `name`.
        labels: (N,) 0 or 1.
    """
    figure, (roc, precision) = charts(2, columns=2, width=5, height=4.8)
    name = label_text(name)
    roc.set_title("ROC curve")
    precision.set_title("precision against recall")
    if 0 < int(labels.sum()) < len(labels):
        _draw_roc(roc, probabilities, labels, threshold, name)
        _draw_precision(precision, probabilities, labels, threshold, name)
    else:
        note = f"all rows are {name}:\nno curve" if labels.any() else f"no row is {name}:\nno curve"
        for axes in (roc, precision):
            axes.text(0.5, 0.5, note, ha="center", va="center")
    for axes in (roc, precision):
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
        axes.grid(alpha=0.3)
    figure.suptitle(f"{format_rows(len(labels), stage)}, {int(labels.sum()):,} of them {name}")
    return figure


def _draw_roc(axes: Axes, probabilities: Tensor, labels: Tensor, threshold: float, name: str) -> None:
    false_positives, true_positives, _ = binary_roc(probabilities, labels)
    axes.plot(false_positives, true_positives, color=COLOURS[0])
    axes.plot([0, 1], [0, 1], **REFERENCE)
    positive = probabilities >= threshold
    alarms, recall = _share(positive, labels == 0), _share(positive, labels == 1)
    _mark(axes, alarms, recall, f"threshold {threshold:g}: {recall:.1%} found,\n{alarms:.1%} false alarms")
    axes.set(xlabel=f"false alarms: share of the others called {name}", ylabel=f"share of {name} found (recall)")
    axes.set_title(f"ROC curve · area {float(binary_auroc(probabilities, labels)):.3f} (AUROC)")


def _draw_precision(axes: Axes, probabilities: Tensor, labels: Tensor, threshold: float, name: str) -> None:
    precisions, recalls, _ = binary_precision_recall_curve(probabilities, labels)
    axes.plot(recalls, precisions, color=COLOURS[0], drawstyle="steps-post")
    axes.axhline(float(labels.float().mean()), **REFERENCE)
    positive = probabilities >= threshold
    if positive.any():
        recall, precision = _share(positive, labels == 1), _share(labels == 1, positive)
        _mark(axes, recall, precision, f"threshold {threshold:g}:\nprecision {precision:.1%}, recall {recall:.1%}")
    axes.set(xlabel=f"share of {name} found (recall)", ylabel=f"share right of those called {name} (precision)")
    area = float(binary_average_precision(probabilities, labels))
    axes.set_title(f"precision against recall · average precision {area:.3f}")


def _share(chosen: Tensor, among: Tensor) -> float:
    return float(chosen[among].float().mean())


def _mark(axes: Axes, x: float, y: float, label: str) -> None:
    axes.plot(x, y, marker="o", markersize=9, color=COLOURS[1], linestyle="none", label=label)
    axes.legend(loc="lower right" if y > 0.35 else "upper right")
